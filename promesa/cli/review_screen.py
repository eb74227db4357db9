"""The review of doubtful pairs on a terminal: two records side by side, one key an answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from promesa import words
from promesa.customers import because, pair_lines
from promesa.errors import PromesaError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from promesa.customers import Item, Queue
    from promesa.identity import Decision
    from promesa.workspace import Workspace

ANSWERS = {"s": "same", "d": "different", "n": "never"}
DOUBTFUL = ("close", "swapped", "partly", "differs")


@dataclass
class Review:
    """One session of answers.

    Attributes
    ----------
    read : callable
        Shows a question and returns what was typed; EOFError ends the review.
    now : callable
        Returns the instant of an answer, naive UTC.
    """

    ws: Workspace
    queue: Queue
    by: str
    locale: str
    read: Callable[[str], str]
    now: Callable[[], datetime]
    place: int = 0
    skipped: int = 0
    made: list[tuple[int, Decision]] = field(default_factory=list)

    def run(self) -> None:
        """Ask about every pair in turn, until the last or until the person leaves."""
        shown = -1
        print(self._say("keys"))
        while self.place < len(self.queue.items):
            if shown != self.place:
                print_item(self.queue.items[self.place], self, place=self.place + 1)
                shown = self.place
            try:
                typed = self.read(f"{self._say('prompt')} ").strip().casefold()[:1]
            except EOFError:
                break
            if typed == "q":
                break
            try:
                self._answer(typed)
            except PromesaError as error:
                print(words.error_block(error, self.locale))
        left = self.queue.total - len(self.made)
        print(self._say("done", decided=len(self.made), skipped=self.skipped, left=words.number(left, self.locale)))

    def _answer(self, typed: str) -> None:
        if typed in ANSWERS:
            self._decide(self.queue.items[self.place], ANSWERS[typed])
            self.place += 1
        elif typed == "o":
            self.skipped += 1
            self.place += 1
        elif typed == "u":
            self._undo()
        else:
            print(self._say("not_a_key"))

    def _decide(self, item: Item, verdict: str) -> None:
        from promesa.identity import decide

        low, high = item.low.customer, item.high.customer
        made = decide(self.ws, low, high, verdict, by=self.by, recorded_at=self.now(), drawn=item.drawn)
        self.made.append((self.place, made))

    def _undo(self) -> None:
        from promesa.identity import undo

        if not self.made:
            print(self._say("nothing_to_undo"))
            return
        place, last = self.made[-1]
        undo(self.ws, last.id, by=self.by, recorded_at=self.now())
        self.made.pop()
        self.place = place
        print(self._say("undone"))

    def _say(self, key: str, **values: object) -> str:
        return words.say(f"customers.review.{key}", self.locale, **values)


def print_item(item: Item, review: Review, *, place: int) -> None:
    """Print the two records side by side; what differs carries a sign, not a colour alone."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    locale, say = review.locale, _sayer(review.locale)
    table = Table(title=Text(heading(item, review, place=place)), title_justify="left", box=box.SIMPLE_HEAD)
    for column in (
        say("field"),
        say("record", customer=item.low.customer),
        say("record", customer=item.high.customer),
        say("compared"),
    ):
        table.add_column(column, overflow="fold")
    for name, low, high, level in pair_lines(item, review.ws, locale):
        style = "bold" if level in DOUBTFUL else ""
        mark = say(f"mark.{level}") if level else ""
        table.add_row(Text(name), Text(low, style=style), Text(high, style=style), Text(mark, style=style))
    Console(highlight=False).print(table)


def heading(item: Item, review: Review, *, place: int) -> str:
    """Return how far the review is, what is at stake, how probable the pair is and why it is asked."""
    say, locale = _sayer(review.locale), review.locale
    parts = [
        say("progress", place=place, total=len(review.queue.items)),
        say("stake", money=words.money(item.stake, review.queue.currency, locale)),
        chance(item.probability, locale),
    ]
    return " · ".join([*parts, *([because(item.reason, locale)] if item.reason else [])])


def chance(probability: float | None, locale: str) -> str:
    """Return the model's probability in words."""
    if probability is None:
        return words.say("customers.review.unknown_probability", locale)
    shown = words.percent(min(probability, 0.999), locale)
    return words.say("customers.review.probability", locale, probability=shown)


def _sayer(locale: str) -> Callable[..., str]:
    def say(key: str, **values: object) -> str:
        return words.say(f"customers.review.{key}", locale, **values)

    return say

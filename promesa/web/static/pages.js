// Each page is whole without this file; it spares a reader a click.
"use strict";

// A filter answers as soon as it is changed.
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-at-once]");
  if (form) form.requestSubmit();
});

// A form that names the part of the page where its answer stands is answered there, while its numbers move.
for (const form of document.querySelectorAll("form[data-answers]")) {
  const place = document.getElementById(form.dataset.answers);
  let waiting = 0;
  let asked = 0;

  for (const box of form.querySelectorAll("input[type=number]")) {
    const slider = Object.assign(document.createElement("input"), {
      type: "range", min: box.min, max: box.max, step: box.step, value: box.value, tabIndex: -1,
    });
    slider.setAttribute("aria-hidden", "true");
    slider.addEventListener("input", () => { box.value = slider.value; soon(); });
    box.addEventListener("input", () => { slider.value = box.value; soon(); });
    box.before(slider);
  }

  const address = () => {
    const moved = new URLSearchParams();
    for (const box of form.querySelectorAll("input[type=number]")) {
      const isMoved = box.value !== "" && Number(box.value) !== Number(box.dataset.now);
      box.closest(".lever").classList.toggle("lever-moved", isMoved);
      if (isMoved) moved.set(box.name, box.value);
    }
    return moved.size ? `${form.action}?${moved}` : form.action;
  };

  const answer = async () => {
    const mine = ++asked;
    const target = address();
    history.replaceState(null, "", target);
    const page = await fetch(target, { headers: { Accept: "text/html" } });
    if (!page.ok || mine !== asked) return;
    const read = new DOMParser().parseFromString(await page.text(), "text/html");
    const found = read.getElementById(form.dataset.answers);
    if (found) place.replaceChildren(...found.childNodes);
  };

  const soon = () => { clearTimeout(waiting); waiting = setTimeout(answer, 120); };
  form.addEventListener("submit", (event) => { event.preventDefault(); answer(); });
}

// A button that names a key is pressed by it, unless somebody is writing.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
  const button = [...document.querySelectorAll("button[data-key]")].find((one) => one.dataset.key === event.key);
  if (button) { event.preventDefault(); button.click(); }
});

// A page that waits for something looks again, and is opened anew once it is there; a page without a script is refreshed.
if (document.querySelector("[data-waiting]")) {
  const look = async () => {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
    const isPage = answer?.headers.get("content-type")?.startsWith("text/html");
    const isThere = answer && (!isPage || !(await answer.text()).includes("data-waiting"));
    if (isThere) location.reload();
    else setTimeout(look, 3000);
  };
  setTimeout(look, 3000);
}

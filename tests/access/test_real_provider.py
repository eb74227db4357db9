"""A whole sign-in with a provider that is not ours: `oidc-provider` of npm, certified by the OpenID Foundation."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import time
from datetime import UTC, datetime
from html import unescape
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx
import pytest

from promesa.access import Rights, begin_oidc, finish_oidc
from promesa.errors import SignInRefused
from promesa.workspace import OidcSettings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow
BACK = "http://127.0.0.1:8000/sign-in/company/back"
SCRIPT = """
import { Provider } from 'oidc-provider';
const [issuer, port, back] = process.argv.slice(2);
const provider = new Provider(issuer, {
  clients: [{ client_id: 'promesa', client_secret: 'secreto: con signos %', redirect_uris: [back] }],
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
  pkce: { required: () => true },
  cookies: { keys: ['una', 'otra'] },
  async findAccount(_, id) {
    const told = { sub: id, email: `${id}@tienda.example`, email_verified: true, name: 'Ana Ñáñez' };
    return { accountId: id, async claims() { return told; } };
  },
});
provider.listen(Number(port), '127.0.0.1');
"""


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Install the provider in a folder of its own and start it."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("no node here: oidc-provider needs it")
    folder = tmp_path_factory.mktemp("provider")
    (folder / "package.json").write_text(json.dumps({"type": "module", "private": True}), encoding="utf-8")
    (folder / "run.mjs").write_text(SCRIPT, encoding="utf-8")
    quiet = ["--no-audit", "--no-fund", "--ignore-scripts"]
    done = subprocess.run(
        [npm, "install", *quiet, "oidc-provider@9"], cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip(f"oidc-provider cannot be installed here: {done.stderr[-300:]}")
    yield from started(folder, node)


def started(folder: Path, node: str) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    with (folder / "log").open("w") as log:
        process = subprocess.Popen([node, "run.mjs", address, str(port), BACK], cwd=folder, stdout=log, stderr=log)
    try:
        for _ in range(200):
            try:
                httpx.get(f"{address}/.well-known/openid-configuration")
                break
            except httpx.HTTPError:
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait(10)


def sign_in_there(url: str, login: str) -> dict[str, list[str]]:
    """Do what a person does in a browser at the provider; return what it sends back."""
    with httpx.Client(timeout=20) as browser:
        answer = browser.get(url)
        for _ in range(20):
            if answer.is_redirect:
                target = urljoin(str(answer.url), answer.headers["location"])
                if target.startswith(BACK):
                    return parse_qs(urlsplit(target).query)
                answer = browser.get(target)
                continue
            form = re.search(r'<form[^>]*action="([^"]+)"', answer.text)
            assert form is not None, answer.text
            fields: dict[str, Any] = dict(re.findall(r'name="(prompt)" value="([^"]+)"', answer.text))
            if fields.get("prompt") == "login":
                fields |= {"login": login, "password": "x"}
            answer = browser.post(urljoin(str(answer.url), unescape(form[1])), data=fields)
    pytest.fail("the provider never sent the browser back")


def test_somebody_signs_in_with_a_provider_that_is_not_ours(database, issuer: str) -> None:
    domains = ("tienda.example",)
    settings = OidcSettings(
        issuer=issuer, client_id="promesa", client_secret="secreto: con signos %", allowed_domains=domains
    )
    rest: dict[str, Any] = {"rights": Rights(role="viewer"), "locale": "es"}

    def enter(login: str, told: OidcSettings = settings) -> Any:
        now = datetime.now(UTC).replace(tzinfo=None)
        step = begin_oidc(database, settings, back=BACK, now=now)
        given = sign_in_there(step.url, login)
        assert given["state"] == [step.state]
        return finish_oidc(database, told, code=given["code"][0], state=step.state, now=now, **rest)

    ana = enter("ana")
    assert (ana.email, ana.name, ana.role) == ("ana@tienda.example", "Ana Ñáñez", "viewer")
    assert enter("ana").id == ana.id
    assert enter("eva").id != ana.id
    wrong = OidcSettings(issuer=issuer, client_id="promesa", client_secret="otro", allowed_domains=domains)
    with pytest.raises(SignInRefused):
        enter("ana", wrong)

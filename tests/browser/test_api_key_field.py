"""The field for the API key in JupyterLab: what is typed works, and is in nothing that is drawn or saved."""

from __future__ import annotations

import json
from pathlib import Path

from playwright.sync_api import expect

import bulkjobs as bj
from bulkjobs.config import ApiKey
from tests.browser.jupyter import Book, Server, write

BEGIN = """\
import logging
logging.basicConfig(filename="key.log", level=logging.DEBUG, force=True)
import bulkjobs as bj
from bulkjobs_widgets import ApiKeyField, Desk, FilterForm
desk = Desk(bj.Client(base_url={url!r}))
field = ApiKeyField(desk)
field
"""
FORM = "form = FilterForm(desk)\nform"
SEE = "print(field.rows())"
STATE = "print(field.get_state(), repr(field), desk.client.account, desk.ready)"
LOOP = """\
import asyncio
print(await desk.client.count(bj.JobFilter(deleted=False)))
"""


def test_a_key_is_typed_used_and_forgotten(book: Book, server: Server, tmp_path: Path) -> None:
    with bj.sync.Client.sandbox(postings=120, seed=8128, home=tmp_path / "play") as sandbox:
        server_of_ours = sandbox.twin.server  # type: ignore[attr-defined]
        key, account = server_of_ours.api_key, ApiKey(server_of_ours.api_key).account
        page = book.page
        frames: list[str] = []
        page.on("console", lambda message: frames.append(message.text))
        name = write(server, "key.ipynb", BEGIN.format(url=server_of_ours.url), FORM, SEE, STATE, LOOP)
        book.open(name)
        book.run(0, 1)
        field = book.page.locator(".bulkjobs-api-key").first
        form = book.form("filter")
        typed, said = field.get_by_role("textbox"), field.get_by_role("status")
        wrong = field.get_by_role("alert").locator("visible=true")
        expect(typed).to_have_accessible_name("API key")
        expect(typed).to_have_attribute("type", "password")
        expect(typed).to_have_attribute("autocomplete", "off")
        expect(form.get_by_text("No API key is set.")).to_be_visible()
        expect(field.get_by_label("Remember it")).to_be_hidden()  # there is no keyring here

        # what is no key, and what is none of this service
        typed.fill("two words")
        typed.press("Enter")
        expect(wrong).to_have_text("The API key holds spaces or characters that no key has.")
        expect(typed).to_have_value("")
        expect(typed).to_be_focused()
        typed.fill("WrongKey123")
        field.get_by_role("button", name="Use this key").click()
        expect(wrong).to_have_text("The service did not accept this key.")
        expect(form.get_by_text("No API key is set.")).to_be_visible()

        # the field is empty before the key leaves it
        page.evaluate(
            """() => {
                const input = document.querySelector(".bulkjobs-api-key input[type=password]");
                window.held = [];
                const send = WebSocket.prototype.send;
                WebSocket.prototype.send = function (data) {
                    window.held.push(input.value);
                    return send.call(this, data);
                };
            }"""
        )
        typed.focus()
        page.keyboard.type(key)
        page.evaluate("() => { window.held = []; }")
        page.keyboard.press("Enter")
        expect(field.get_by_text(account)).to_be_visible()
        expect(said).to_contain_text("The service accepted the key. 50,000 credits are left.")
        assert set(page.evaluate("window.held")) == {""}
        expect(typed).to_have_value("")
        expect(form.get_by_text("No API key is set.")).to_be_hidden()
        form.get_by_label("Title", exact=True).fill("Nurse")
        expect(form.locator(".bj-matches")).to_contain_text("match")
        book.shot("api-key-field")

        # it is nowhere
        book.run(2, 3, 4)
        assert account in book.printed(3)
        assert key not in book.printed(3)
        assert int(book.printed(4)) > 0
        assert key not in page.content()
        book.save()
        page.wait_for_function("() => !window.jupyterapp.shell.currentWidget.context.model.dirty")
        saved = (server.folder / name).read_text("utf-8")
        assert account in saved  # the forms are in it, as they were drawn
        assert key not in saved
        assert "widgets" not in json.loads(saved)["metadata"]
        log = (server.folder / "key.log").read_text("utf-8")
        assert key not in log
        for file in server.folder.parent.rglob("*"):  # the settings, histories and logs of Lab and of IPython
            if file.is_file():
                assert key.encode() not in file.read_bytes(), file
        assert not any(key in text for text in frames)

        # forgotten
        field.get_by_role("button", name="Forget this key").click()
        expect(said).to_have_text("The key was forgotten.")
        expect(form.get_by_text("No API key is set.")).to_be_visible()
        expect(field.get_by_text(account)).to_have_count(0)
        expect(typed).to_be_focused()

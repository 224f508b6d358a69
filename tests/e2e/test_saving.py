"""Nothing that a person drew is lost: killed browsers and servers, closed pages, ended sessions, several tabs."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, expect

from tests.e2e.conftest import Server
from tests.e2e.test_editor import axe_finds_nothing, draw_box, editor, ingest, labels, saved, shown

__all__ = ["editor", "ingest"]  # fixtures

pytestmark = pytest.mark.e2e

CHANGED_BY_ANOTHER = """
import json, uuid
from viewer.actions.save_changes import save_changes
from viewer.models import *
row = LabelRow.objects.get(pk={row})
record = LabelRecord.objects.get(label_row=row, kind="keyframe")
value = json.loads(record.value)
write = {{"kind": "keyframe", "id": record.record, "base": record.revision, "value": value | {{"occluded": True}}}}
user, _ = User.objects.get_or_create(username="dave")
save_changes(row, user, {{"changes": [{{"id": str(uuid.uuid4()), "records": [write]}}]}})
"""


@pytest.fixture
def killable(
    playwright: Playwright, browser_type_launch_args: dict[str, Any], tmp_path: Path
) -> Callable[[], BrowserContext]:
    """Each call starts a browser on the same profile. Ends what is left of them."""
    started: list[BrowserContext] = []

    def start() -> BrowserContext:
        started.append(
            playwright.chromium.launch_persistent_context(
                tmp_path / "profile", viewport={"width": 1280, "height": 720}, **browser_type_launch_args
            )
        )
        return started[-1]

    yield start
    started[-1].close()


def kill(profile: Path) -> None:
    """kill -9 the browser that has this profile, and wait until it is gone."""
    deadline = time.monotonic() + 10
    for entry in Path("/proc").iterdir():
        try:
            command = (entry / "cmdline").read_bytes().split(b"\0") if entry.name.isdecimal() else []
        except OSError:
            continue
        if f"--user-data-dir={profile}".encode() in command and not any(a.startswith(b"--type=") for a in command):
            os.kill(int(entry.name), signal.SIGKILL)
            while (entry / "cmdline").exists() and (entry / "cmdline").read_bytes():
                assert time.monotonic() < deadline
                time.sleep(0.02)
            (profile / "SingletonLock").unlink(missing_ok=True)
            return
    raise AssertionError("no such browser")


def objects(page: Page, count: int) -> None:
    expect(page.locator(".object-row")).to_have_count(count)


def test_a_browser_that_is_killed_offline_brings_everything_when_it_is_opened_again(
    server: Server, ingest: Any, killable: Callable[[], BrowserContext], tmp_path: Path
) -> None:
    url = f"{server.url}/label/{ingest()['label_row']}/"
    context = killable()
    page = context.pages[0]
    page.goto(server.signin_link("ann", admin=True))
    page.goto(url)
    shown(page, 0)
    draw_box(page, (20, 20), (80, 80))
    saved(page)
    context.set_offline(True)
    draw_box(page, (200, 20), (280, 80))
    draw_box(page, (300, 200), (360, 260))
    expect(page.locator("#save-state")).to_have_text("Offline, 2 pending")
    kill(tmp_path / "profile")

    page = killable().pages[0]
    page.goto(server.signin_link("ann", admin=True))
    page.goto(url)
    shown(page, 0)
    objects(page, 3)
    saved(page)
    assert sorted(keyframe["shape"]["x"] // 10 for keyframe in labels(page)["keyframe"]) == [2, 20, 30]


def test_what_was_said_to_be_saved_outlives_the_death_of_the_server(editor: Page, server: Server) -> None:
    draw_box(editor, (20, 20), (80, 80))
    saved(editor)
    assert server.process is not None
    server.process.kill()
    server.process.wait()
    draw_box(editor, (200, 20), (280, 80))
    expect(editor.locator("#save-state")).to_contain_text("Offline, 1 pending")
    server.start()
    saved(editor)
    assert len(labels(editor)["track"]) == 2
    editor.reload()
    shown(editor, 0)
    objects(editor, 2)


def test_a_page_that_is_closed_right_after_a_box_loses_nothing(editor: Page, server: Server) -> None:
    url = editor.url
    draw_box(editor, (20, 20), (80, 80))
    context = editor.context
    editor.close()
    page = context.new_page()
    page.goto(url)
    shown(page, 0)
    objects(page, 1)
    # By the page that was closed, with its last request, or by this one.
    expect(page.locator("#save-state")).to_contain_text(re.compile("Saved |All saved"))
    assert len(labels(page)["keyframe"]) == 1


def test_an_ended_session_is_told_and_signing_in_elsewhere_saves_what_waited(editor: Page, server: Server) -> None:
    editor.context.clear_cookies()
    draw_box(editor, (20, 20), (80, 80))
    expect(editor.locator("#save-state")).to_contain_text("Signed out")
    draw_box(editor, (200, 20), (280, 80))
    other = editor.context.new_page()
    other.goto(server.signin_link("ann"))
    other.close()
    editor.bring_to_front()
    expect(editor.locator("#save-state")).to_contain_text("Saved ", timeout=40_000)
    assert len(labels(editor)["track"]) == 2


def test_what_one_person_left_is_not_saved_in_the_name_of_who_signs_in_next(editor: Page, server: Server) -> None:
    editor.context.clear_cookies()
    draw_box(editor, (20, 20), (80, 80))
    expect(editor.locator("#save-state")).to_contain_text("Signed out")
    other = editor.context.new_page()
    other.goto(server.signin_link("carol", admin=True))
    other.goto(editor.url)
    shown(other, 0)
    objects(other, 0)
    editor.bring_to_front()
    expect(editor.locator("#save-state")).to_contain_text("Signed out")
    assert labels(other)["track"] == []


def test_two_tabs_of_one_person_show_the_same_and_save_each_box_once(editor: Page, server: Server) -> None:
    second = editor.context.new_page()
    second.goto(editor.url)
    shown(second, 0)
    draw_box(editor, (20, 20), (80, 80))
    objects(second, 1)
    second.bring_to_front()
    draw_box(second, (200, 20), (280, 80))
    objects(editor, 2)
    saved(second)
    saved(editor)
    assert len(labels(editor)["track"]) == 2
    for page in (editor, second):
        expect(page.locator("#conflicts")).to_be_hidden()


def test_a_dataset_page_sends_what_a_killed_tab_left_and_signing_out_warns(editor: Page, server: Server) -> None:
    changes = re.compile(r"/api/label-rows/\d+/changes/")
    editor.context.route(changes, lambda route: route.abort())
    draw_box(editor, (20, 20), (80, 80))
    expect(editor.locator("#save-state")).to_contain_text("Offline")
    draw_box(editor, (200, 20), (280, 80))
    editor.goto(server.url)
    line = editor.locator("#unsent")
    expect(line).to_contain_text(
        "2 label changes of this browser are not saved yet · The server cannot be reached; trying again"
    )
    editor.locator("#account-button").click()
    editor.get_by_role("button", name="Sign out").click()
    expect(editor.get_by_role("heading", name="2 label changes are not saved")).to_be_visible()
    axe_finds_nothing(editor)
    editor.get_by_role("button", name="Cancel").click()
    editor.context.unroute(changes)
    expect(line).to_contain_text("2 label changes of this browser saved.", timeout=40_000)
    expect(line).to_be_hidden(timeout=15_000)  # it stays long enough to be read
    editor.go_back()
    shown(editor, 0)
    assert len(labels(editor)["track"]) == 2


def test_a_dataset_page_links_to_what_needs_a_decision_and_names_nobody_elses(editor: Page, server: Server) -> None:
    draw_box(editor, (20, 20), (80, 80))
    saved(editor)
    changes = re.compile(r"/api/label-rows/\d+/changes/")
    editor.context.route(changes, lambda route: route.abort())
    editor.keyboard.press("Control+Alt+ArrowRight")
    expect(editor.locator("#save-state")).to_contain_text("Offline")
    row = editor.evaluate("document.body.dataset.labelRow")
    title = editor.locator("h1").inner_text()
    server.python(CHANGED_BY_ANOTHER.format(row=row))
    editor.goto(server.url)
    editor.context.unroute(changes)
    line = editor.locator("#unsent")
    expect(line).to_contain_text("1 change was not taken and needs your decision", timeout=40_000)
    axe_finds_nothing(editor)
    editor.goto(server.signin_link("carol", admin=True))
    expect(line).to_contain_text("Another person’s changes wait in this browser.")
    expect(line).not_to_contain_text(title)
    line.get_by_role("button", name="Close").click()
    expect(line).to_be_hidden()
    editor.goto(server.signin_link("ann"))
    line.get_by_role("link", name=title).click()
    expect(editor.locator("#conflicts")).to_contain_text("One change needs your decision")

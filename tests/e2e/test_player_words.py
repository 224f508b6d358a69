"""What the editor says while it plays, and where the keyboard is afterwards."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Server
from tests.e2e.test_editor import chip, editor, ingest, shown, until

pytestmark = pytest.mark.e2e
__all__ = ["editor", "ingest"]  # fixtures

# Each time the status changes while it plays: what the counter and the status call the frame.
WATCH = """() => {
    window.seen = [];
    const chip = document.getElementById("proof-chip"), counter = document.getElementById("counter");
    const look = () => {
        const words = chip.textContent.trim();
        if (words.startsWith("Playing")) window.seen.push([words, counter.value]);
        requestAnimationFrame(look);
    };
    look();
}"""


def test_while_it_plays_counter_and_status_name_the_same_frame(editor: Page) -> None:
    editor.evaluate(WATCH)
    editor.keyboard.press("Space")
    until(editor, "() => viewer.frame >= 40")
    editor.keyboard.press("Space")
    seen = editor.evaluate("() => window.seen")
    assert len({words for words, _ in seen}) > 10
    assert [pair for pair in seen if pair[0] != f"Playing, frame {pair[1]}"] == []


def test_a_shuttle_leaves_neither_its_speed_nor_its_message(editor: Page) -> None:
    for _ in range(3):
        editor.keyboard.press("l")
    expect(editor.locator("#toasts")).to_contain_text("Playing at 4×")
    width = editor.locator(".play-mode").bounding_box()
    editor.keyboard.press("k")
    expect(editor.locator("#toasts")).not_to_contain_text("Playing")
    expect(editor.get_by_label("Speed")).to_have_value("1")
    expect(editor.locator(".play-mode")).to_have_text("Every frame")
    assert editor.locator(".play-mode").bounding_box() == width


def test_the_sheet_of_keys_opens_at_its_beginning(editor: Page) -> None:
    editor.set_viewport_size({"width": 1280, "height": 500})
    editor.keyboard.press("?")
    expect(editor.locator("#help-title")).to_be_focused()
    tops = "() => [...document.querySelectorAll('#help, #help *')].map((each) => each.scrollTop).filter(Boolean)"
    assert editor.evaluate(tops) == []


def test_after_the_status_was_read_the_keys_belong_to_the_picture(editor: Page) -> None:
    editor.locator("#proof-chip").click()
    expect(editor.locator("#proof-details")).to_be_visible()
    editor.keyboard.press("Escape")
    expect(editor.locator("#overlay")).to_be_focused()
    editor.keyboard.press("ArrowRight")
    shown(editor, 1)


def test_damaged_frames_are_marked_and_named_on_the_bar(
    server: Server, ingest: Callable[..., dict[str, Any]], sign_in: Callable[..., Page]
) -> None:
    unit = ingest()
    marked = server.python(
        f"""
import json
from viewer.media.frame_table import UNCLEAN, FrameTable
from viewer.models import *
row = DataUnit.objects.get(pk={unit["id"]}).table
table = FrameTable.from_bytes(row.frames_path.read_bytes())
for frame in (45, 46):
    table.frame_flags[frame] |= UNCLEAN
row.frames_path.chmod(0o640)
row.frames_path.write_bytes(table.to_bytes())
print(json.dumps(row.frame_count))
"""
    )
    count = json.loads(marked.split()[-1])
    page = sign_in("ann")
    page.goto(f"{server.url}/label/{unit['label_row']}/")
    expect(chip(page)).to_have_text(re.compile("Frame 0 "))
    bar = page.locator("#scrub").bounding_box()
    assert bar is not None
    page.mouse.move(bar["x"] + bar["width"] * 45 / (count - 1), bar["y"] + bar["height"] / 2)
    expect(page.locator("#scrub .scrub-tip")).to_contain_text("has no clean picture: the file is damaged there")
    page.mouse.move(bar["x"] + bar["width"] * 10 / (count - 1), bar["y"] + bar["height"] / 2)
    expect(page.locator("#scrub .scrub-tip")).not_to_contain_text("clean")
    expect(page.locator("#status-bar")).to_contain_text("25 frames/s")

"""Ways through the editor that hands know from elsewhere: the next video, menus, propagating, dragging on the counter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Server
from tests.e2e.test_editor import axe_finds_nothing, draw_box, editor, ingest, labels, place, saved, shown

__all__ = ["editor", "ingest"]  # fixtures

pytestmark = pytest.mark.e2e


def test_page_keys_go_through_the_list_of_the_dataset_page_and_save_first(
    server: Server, page: Page, ingest: Callable[[], dict[str, Any]], sign_in: Callable[..., Page]
) -> None:
    sign_in("ann")
    units = [ingest() for _ in range(3)]
    page.goto(f"{server.url}/datasets/{units[0]['dataset']}/?q=labels:none&sort=-title")
    expect(page.locator("tbody .row-title").nth(2)).to_be_visible()
    names = page.locator("tbody .row-title").all_inner_texts()
    page.locator("tbody .row-title").first.click()
    shown(page, 0)
    steps = page.locator("#item-steps")
    expect(steps).to_contain_text(f"1 / {len(names)}")
    expect(page.locator("h1")).to_have_text(names[0])
    draw_box(page, (20, 20), (80, 80))
    page.keyboard.press("PageDown")
    expect(page.locator("h1")).to_have_text(names[1])
    shown(page, 0)
    page.get_by_role("button", name="Next video").click()
    expect(page.locator("h1")).to_have_text(names[2])
    shown(page, 0)
    while len(names) > 3:  # other tests may have left videos here
        page.keyboard.press("PageDown")
        names.pop(0)
        expect(page.locator("h1")).to_have_text(names[2])
        shown(page, 0)
    page.keyboard.press("PageDown")
    expect(page.locator(".toast")).to_contain_text("This is the last of")
    page.get_by_role("link", name="Squares").click()
    expect(page.locator("#filter")).to_have_value("labels:none")


def test_the_right_button_opens_the_commands_of_a_shape_with_their_keys(editor: Page) -> None:
    draw_box(editor, (100, 100), (200, 200))
    editor.keyboard.press("Escape")
    editor.mouse.click(*place(editor, 150, 150), button="right")
    menu = editor.locator("#context-menu")
    expect(menu).to_be_visible()
    expect(editor.locator(".object-row[data-selected=yes]")).to_have_count(1)
    expect(menu.get_by_role("menuitem", name="Occluded on or off")).to_contain_text("Q")
    axe_finds_nothing(editor)
    editor.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    expect(editor.locator(".object-row[data-selected=yes]")).to_have_count(1)
    editor.mouse.click(*place(editor, 150, 150), button="right")
    menu.get_by_role("menuitem", name="Occluded on or off").click()
    expect(editor.locator(".object-state")).to_have_text("keyframe, occluded")
    saved(editor)


def test_pasting_from_the_menu_is_about_where_it_was_opened(editor: Page) -> None:
    draw_box(editor, (100, 100), (140, 140))
    editor.keyboard.press("Control+c")
    editor.mouse.click(*place(editor, 400, 200), button="right")
    editor.get_by_role("menuitem", name="Paste at the pointer").click()
    expect(editor.locator(".object-row")).to_have_count(2)
    saved(editor)
    placed = sorted(keyframe["shape"]["x"] for keyframe in labels(editor)["keyframe"])
    assert abs(placed[1] - 380) < 2


def test_the_right_button_on_a_keyframe_of_the_timeline_is_about_that_keyframe(editor: Page) -> None:
    draw_box(editor, (100, 100), (200, 200))
    editor.keyboard.press("End")
    shown(editor, 89)
    canvas = editor.locator(".timeline-canvas")
    # Frame 0 stands half a mark to the right of the names, in the lane below the ruler.
    canvas.click(position={"x": 152 + 5, "y": 33}, button="right")
    shown(editor, 0)
    editor.get_by_role("menuitem", name="Delete the keyframe on this frame").click()
    expect(editor.locator(".object-row")).to_have_count(0)


def test_propagating_labels_the_other_frame_with_its_own_proof(editor: Page) -> None:
    draw_box(editor, (100, 100), (200, 200))
    editor.keyboard.press("Control+b")
    field = editor.get_by_label("To which frame?")
    expect(field).to_have_value("+10")
    axe_finds_nothing(editor)
    field.fill("+20")
    editor.keyboard.press("Enter")
    shown(editor, 20)
    saved(editor)
    frames = sorted((keyframe["frame"], keyframe["receipt"]["frame"]) for keyframe in labels(editor)["keyframe"])
    assert frames == [(0, 0), (20, 20)]
    editor.keyboard.press("Control+z")
    saved(editor)
    expect(editor.locator(".object-state")).to_have_text("held")


def test_dragging_on_the_frame_number_scrubs_and_a_click_is_for_typing(editor: Page) -> None:
    counter = editor.locator("#counter")
    box = counter.bounding_box()
    assert box is not None
    x, y = box["x"] + 10, box["y"] + 10
    editor.mouse.move(x, y)
    editor.mouse.down()
    editor.mouse.move(x + 30, y)
    editor.mouse.move(x + 60, y)
    editor.mouse.up()
    shown(editor, 30)
    counter.click()
    expect(counter).to_be_focused()
    editor.keyboard.type("7")
    editor.keyboard.press("Enter")
    shown(editor, 7)


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_axe_finds_nothing_in_menus_and_questions(editor: Page, scheme: Any) -> None:
    editor.emulate_media(color_scheme=scheme)
    draw_box(editor, (100, 100), (200, 200))
    editor.mouse.click(*place(editor, 150, 150), button="right")
    axe_finds_nothing(editor)
    editor.keyboard.press("Escape")
    editor.mouse.click(*place(editor, 400, 300), button="right")
    axe_finds_nothing(editor)
    editor.keyboard.press("Escape")
    editor.keyboard.press("Control+b")
    axe_finds_nothing(editor)
    editor.keyboard.press("Escape")
    editor.keyboard.press("?")
    axe_finds_nothing(editor)

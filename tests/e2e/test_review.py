"""After an upgrade: labels on frames that are not the same any more are listed, moved, confirmed or deleted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import Server
from tests.e2e.test_editor import axe_finds_nothing, ingest, saved, shown, until

__all__ = ["ingest"]  # a fixture

pytestmark = pytest.mark.e2e

# An older version knew no frame 20, and made another picture of frame 10.
UPGRADE = """
import dataclasses
from tests.labelled import Labelled, body, change, new_id, store_table
from viewer.actions.read_table import read_table
from viewer.actions.relink_labels import find_relinking, relink_labels
from viewer.actions.save_changes import save_changes
from viewer.models import *
row = LabelRow.objects.get(pk={row})
unit, user = row.data_unit, User.objects.get(username="ann")
new = unit.table
table, digests = read_table(new), new.digests_path.read_bytes()
frames = [n for n in range(table.frame_count) if n != 20]
columns = ("frame_pts", "frame_packet", "frame_second_packet", "frame_flags")
older = dataclasses.replace(table, **{{name: [getattr(table, name)[n] for n in frames] for name in columns}})
old_digests = b"".join(b"x" * 16 if n == 10 else digests[16 * n : 16 * n + 16] for n in frames)
old = store_table(unit.file, older, digests=old_digests)
DataUnit.objects.filter(pk=unit.pk).update(table=old)
row = LabelRow.objects.get(pk={row})
on = Labelled(row, older, user, old_digests)
for number, on_frames in enumerate({tracks}, 1):
    track = on.track(new_id(), number=number)
    shapes = [on.keyframe(track["id"], n, shape={{"type": "box", "x": 5 * n, "y": 150, "width": 60, "height": 60}}) for n in on_frames]
    save_changes(row, user, body(change(track, *shapes)))
FrameTableRow.objects.filter(pk=new.pk).update(supersedes=old, same_until=10)
DataUnit.objects.filter(pk=unit.pk).update(table=new, facts=unit.facts | {facts})
new = FrameTableRow.objects.get(pk=new.pk)
relink_labels(new, find_relinking(new))
"""


@pytest.fixture
def upgraded(
    server: Server, ingest: Callable[[], dict[str, Any]], sign_in: Callable[..., Page]
) -> Callable[..., dict[str, Any]]:
    """A video with tracks on these frames by an older version's count, read again since."""

    def make(*tracks: tuple[int, ...], facts: dict[str, Any] | None = None) -> dict[str, Any]:
        sign_in("ann")
        unit = ingest()
        server.python(UPGRADE.format(row=unit["label_row"], tracks=tracks, facts=facts or {}))
        return unit

    return make


@pytest.fixture
def review(server: Server, page: Page, upgraded: Callable[..., dict[str, Any]]) -> Page:
    """One car on the changed frame 10 and on frames 40 and 41, which are 41 and 42 now; another on frames 5 and 10."""
    unit = upgraded((10, 40, 41), (5, 10))
    page.goto(f"{server.url}/label/{unit['label_row']}/")
    shown(page, 0)
    return page


def banner(page: Page) -> Locator:
    return page.locator("#review")


def test_labels_move_to_their_pictures_and_the_rest_is_confirmed_by_hand(review: Page) -> None:
    expect(banner(review)).to_contain_text(
        "This video was read again by a newer version. 4 labels stand on frames that are not the same."
    )
    review.get_by_role("button", name="Show them").click()
    rows = review.locator(".review-record")
    expect(rows).to_have_count(4)
    expect(rows.last).to_contain_text("frame 41 → 42")
    review.get_by_role("button", name="Move 2 to their pictures").click()
    expect(banner(review)).to_contain_text("2 labels stand")
    expect(rows).to_have_count(2)

    rows.first.click()
    shown(review, 10)
    expect(review.locator(".object-row[data-selected=yes]")).to_have_count(1)
    review.keyboard.press("Enter")
    expect(rows).to_have_count(1)
    saved(review)
    review.keyboard.press("Control+z")
    expect(rows).to_have_count(2)
    saved(review)
    expect(review.locator("#conflicts")).to_be_hidden()
    review.keyboard.press("Control+y")
    expect(rows).to_have_count(1)

    rows.first.click()
    review.locator("#review-list").get_by_role("button", name="Delete").click()
    expect(banner(review)).to_contain_text("All labels of this video have been reviewed.")
    saved(review)
    review.reload()
    shown(review, 10)
    expect(banner(review)).to_be_hidden()


def test_the_picture_does_not_jump_when_the_list_has_come(
    server: Server, page: Page, upgraded: Callable[..., dict[str, Any]]
) -> None:
    unit = upgraded((10,))
    heights: list[float] = []
    page.route(
        "**/review/",
        lambda route: (heights.append(page.locator("#review").bounding_box()["height"]), route.continue_()),
    )
    page.goto(f"{server.url}/label/{unit['label_row']}/")
    shown(page, 0)
    expect(banner(page).get_by_role("button", name="Show them")).to_be_visible()
    box = banner(page).bounding_box()
    assert box is not None and heights == [box["height"]]


def test_a_label_to_review_is_no_label_of_the_picture_until_it_is_confirmed(review: Page) -> None:
    review.get_by_role("button", name="Show them").click()
    rows = review.locator(".review-record")
    rows.first.click()
    shown(review, 10)
    review.keyboard.press("Control+Alt+ArrowRight")  # there is nothing of it to be moved
    expect(rows).to_have_count(4)
    review.keyboard.press("Enter")
    expect(rows).to_have_count(3)
    x = review.get_by_role("spinbutton", name="x")
    before = float(x.input_value())
    review.keyboard.press("Control+Alt+ArrowRight")
    expect(x).not_to_have_value(str(before))
    saved(review)


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_axe_finds_nothing_in_the_review(review: Page, scheme: Any) -> None:
    review.emulate_media(color_scheme=scheme)
    review.get_by_role("button", name="Show them").click()
    review.locator(".review-record").first.click()
    shown(review, 10)
    axe_finds_nothing(review)


def test_the_dataset_page_says_what_is_to_review_and_what_could_not_be_read_again(
    server: Server, page: Page, upgraded: Callable[..., dict[str, Any]]
) -> None:
    broken = {"code": "broken_file", "detail": "The file ends in the middle."}
    unit = upgraded((10,), facts={"rebuild_error": broken})
    page.goto(f"{server.url}/datasets/{unit['dataset']}/?q=review:some {unit['title']}")
    row = page.locator("tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("1 to review")
    mark = row.get_by_title("building it again failed: The file ends in the middle.")
    expect(mark).to_be_visible()
    until(page, "document.querySelector('#count').textContent", "1 video found")

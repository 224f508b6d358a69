"""What the dataset's page says of a video once it is uploaded: in the tray, in Details, in the list of members."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import Server
from tests.e2e.test_dataset_page import SLOW, dataset, drop, make_video, open_page

pytestmark = pytest.mark.e2e
__all__ = ["dataset", "open_page"]  # fixtures


def row(page: Page, title: str) -> Locator:
    return page.get_by_role("row", name=re.compile(re.escape(title)))


def box(locator: Locator) -> dict[str, float]:
    found = locator.bounding_box()
    assert found is not None
    return dict(found)


def test_details_tell_the_facts_of_an_uploaded_video_and_follow_the_row(
    open_page: Callable[..., Page], tmp_path: Path
) -> None:
    page = open_page()
    page.get_by_role("button", name="Details").click()
    drop(page, make_video(tmp_path / "first.mp4"))
    drop(page, make_video(tmp_path / "second.mp4", frames=30))
    for title in ("first.mp4", "second.mp4"):
        expect(row(page, title).locator(".badge")).to_have_text("Ready", timeout=SLOW)
    details = page.locator("#panel-details")
    row(page, "first.mp4").locator(".col-frames").click()
    expect(details.locator(".details-title")).to_have_text("first.mp4")
    expect(details.locator(".facts")).to_contain_text("160×90")
    expect(details.locator(".facts")).to_contain_text("yuv420p")
    expect(details.locator(".facts")).not_to_contain_text("Pixel shape")
    page.keyboard.press("ArrowDown")
    expect(details.locator(".details-title")).to_have_text("second.mp4")
    expect(details.locator("dt:text-is('Frames') + dd")).to_have_text("30")


def test_the_tray_follows_a_video_until_it_is_ready_folds_and_leaves_the_panel_free(
    open_page: Callable[..., Page], tmp_path: Path
) -> None:
    page = open_page()
    drop(page, make_video(tmp_path / "street.mp4"))
    tray = page.locator("#tray")
    expect(tray.locator("h2")).to_have_text("1 ready", timeout=SLOW)
    expect(tray.locator(".tray-list")).to_be_hidden()
    tray.get_by_role("button", name="Unfold the list of uploads").click()
    expect(tray.locator(".tray-words")).to_contain_text("Ready")
    # A finished row stands where it stood before: in line with the head.
    assert box(tray.locator(".tray-name"))["x"] == pytest.approx(box(tray.locator("h2"))["x"], abs=1)
    page.get_by_role("button", name="Details").click()
    expect(page.locator("#side")).to_be_visible()
    assert box(tray)["x"] + box(tray)["width"] <= box(page.locator("#side"))["x"]


def test_the_tray_says_what_is_wrong_with_a_file_that_arrived_whole(
    open_page: Callable[..., Page], tmp_path: Path
) -> None:
    (tmp_path / "text.mp4").write_text("This is no video.")
    page = open_page()
    drop(page, tmp_path / "text.mp4")
    expect(page.locator("#tray h2")).to_have_text("1 failed", timeout=SLOW)
    expect(page.locator(".tray-words")).to_be_visible()
    expect(page.locator(".tray-words")).to_contain_text("Failed: ")


def test_a_video_that_must_be_converted_comes_with_the_command(
    server: Server, dataset: int, open_page: Callable[..., Page]
) -> None:
    server.python(
        f"""
from viewer.models import *
dataset = Dataset.objects.get(pk={dataset})
file = StoredFile.objects.create(sha256="ab" * 32, size=7)
DataUnit.objects.create(dataset=dataset, title="it's old.avi", file=file, state="needs_reencode", error_code="container",
    error="A file of the kind avi can be labelled once it is re-encoded to mp4.",
    facts={{"codec": "mpeg4", "width": 640, "height": 360, "rotation": 90, "sample_aspect_ratio": "4:3"}})
"""
    )
    page = open_page()
    expect(row(page, "it's old.avi").locator(".col-width")).to_have_text("360×640")
    page.get_by_role("button", name="Details").click()
    details = page.locator("#panel-details")
    expect(details.locator(".notice")).to_contain_text("can be labelled once it is re-encoded to mp4.")
    expect(details.locator(".command pre")).to_contain_text(r"ffmpeg -i 'it'\''s old.avi' -map 0:v:0 -c:v libx264")
    expect(details.locator(".facts")).to_contain_text("90°; stored as 640×360")
    expect(details.locator(".facts")).to_contain_text("4:3")


def test_an_admin_chooses_members_from_the_users(server: Server, open_page: Callable[..., Page]) -> None:
    server.command("signin", "berta")
    page = open_page()
    page.get_by_role("button", name="Members").click()
    expect(page.locator("#usernames option[value=berta]")).to_have_count(1)
    expect(page.locator("#panel-members").get_by_role("link", name="Users")).to_have_attribute("href", "/users/")


def test_a_sign_in_link_leads_to_the_port_on_which_the_server_runs(server: Server) -> None:
    unaware = {name: value for name, value in server.environment.items() if name not in ("PORT", "HOST")}
    out = Server(server.data, server.port, unaware).command("signin", "carla")
    assert f"{server.url}/signin/" in out


def test_a_new_users_sign_in_link_is_copied_with_one_click(server: Server, sign_in: Callable[..., Page]) -> None:
    page = sign_in("ann")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{server.url}/users/")
    page.get_by_label("Username of a new user").fill("copied")
    page.get_by_role("button", name="Make a user").click()
    page.get_by_role("button", name="Copy").click()
    expect(page.locator("#copy-said")).to_have_text("Copied.")
    assert page.evaluate("navigator.clipboard.readText()") == page.locator("#signin-link").inner_text()

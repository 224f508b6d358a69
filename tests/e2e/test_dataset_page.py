"""The dataset's page in a browser: uploading, finding, choosing, renaming, removing, and what others do meanwhile."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.conftest import TOP, Server

pytestmark = pytest.mark.e2e

AXE = TOP / "node_modules" / "axe-core" / "axe.min.js"
SLOW = 30_000  # ms that a busy machine may take


def make_video(path: Path, frames: int = 20) -> Path:
    with av.open(path, "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 160, 90, "yuv420p"
        for frame in range(frames):
            picture = np.full((90, 160, 3), (len(path.name) * 7) % 200, np.uint8)
            picture[:, frame * 4 : frame * 4 + 20] = 255
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        container.mux(stream.encode())
    return path


@pytest.fixture
def dataset(server: Server, request: pytest.FixtureRequest) -> int:
    """A new dataset."""
    title = json.dumps(request.node.name[:150])
    made = server.python(
        f"from viewer.actions.create_dataset import create_dataset\nprint(create_dataset({title}, by=None).pk)"
    )
    return int(made.split()[-1])


@pytest.fixture
def open_page(server: Server, dataset: int, sign_in: Callable[..., Page]) -> Callable[..., Page]:
    def enter(**who: Any) -> Page:
        page = sign_in(**who)
        page.goto(f"{server.url}/datasets/{dataset}/")
        return page

    return enter


def fill(server: Server, dataset: int, titles: list[str] | str, labels: int = 0) -> None:
    """Videos that are rows only: for tables, not for pictures. `titles` may be an expression that makes them."""
    server.python(
        f"""
import hashlib, json
from viewer.models import *
dataset = Dataset.objects.get(pk={dataset})
titles = {titles}
files = [StoredFile(sha256=hashlib.sha256(f"{dataset}{{n}}".encode()).hexdigest(), size=1000 + n)
         for n in range(len(titles))]
StoredFile.objects.bulk_create(files, batch_size=2000)
units = DataUnit.objects.bulk_create(
    [DataUnit(dataset=dataset, title=title, file=file, state="failed" if n % 10 == 3 else "waiting",
              error_code="truncated" if n % 10 == 3 else "",
              error="The file ends too early." if n % 10 == 3 else "",
              facts={{"codec": "hevc" if n % 2 else "h264"}})
     for n, (title, file) in enumerate(zip(titles, files))], batch_size=2000)
rows = LabelRow.objects.bulk_create([LabelRow(data_unit=unit, ontology=dataset.ontology) for unit in units],
                                    batch_size=2000)
LabelRecord.objects.bulk_create([LabelRecord(label_row=rows[0], record=f"t{{n}}", kind="track", revision=1,
    value=json.dumps({{"class": 1, "number": n}})) for n in range({labels})])
"""
    )


def titles(page: Page) -> list[str]:
    return page.locator(".row-title").all_inner_texts()


UPLOAD = "**/api/uploads/*/"


def cut_off(route: Route) -> None:
    """No bytes get through."""
    if route.request.method == "PATCH":
        route.abort("connectionreset")
    else:
        route.continue_()


def drop(page: Page, path: Path, name: str | None = None) -> None:
    """What a browser does when a file is dropped on the page."""
    transfer = page.evaluate_handle(
        """([bytes, name]) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([Uint8Array.from(bytes)], name, { type: "video/mp4", lastModified: 1 }));
            return transfer;
        }""",
        [list(path.read_bytes()), name or path.name],
    )
    for event in ("dragenter", "dragover", "drop"):
        page.dispatch_event("main", event, {"dataTransfer": transfer})


def test_a_dropped_video_is_uploaded_read_and_opens_in_the_editor(
    server: Server, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    page = open_page()
    expect(page.get_by_role("heading", name="No videos yet")).to_be_visible()
    drop(page, make_video(tmp_path / "street.mp4"))
    expect(page.locator(".tray-words")).to_contain_text("Uploaded", timeout=SLOW)
    # No reload: the socket tells how far it is.
    row = page.get_by_role("row", name=re.compile("street.mp4"))
    expect(row.locator(".badge")).to_have_text("Ready", timeout=SLOW)
    expect(row.locator(".col-frames")).to_have_text("20")
    expect(row.locator(".col-duration")).to_have_text("00:00:00.800")
    expect(row.locator(".col-codec")).to_have_text("h264")
    expect(row.locator("img.thumbnail")).to_be_visible()
    assert page.evaluate("document.querySelector('img.thumbnail').decode().then(() => true)")
    row.click(position={"x": 600, "y": 10})
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/label/\d+/"))


def test_what_is_not_a_video_is_refused_with_a_sentence_in_the_row(
    open_page: Callable[..., Page], tmp_path: Path
) -> None:
    (tmp_path / "text.mp4").write_text("This is no video.")
    page = open_page()
    drop(page, tmp_path / "text.mp4", "<img src=x onerror=alert(1)>.mp4")
    row = page.locator("tbody tr").first
    expect(row.locator(".badge")).to_contain_text("Failed:", timeout=SLOW)
    expect(row.locator(".row-title")).to_have_text("<img src=x onerror=alert(1)>.mp4")
    row.click(position={"x": 400, "y": 10})
    page.get_by_role("button", name="Details").click()
    expect(page.locator("#panel-details .notice")).to_contain_text("Failed.")


def test_an_empty_file_fails_in_the_tray_with_the_servers_sentence(
    open_page: Callable[..., Page], tmp_path: Path
) -> None:
    (tmp_path / "empty.mp4").write_bytes(b"")
    page = open_page()
    drop(page, tmp_path / "empty.mp4")
    expect(page.locator(".tray-words")).to_contain_text("The file is empty", timeout=SLOW)
    expect(page.get_by_role("button", name="Try again: empty.mp4")).to_have_count(0)
    page.get_by_role("button", name="Dismiss empty.mp4").click()
    expect(page.locator("#tray")).to_be_hidden()


def test_an_upload_goes_on_by_itself_after_a_broken_connection(open_page: Callable[..., Page], tmp_path: Path) -> None:
    page = open_page()
    broken = [0]

    def break_twice(route: Route) -> None:
        broken[0] += 1
        if broken[0] <= 2:
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route(
        "**/api/uploads/*/", lambda route: break_twice(route) if route.request.method == "PATCH" else route.continue_()
    )
    drop(page, make_video(tmp_path / "cut.mp4"))
    expect(page.locator(".tray-words")).to_contain_text("Goes on by itself", timeout=SLOW)
    expect(page.locator(".tray-words")).to_contain_text("Uploaded", timeout=SLOW)
    assert broken[0] >= 3


def test_an_upload_goes_on_after_a_reload_when_the_file_is_dropped_again(
    server: Server, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    page = open_page()
    path = make_video(tmp_path / "again.mp4")
    page.route(
        "**/api/uploads/*/", lambda route: route.abort() if route.request.method == "PATCH" else route.continue_()
    )
    drop(page, path)
    expect(page.locator(".tray-words")).to_contain_text("Goes on by itself", timeout=SLOW)
    page.on("dialog", lambda dialog: dialog.accept())
    page.unroute_all()
    page.reload()
    expect(page.locator(".tray-words")).to_contain_text("Drop the same file again", timeout=SLOW)
    begun: list[str] = []
    page.on("request", lambda request: begun.append(request.url) if request.method == "POST" else None)
    drop(page, path)
    expect(page.locator(".tray-words")).to_contain_text("Uploaded", timeout=SLOW)
    assert not [url for url in begun if "/uploads/" in url], "it began anew"


def test_a_cancelled_upload_is_forgotten_by_the_server(
    server: Server, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    page = open_page()
    page.route(
        "**/api/uploads/*/", lambda route: route.abort() if route.request.method == "PATCH" else route.continue_()
    )
    drop(page, make_video(tmp_path / "no.mp4"))
    expect(page.locator(".tray-words")).to_contain_text("Goes on by itself", timeout=SLOW)
    with page.expect_response(lambda response: response.request.method == "DELETE") as gone:
        page.get_by_role("button", name="Cancel no.mp4").click()
    assert gone.value.status == 204
    expect(page.locator("#tray")).to_be_hidden()
    page.reload()
    expect(page.get_by_role("heading", name="No videos yet")).to_be_visible()
    expect(page.locator("#tray")).to_be_hidden()


def test_a_hundred_thousand_rows_scroll_without_all_being_there(
    server: Server, dataset: int, open_page: Callable[..., Page]
) -> None:
    fill(server, dataset, "[f'clip {n:06}.mp4' for n in range(100_000)]")
    page = open_page()
    expect(page.locator("#count")).to_have_text("100\u202f000 videos", timeout=SLOW)
    page.locator(".rows-table").focus()
    begun = time.monotonic()
    page.keyboard.press("End")
    expect(page.get_by_role("row", name=re.compile("clip 099999.mp4"))).to_be_visible(timeout=SLOW)
    assert time.monotonic() - begun < 5
    assert page.locator("tbody tr").count() < 100
    expect(page.locator("tr.cursor .row-title")).to_have_text("clip 099999.mp4")
    page.keyboard.press("PageUp")
    page.keyboard.press("Home")
    expect(page.locator("tr.cursor .row-title")).to_have_text("clip 000000.mp4")
    # Dragging the bar over everything asks for what is looked at, not for what went by.
    asked: list[str] = []
    page.on("response", lambda response: asked.append(response.url) if "/data-units/?" in response.url else None)
    for part in range(1, 30):
        page.evaluate(
            "part => { const r = document.getElementById('rows'); r.scrollTop = r.scrollHeight * part / 30; }", part
        )
    expect(page.get_by_role("row", name=re.compile(r"clip 0966\d\d.mp4")).first).to_be_visible(timeout=SLOW)
    page.fill("#filter", '"clip 0777"')
    expect(page.locator("#count")).to_have_text("100 videos found", timeout=SLOW)
    expect(page.locator("tbody .row-title").first).to_have_text("clip 077700.mp4")


def test_the_table_is_used_by_keyboard_alone(server: Server, dataset: int, open_page: Callable[..., Page]) -> None:
    fill(server, dataset, [f"clip {n}.mp4" for n in range(8)], labels=3)
    page = open_page()
    expect(page.locator(".rows-table")).to_be_focused()
    expect(page.locator(".row-title")).to_have_count(8)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Shift+ArrowDown")
    expect(page.locator("#bulk-count")).to_have_text("3 chosen")
    page.keyboard.press("Escape")
    expect(page.locator("#bulk")).to_be_hidden()
    page.keyboard.press("Control+a")
    expect(page.locator("#bulk-count")).to_have_text("8 chosen")
    page.keyboard.press("Escape")

    page.keyboard.press("F2")
    expect(page.locator(".row-rename")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".row-rename")).to_have_count(0)
    page.keyboard.press("F2")
    page.keyboard.press("Control+a")
    page.keyboard.type("clip 3 renamed.mp4")
    page.keyboard.press("Enter")
    expect(page.locator("tr.cursor .row-title")).to_have_text("clip 3 renamed.mp4")
    expect(page.locator(".rows-table")).to_be_focused()

    page.keyboard.press("Home")
    page.keyboard.press("Delete")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Remove “clip 0.mp4”?")
    expect(dialog).to_contain_text("3 labels will be lost with it.")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#count")).to_have_text("8 videos")
    page.keyboard.press("Delete")
    dialog.get_by_role("button", name="Remove with 3 labels").click()
    expect(page.locator("#count")).to_have_text("7 videos")

    page.keyboard.press("/")
    page.keyboard.type("state:f")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#filter")).to_have_value("state:failed ")
    expect(page.locator("#count")).to_have_text("1 video found")
    expect(page).to_have_url(re.compile(r"\?q=state%3Afailed$"))
    page.reload()
    expect(page.locator("#count")).to_have_text("1 video found")


def test_a_half_typed_filter_says_what_is_missing_and_the_whole_one_works(
    server: Server, dataset: int, open_page: Callable[..., Page]
) -> None:
    fill(server, dataset, [f"video {n}" for n in range(12)])
    page = open_page()
    expect(page.locator(".row-title")).to_have_count(12)
    page.get_by_label("Filter", exact=True).fill("state:fai")
    problem = page.locator("#filter-problem")
    expect(problem).to_contain_text("There is no state “fai”.")
    expect(page.locator(".toast")).to_have_count(0)
    # What stands there still is not what is asked for: it can be seen, and not be taken away.
    page.get_by_label("Select video 9", exact=True).click()
    page.keyboard.press("Delete")
    expect(page.locator("#bulk")).to_be_hidden()
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_label("Filter", exact=True).fill("state:failed")
    expect(problem).to_be_hidden()
    expect(page.locator(".row-title")).to_have_text(["video 3"])
    expect(page.locator("#count")).to_have_text("1 video found")


def test_chosen_videos_are_removed_together_with_the_labels_counted(
    server: Server, dataset: int, open_page: Callable[..., Page]
) -> None:
    fill(server, dataset, [f"clip {n}.mp4" for n in range(5)], labels=2)
    page = open_page()
    page.get_by_label("Select clip 0.mp4").check()
    page.get_by_label("Select clip 2.mp4").click(modifiers=["Shift"])
    expect(page.locator("#bulk-count")).to_have_text("3 chosen")
    page.get_by_role("toolbar", name="Chosen videos").get_by_role("button", name="Remove").click()
    expect(page.get_by_role("dialog")).to_contain_text("2 labels will be lost with them.")
    page.get_by_role("button", name="Remove with 2 labels").click()
    expect(page.locator("#count")).to_have_text("2 videos")
    assert titles(page) == ["clip 3.mp4", "clip 4.mp4"]


def test_what_is_not_understood_in_the_filter_is_answered_with_what_is(
    server: Server, dataset: int, open_page: Callable[..., Page]
) -> None:
    fill(server, dataset, ["a video"])
    page = open_page()
    page.get_by_label("Filter", exact=True).fill("labels:0")
    expect(page.locator("#filter-problem")).to_have_text("There is no “labels:0”, only labels:none and labels:some.")
    page.get_by_label("Filter", exact=True).fill("frames:>100")
    expect(page.locator("#filter-problem")).to_be_hidden()
    expect(page.locator("#nothing-found")).to_contain_text("waiting, reading, ready, failed or needs_reencode")
    page.get_by_role("button", name="Clear the filter").click()
    expect(page.locator(".row-title")).to_have_text(["a video"])


def test_the_bar_for_chosen_videos_lies_open_beside_panel_tray_and_toasts(
    server: Server, dataset: int, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    fill(server, dataset, [f"clip {n:02}.mp4" for n in range(40)])
    page = open_page()
    page.set_viewport_size({"width": 1280, "height": 720})
    page.get_by_role("button", name="Details").click()
    for name in ("one.mp4", "two.mp4", "three.mp4", "four.mp4"):
        (tmp_path / name).write_bytes(b"")
        drop(page, tmp_path / name)
    expect(page.locator(".tray-item")).to_have_count(4)
    page.get_by_label("Select clip 00.mp4").check()
    for button in page.get_by_role("toolbar", name="Chosen videos").get_by_role("button").all():
        button.click(trial=True)
    page.keyboard.press("End")
    box = page.get_by_role("row", name=re.compile("clip 39.mp4")).bounding_box()
    bar = page.locator("#bulk").bounding_box()
    assert box is not None and bar is not None and box["y"] + box["height"] <= bar["y"] + 1


def test_a_click_on_a_head_sorts_and_a_second_one_turns_round(
    server: Server, dataset: int, open_page: Callable[..., Page]
) -> None:
    fill(server, dataset, ["b.mp4", "c.mp4", "a.mp4"])
    page = open_page()
    expect(page.locator(".row-title")).to_have_text(["a.mp4", "b.mp4", "c.mp4"])
    page.get_by_role("button", name="Title").click()
    expect(page.locator(".row-title")).to_have_text(["c.mp4", "b.mp4", "a.mp4"])
    page.get_by_role("button", name="Size").click()
    expect(page.locator(".row-title")).to_have_text(["b.mp4", "c.mp4", "a.mp4"])
    expect(page.get_by_role("columnheader", name="Size")).to_have_attribute("aria-sort", "ascending")


def test_what_others_do_appears_without_a_reload(server: Server, dataset: int, open_page: Callable[..., Page]) -> None:
    fill(server, dataset, ["one.mp4", "two.mp4"])
    page = open_page()
    expect(page.locator(".row-title")).to_have_text(["one.mp4", "two.mp4"])
    server.python(
        "from viewer.models import *\n"
        "from viewer.actions.rename_data_unit import rename_data_unit\n"
        "from viewer.actions.remove_data_unit import remove_data_unit\n"
        f"units = DataUnit.objects.filter(dataset={dataset}).order_by('title')\n"
        "one, two = units\n"
        "rename_data_unit(one, 'uno.mp4'); remove_data_unit(two)"
    )
    expect(page.locator(".row-title")).to_have_text(["uno.mp4"], timeout=SLOW)
    expect(page.locator("#count")).to_have_text("1 video")


def test_classes_are_changed_in_the_panel_and_one_in_use_stays(
    server: Server, dataset: int, open_page: Callable[..., Page]
) -> None:
    fill(server, dataset, ["one.mp4"], labels=2)
    page = open_page()
    page.get_by_role("button", name="Classes").click()
    names = page.locator("#panel-classes input.class-name[aria-label='Name of the class']")
    expect(names).to_have_count(3)
    page.get_by_label("Name of a new class").fill("Dog")
    page.get_by_role("button", name="Add").click()
    expect(names).to_have_count(4)
    expect(names.nth(3)).to_have_value("Dog")
    names.nth(1).fill("Car")
    names.nth(1).press("Enter")
    page.get_by_role("button", name="Remove: Person").click()
    expect(page.locator("#panel-classes [role=alert]")).to_contain_text("2 labels in this dataset are of this class")
    page.get_by_role("button", name="Move up: Dog").click()
    expect(names.nth(2)).to_have_value("Dog")
    page.reload()
    expect(names).to_have_count(4)
    assert [names.nth(n).input_value() for n in range(4)] == ["Person", "Car", "Dog", "Object"]


def test_members_are_let_in_and_a_reader_finds_nothing_to_change(
    server: Server, dataset: int, open_page: Callable[..., Page]
) -> None:
    fill(server, dataset, ["one.mp4"])
    server.signin_link("reader")
    page = open_page()
    page.get_by_role("button", name="Members").click()
    page.get_by_label("Username of a new member").fill("nobody")
    page.get_by_role("button", name="Add").click()
    expect(page.locator("#panel-members [role=alert]")).to_contain_text("no active user")
    page.get_by_label("Username of a new member").fill("reader")
    page.get_by_label("Role of the new member").select_option("reader")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_label("Role of reader")).to_have_value("reader")
    page = open_page(username="reader", admin=False)
    expect(page.locator(".row-title")).to_have_text(["one.mp4"])
    for name in ("Upload", "Members", "More about this dataset"):
        expect(page.get_by_role("button", name=name)).to_have_count(0)
    page.keyboard.press("Delete")
    page.keyboard.press("F2")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator(".row-rename")).to_have_count(0)


def test_a_lost_connection_is_said_and_made_good(server: Server, dataset: int, open_page: Callable[..., Page]) -> None:
    fill(server, dataset, ["one.mp4"])
    page = open_page()
    expect(page.locator(".row-title")).to_have_text(["one.mp4"])
    server.stop()
    expect(page.locator("#offline")).to_contain_text("No connection to the server", timeout=SLOW)
    server.start()
    expect(page.locator("#offline")).to_be_hidden(timeout=60_000)
    fill(server, dataset, [])
    server.python(
        "from viewer.models import *\nfrom viewer.actions.rename_data_unit import rename_data_unit\n"
        f"rename_data_unit(DataUnit.objects.get(dataset={dataset}), 'later.mp4')"
    )
    expect(page.locator(".row-title")).to_have_text(["later.mp4"], timeout=SLOW)


PAGES = ["/", "/account/", "/users/", "/help/", "/help/keys/", "/help/exact-frames/", "/help/browsers/", "/api/docs/",
         "/nothing/", "/signin/used/"]  # fmt: skip


def violations(page: Page) -> list[str]:
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")["violations"]
    return [f"{item['id']}: {node['html']} {node['failureSummary']}" for item in found for node in item["nodes"]]


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_axe_finds_nothing_on_any_page(
    server: Server, dataset: int, open_page: Callable[..., Page], theme: str
) -> None:
    fill(server, dataset, [f"clip {n}.mp4" for n in range(12)], labels=2)
    page = open_page()
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    expect(page.locator("tbody tr")).to_have_count(12)
    problems = {"dataset": violations(page)}
    for panel, content in (("Details", ".facts"), ("Classes", ".class-row"), ("Members", ".member-new")):
        page.get_by_role("button", name=panel).click()
        expect(page.locator(f"#side {content}").first).to_be_visible()
        problems[panel] = violations(page)
    page.keyboard.press("/")
    expect(page.locator("#filter-options")).to_be_visible()
    problems["filter"] = violations(page)
    page.locator(".rows-table").focus()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    expect(page.get_by_role("dialog")).to_be_visible()
    problems["question"] = violations(page)
    page.keyboard.press("Escape")
    for menu in ("#export-button", "#columns-button", "#more-button", "#account-button"):
        page.click(menu)
        problems[menu] = violations(page)
        page.keyboard.press("Escape")
    for path in PAGES:
        page.goto(server.url + path)
        page.wait_for_load_state("networkidle")
        problems[path] = violations(page)
    page.context.clear_cookies()
    page.goto(server.url + "/signin/")
    problems["/signin/"] = violations(page)
    assert not {where: found for where, found in problems.items() if found}


def test_the_theme_is_chosen_in_the_menu_and_remembered(server: Server, sign_in: Callable[..., Page]) -> None:
    page = sign_in()
    page.emulate_media(color_scheme="light")
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.click("#account-button")
    page.get_by_label("Dark").check()
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert dark != light
    page.reload()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == dark

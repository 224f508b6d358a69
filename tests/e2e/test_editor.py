"""The editor as a person uses it: mouse and keys on real pages, a real server, a real video."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import av
import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import TOP, Server

pytestmark = pytest.mark.e2e

FRAMES = 90
GOP = 30
FRAMES_URL = re.compile(r"/media/\d+/tables/\d+/frames")
AXE = TOP / "node_modules" / "axe-core" / "axe.min.js"


def make_video(path: Path, *, frames: int = FRAMES, shade: int = 0, codec: str = "libx264") -> Path:
    """A grey ground on which a bright square goes from left to right: no two frames are the same."""
    with av.open(path, "w") as container:
        options = {"g": str(GOP), "bf": "2"} | ({"preset": "veryfast"} if codec == "libx264" else {})
        stream = container.add_stream(codec, rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        for frame in range(frames):
            picture = np.full((360, 640, 3), 60 + shade, np.uint8)
            picture[150:210, 5 * frame : 5 * frame + 60] = (230, 180, 60)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        container.mux(stream.encode())
    return path


@pytest.fixture(scope="module")
def ingest(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., dict[str, Any]]:
    """Each call: another video, verified, with a label row of its own."""
    folder = tmp_path_factory.mktemp("videos")
    made: list[dict[str, Any]] = []

    def one(codec: str = "libx264") -> dict[str, Any]:
        path = make_video(folder / f"square {len(made)}.mp4", shade=len(made), codec=codec)
        unit = json.loads(server.command("ingest", "Squares", str(path), "--json"))[0]
        rows = server.python(f"from viewer.models import *\nprint(LabelRow.objects.get(data_unit={unit['id']}).pk)")
        made.append({**unit, "label_row": int(rows.split()[-1])})
        return made[-1]

    return one


@pytest.fixture
def editor(server: Server, ingest: Callable[[], dict[str, Any]], sign_in: Callable[..., Page]) -> Page:
    """A video without labels, open in the editor on frame 0."""
    unit = ingest()
    page = sign_in("ann")
    page.goto(f"{server.url}/label/{unit['label_row']}/")
    shown(page, 0)
    return page


def until(page: Page, expression: str, expected: Any = True, *, seconds: float = 15) -> None:
    """Our pages forbid the evaluation of strings, which Playwright's own waiting needs."""
    deadline = time.monotonic() + seconds
    while (value := page.evaluate(expression)) != expected:
        assert time.monotonic() < deadline, f"{expression} is {value}, not {expected}"
        page.wait_for_timeout(20)


def shown(page: Page, frame: int) -> None:
    """That frame is on the screen and proved."""
    expect(page.locator("#frame")).to_have_attribute("data-frame", str(frame))
    expect(page.locator("#frame")).to_have_attribute("data-state", "shown")
    expect(chip(page)).to_have_text(f"Frame {frame} proved")


def chip(page: Page) -> Locator:
    return page.locator("#proof-chip span")


def saved(page: Page) -> None:
    expect(page.locator("#save-state")).to_contain_text("Saved ")


def place(page: Page, x: float, y: float) -> tuple[float, float]:
    """Where a pixel of the picture is on the page."""
    spot = page.evaluate(
        """([x, y]) => {
            const rect = viewer.pictureRect(), canvas = document.getElementById("frame");
            const box = canvas.getBoundingClientRect();
            const scale = box.width / canvas.width;
            const [left, top] = [rect.x + (x * rect.width) / 640, rect.y + (y * rect.height) / 360];
            return [box.left + scale * left, box.top + scale * top];
        }""",
        [x, y],
    )
    return spot[0], spot[1]


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*place(page, *start))
    page.mouse.down()
    page.mouse.move(*place(page, (start[0] + end[0]) / 2, (start[1] + end[1]) / 2))
    page.mouse.move(*place(page, *end))
    page.mouse.up()


def draw_box(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.keyboard.press("1")
    drag(page, start, end)
    expect(page.locator(".object-row[data-selected=yes]")).to_have_count(1)


def labels(page: Page) -> dict[str, list[dict[str, Any]]]:
    """The records as the server has them, by kind."""
    row = page.evaluate("fetch(`/api/label-rows/${document.body.dataset.labelRow}/`).then((answer) => answer.json())")
    kinds: dict[str, list[dict[str, Any]]] = {"track": [], "keyframe": [], "range": []}
    for record in row["records"]:
        kinds[record["kind"]].append(record["value"])
    kinds["keyframe"].sort(key=lambda keyframe: keyframe["frame"])
    return kinds


def fields(page: Page) -> list[float]:
    values = page.eval_on_selector_all("#selected input", "(all) => all.map((one) => one.value)")
    return [float(value) for value in values]


def test_a_box_drawn_by_mouse_is_saved_on_the_frame_that_was_seen_and_is_there_after_a_reload(editor: Page) -> None:
    for _ in range(7):
        editor.keyboard.press("ArrowRight")
    shown(editor, 7)
    draw_box(editor, (35, 150), (95, 210))
    saved(editor)
    [keyframe] = labels(editor)["keyframe"]
    assert keyframe["frame"] == 7
    assert keyframe["receipt"]["frame"] == 7
    assert keyframe["receipt"]["proof"] == "browser_digest"
    assert keyframe["shape"]["x"] == pytest.approx(35, abs=1)
    assert keyframe["shape"]["width"] == pytest.approx(60, abs=1.5)
    editor.reload()
    shown(editor, 7)
    expect(editor.locator(".object-name")).to_have_text("Person 1keyframe")


def test_a_moved_box_is_interpolated_between_its_keyframes(editor: Page) -> None:
    draw_box(editor, (0, 150), (60, 210))
    editor.evaluate("viewer.show(40)")
    shown(editor, 40)
    drag(editor, (30, 180), (230, 180))
    saved(editor)
    editor.evaluate("viewer.show(20)")
    shown(editor, 20)
    expect(editor.locator("#selected .muted")).to_have_text("2 keyframes")
    assert fields(editor)[0] == pytest.approx(100, abs=1.5)
    editor.keyboard.press("Control+ArrowRight")
    shown(editor, 40)
    editor.keyboard.press("Control+ArrowLeft")
    shown(editor, 0)
    editor.keyboard.press("Shift+E")
    shown(editor, 20)


def test_undo_names_what_it_undid_and_redo_brings_it_back(editor: Page) -> None:
    draw_box(editor, (100, 100), (200, 200))
    editor.keyboard.press("Control+z")
    expect(editor.locator("#toasts")).to_have_text("Undone: Draw Person 1, frame 0")
    expect(editor.locator(".object-row")).to_have_count(0)
    editor.keyboard.press("Control+Shift+z")
    expect(editor.locator(".object-row")).to_have_count(1)
    saved(editor)
    assert len(labels(editor)["track"]) == 1


def test_a_split_is_there_after_a_reload(editor: Page) -> None:
    draw_box(editor, (100, 100), (200, 200))
    editor.evaluate("viewer.show(30)")
    shown(editor, 30)
    editor.keyboard.press("Shift+S")
    expect(editor.locator("#toasts")).to_contain_text("Split at frame 30")
    saved(editor)
    editor.reload()
    shown(editor, 30)
    expect(editor.locator(".object-name")).to_have_text(["Person 1outside", "Person 2keyframe"])
    assert [value["first"] for value in labels(editor)["range"]] == [30]


def test_every_step_by_key_shows_the_next_frame_and_none_is_left_out(editor: Page) -> None:
    seen = editor.evaluate(
        """() => {
            const canvas = document.getElementById("frame");
            window.seen = [];
            new MutationObserver(() => seen.at(-1) !== canvas.dataset.frame && seen.push(canvas.dataset.frame))
                .observe(canvas, {attributes: true, attributeFilter: ["data-frame"]});
            return seen;
        }"""
    )
    assert seen == []
    for number in range(1, 41):
        editor.keyboard.press("ArrowRight")
        expect(editor.locator("#frame")).to_have_attribute("data-frame", str(number))
    assert editor.evaluate("seen.map(Number)") == list(range(1, 41))


def test_go_to_understands_frames_times_distances_and_parts(editor: Page) -> None:
    for typed, frame in [("42", 42), ("+8", 50), ("-5", 45), ("00:00:01", 25), ("2.5", 62), ("50%", 45), ("100%", 89)]:
        editor.keyboard.press("g")
        editor.keyboard.type(typed)
        editor.keyboard.press("Enter")
        shown(editor, frame)
    editor.keyboard.press("g")
    editor.keyboard.type("nowhere")
    editor.keyboard.press("Enter")
    expect(editor.locator("#toasts")).to_contain_text("A frame (123)")
    editor.keyboard.press("Escape")
    expect(editor.locator("#overlay")).to_be_focused()


def test_the_address_names_the_frame_that_one_rests_on(editor: Page) -> None:
    editor.evaluate("viewer.show(33)")
    shown(editor, 33)
    until(editor, "new URL(location.href).searchParams.get('frame')", "33")


def test_space_plays_and_stops_on_the_frame_that_is_seen(editor: Page) -> None:
    editor.keyboard.press("Space")
    until(editor, "viewer.frame > 10")
    editor.keyboard.press("Space")
    expect(editor.locator("#play")).to_have_attribute("aria-label", "Play")
    frame = editor.evaluate("viewer.frame")
    shown(editor, frame)
    expect(editor.locator("#counter")).to_have_value(str(frame))


def test_escape_gives_up_the_shape_in_hand_and_nothing_else(editor: Page) -> None:
    draw_box(editor, (100, 100), (200, 200))
    editor.keyboard.press("b")
    editor.mouse.move(*place(editor, 300, 100))
    editor.mouse.down()
    editor.mouse.move(*place(editor, 400, 200))
    expect(editor.locator(".object-row")).to_have_count(2)
    editor.keyboard.press("Escape")
    expect(editor.locator(".object-row")).to_have_count(1)
    editor.mouse.up()
    expect(editor.locator(".object-row")).to_have_count(1)
    expect(editor.get_by_role("button", name="Box tool (B)")).to_have_attribute("aria-pressed", "true")


def test_nothing_can_be_drawn_while_it_plays_and_a_sentence_says_why(editor: Page) -> None:
    editor.keyboard.press("Space")
    until(editor, "viewer.frame > 2")
    editor.keyboard.press("b")
    drag(editor, (100, 100), (200, 200))
    # Where the hand is, and nowhere twice; read out all the same.
    expect(editor.locator("#corner")).to_contain_text("Pause to label")
    expect(editor.locator("#spoken")).to_contain_text("Pause to label")
    expect(editor.locator(".toast")).to_have_count(0)
    expect(editor.locator(".object-row")).to_have_count(0)
    editor.keyboard.press("Space")


def test_why_something_is_not_done_goes_with_the_next_thing_or_with_escape(editor: Page) -> None:
    toast = editor.locator(".toast")
    for key in ("Escape", "n"):
        editor.keyboard.press("h")
        expect(toast).to_have_text("Nothing is selected.", timeout=2000)
        editor.keyboard.press(key)
        expect(toast).to_have_count(0, timeout=2000)


def test_a_box_can_be_made_and_placed_without_a_mouse(editor: Page) -> None:
    editor.locator("#overlay").focus()
    editor.keyboard.press("1")
    editor.keyboard.press("Enter")
    expect(editor.locator(".object-row")).to_have_count(1)
    before = fields(editor)
    editor.keyboard.press("Control+Alt+ArrowRight")
    until(editor, "document.querySelector('#selected input').value", f"{before[0] + 1:g}")
    width = editor.locator("#selected input").nth(2)
    width.fill("50")
    width.press("Enter")
    saved(editor)
    until(editor, "document.querySelectorAll('#selected input')[2].value", "50")
    saved(editor)


def test_zoom_stays_under_the_pointer(editor: Page) -> None:
    x, y = (round(at) for at in place(editor, 400, 100))  # the wheel tells of whole pixels only

    def under() -> list[float]:
        return editor.evaluate(
            """([x, y]) => {
                const rect = viewer.pictureRect(), canvas = document.getElementById("frame");
                const box = canvas.getBoundingClientRect(), scale = canvas.width / box.width;
                return [((x - box.left) * scale - rect.x) / rect.width, ((y - box.top) * scale - rect.y) / rect.height];
            }""",
            [x, y],
        )

    before = under()
    editor.mouse.move(x, y)
    for _ in range(10):
        editor.mouse.wheel(0, -120)
    until(editor, "viewer.pictureRect().width > 3000")
    # The corner stands on a whole pixel: half of one off, of 3000.
    assert under() == pytest.approx(before, abs=0.0003)
    editor.keyboard.press("=")
    until(editor, "viewer.pictureRect().x >= 0")


def test_the_canvas_holds_the_picture_of_the_frame_it_names(editor: Page) -> None:
    for frame in (0, 29, 30, 31, 60, 89, 5):
        editor.evaluate("(frame) => viewer.show(frame)", frame)
        left = editor.evaluate(
            """() => {
                const canvas = document.getElementById("frame"), rect = viewer.pictureRect();
                const copy = new OffscreenCanvas(640, 360), context = copy.getContext("2d");
                context.drawImage(canvas, rect.x, rect.y, rect.width, rect.height, 0, 0, 640, 360);
                const row = context.getImageData(0, 180, 640, 1).data;
                for (let x = 0; x < 640; x++) if (row[4 * x] > 150) return [x, Number(canvas.dataset.frame)];
            }"""
        )
        assert left[1] == frame
        assert left[0] == pytest.approx(5 * frame, abs=2)


def test_the_proof_is_explained_and_its_commands_give_the_same_digest(editor: Page, server: Server) -> None:
    editor.evaluate("viewer.show(17)")
    shown(editor, 17)
    editor.locator("#proof-chip").click()
    details = editor.locator("#proof-details")
    expect(details).to_contain_text("— equal")
    digest = details.locator("dd").nth(5).inner_text()
    snippet = details.locator("pre").nth(0).inner_text()
    title = editor.locator("h1").inner_text()
    path = f"DataUnit.objects.get(title={title!r}).file.path"
    stored = server.python(f"from viewer.models import *\nprint({path})").split()[-1]
    output = subprocess.run(
        [str(TOP / ".venv" / "bin" / "python"), "-c", snippet.replace(json.dumps(title), json.dumps(stored))],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert output.stdout.split() == ["17", "8704", digest], output.stderr


def test_two_people_see_each_others_boxes(editor: Page, server: Server, browser: Any) -> None:
    draw_box(editor, (100, 100), (200, 200))
    saved(editor)
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    other = context.new_page()
    other.goto(server.signin_link("bob", admin=True))
    other.goto(editor.url)
    shown(other, 0)
    expect(other.locator(".object-row")).to_have_count(1)
    draw_box(other, (300, 100), (400, 200))
    expect(editor.locator(".object-row")).to_have_count(2)
    expect(editor.locator("#present")).to_have_text("BO")
    context.close()


def test_a_busy_server_is_waited_for_and_the_chip_says_so(
    server: Server, page: Page, ingest: Callable[..., dict[str, Any]], sign_in: Callable[..., Page]
) -> None:
    unit = ingest("mpeg4")
    sign_in("ann")
    busy = {"code": "busy", "detail": "The server is busy decoding pictures. Try again in a few seconds."}
    answers = iter([{"status": 503, "headers": {"Retry-After": "2"}, "json": busy}])

    def answer(route: Any) -> None:
        first = next(answers, None)
        if first:
            route.fulfill(**first)
        else:
            route.continue_()

    page.route("**/picture?*", answer)
    page.goto(f"{server.url}/label/{unit['label_row']}/")
    expect(chip(page)).to_have_text("Frame 0: the server is busy, trying again in 2 s")
    expect(chip(page)).to_have_text("Frame 0 shown by the server")


def test_what_the_browser_cannot_decode_is_shown_and_proved_by_the_server(
    server: Server, ingest: Callable[..., dict[str, Any]], sign_in: Callable[..., Page]
) -> None:
    unit = ingest("mpeg4")
    page = sign_in("ann")
    page.goto(f"{server.url}/label/{unit['label_row']}/?frame=11")
    expect(page.locator("#frame")).to_have_attribute("data-source", "server")
    expect(chip(page)).to_have_text("Frame 11 shown by the server")
    draw_box(page, (55, 150), (115, 210))
    saved(page)
    [keyframe] = labels(page)["keyframe"]
    assert (keyframe["frame"], keyframe["receipt"]["proof"]) == (11, "server")
    page.keyboard.press("ArrowRight")
    expect(chip(page)).to_have_text("Frame 12 shown by the server")
    page.keyboard.press("Space")
    expect(chip(page)).to_have_text(re.compile(r"^Playing, frame \d+: the server's pictures, [\d.]+ a second$"))


def test_nothing_is_labelled_beyond_what_is_verified_until_verification_gets_there(
    server: Server, ingest: Callable[..., dict[str, Any]], sign_in: Callable[..., Page]
) -> None:
    unit = ingest()
    table = f"DataUnit.objects.get(pk={unit['id']}).table"
    server.python(
        "from viewer.models import *\n"
        f"DataUnit.objects.filter(pk={unit['id']}).update(state='verifying')\n"
        f"FrameTableRow.objects.filter(pk={table}.pk).update(state='provisional', proved=45)"
    )
    page = sign_in("ann")
    page.goto(f"{server.url}/label/{unit['label_row']}/?frame=60")
    expect(chip(page)).to_contain_text("Verification has not reached frame 60: 50 %")
    page.keyboard.press("1")
    drag(page, (100, 100), (200, 200))
    expect(page.locator("#corner")).to_contain_text("Verification has not reached frame 60")
    expect(page.locator(".object-row")).to_have_count(0)
    server.python(
        "from viewer.models import *\n"
        "from viewer.jobs.publish import tell_progress\n"
        f"row = {table}\n"
        "row.proved, row.state = 90, 'verified'\n"
        "row.save()\n"
        f"DataUnit.objects.filter(pk={unit['id']}).update(state='ready')\n"
        "tell_progress(row, 0)"
    )
    shown(page, 60)
    drag(page, (100, 100), (200, 200))
    saved(page)
    assert [keyframe["frame"] for keyframe in labels(page)["keyframe"]] == [60]


def provisional(server: Server, unit: dict[str, Any], proved: int = 45) -> None:
    """As if verification had come that far."""
    server.python(
        "from viewer.models import *\n"
        f"unit = DataUnit.objects.get(pk={unit['id']})\n"
        "DataUnit.objects.filter(pk=unit.pk).update(state='verifying')\n"
        f"FrameTableRow.objects.filter(pk=unit.table_id).update(state='provisional', proved={proved})"
    )


END_VERIFICATION = """from viewer.models import *
from viewer.jobs.publish import tell_progress
row = DataUnit.objects.get(pk={id}).table
row.proved, row.state = 90, 'verified'
row.save()
DataUnit.objects.filter(pk={id}).update(state='ready')
tell_progress(row, 0)
"""


def test_verification_that_ends_while_the_page_is_opened_is_not_missed(
    server: Server, ingest: Callable[..., dict[str, Any]], sign_in: Callable[..., Page]
) -> None:
    unit = ingest()
    provisional(server, unit)
    page = sign_in("ann")
    told: list[str] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda text: told.append(str(text))))

    def hear(words: str) -> None:
        deadline = time.monotonic() + 20
        while not any(words in text for text in told):
            assert time.monotonic() < deadline, told
            page.wait_for_timeout(20)

    held: list[Any] = []
    page.route(FRAMES_URL, lambda route: held.append(route), times=1)
    page.goto(f"{server.url}/label/{unit['label_row']}/?frame=60", wait_until="commit")
    hear("subscribed")
    server.python(END_VERIFICATION.format(id=unit["id"]))
    hear("table.progress")
    held[0].continue_()
    expect(chip(page)).to_have_text("Frame 60 proved", timeout=30_000)
    draw_box(page, (100, 100), (200, 200))
    saved(page)


def test_verification_that_ends_while_nobody_can_be_told_is_seen_when_the_socket_is_back(
    server: Server, ingest: Callable[..., dict[str, Any]], sign_in: Callable[..., Page]
) -> None:
    unit = ingest()
    provisional(server, unit)
    page = sign_in("ann")
    page.goto(f"{server.url}/label/{unit['label_row']}/?frame=60")
    expect(chip(page)).to_contain_text("Verification has not reached frame 60")
    server.stop()
    # What was told is no longer kept when the page comes back.
    server.python(
        END_VERIFICATION.format(id=unit["id"]) + "Event.objects.create(topic='x', type='y', data={})\n"
        "Event.objects.exclude(pk=Event.objects.latest('pk').pk).delete()"
    )
    server.start()
    expect(chip(page)).to_have_text("Frame 60 proved", timeout=20_000)


def test_a_page_that_could_not_be_opened_is_opened_once_by_trying_again(editor: Page) -> None:
    editor.route(FRAMES_URL, lambda route: route.fulfill(status=500, body=""), times=1)
    editor.reload()
    expect(editor.locator("#stage-note")).to_contain_text("This could not be opened")
    editor.get_by_role("button", name="Try again").click()
    shown(editor, 0)
    editor.keyboard.press("ArrowRight")
    shown(editor, 1)
    editor.keyboard.press("t")
    expect(editor.get_by_role("button", name="Try again")).to_have_count(0)
    draw_box(editor, (100, 100), (200, 200))
    editor.keyboard.press("Control+z")
    expect(editor.locator("#toasts")).to_have_text("Undone: Draw Person 1, frame 1")


def test_a_video_that_is_removed_while_it_is_open_says_so(editor: Page, server: Server) -> None:
    unit = editor.evaluate("document.body.dataset.dataUnit")
    server.python(
        "from viewer.actions.tell import tell\nfrom viewer.models import *\n"
        f"unit = DataUnit.objects.get(pk={unit})\n"
        "tell(f'dataset:{unit.dataset_id}', 'data_unit.removed', {'id': unit.pk})"
    )
    expect(editor.locator("#stage-note")).to_contain_text("This video was removed")
    editor.keyboard.press("ArrowRight")
    shown(editor, 1)
    expect(editor.locator("#stage-note")).to_contain_text("This video was removed")


def test_the_first_answers_are_asked_for_with_the_page_and_only_once(editor: Page) -> None:
    asked: list[str] = []
    editor.on("request", lambda request: asked.append(urlsplit(request.url).path))
    editor.reload()
    shown(editor, 0)
    first = [path for path in asked if re.fullmatch(r"/api/label-rows/\d+/|/media/\d+/tables/\d+/frames", path)]
    assert len(first) == len(set(first)) == 2
    assert asked.index(first[0]) < asked.index(next(path for path in asked if path.endswith("/editor/main.js")))


def test_a_file_that_cannot_be_used_says_why(
    server: Server, ingest: Callable[..., dict[str, Any]], sign_in: Callable[..., Page]
) -> None:
    unit = ingest()
    server.python(
        "from viewer.models import *\n"
        f"units = DataUnit.objects.filter(pk={unit['id']})\n"
        "units.update(state='failed', error_code='no_video', error='It has no video.')"
    )
    page = sign_in("ann")
    page.goto(f"{server.url}/label/{unit['label_row']}/")
    expect(page.locator("#stage-note")).to_contain_text("It has no video.")
    expect(page.locator("#stage-note")).to_contain_text("no_video")


def test_a_conflict_shows_both_versions_and_overwrites_nothing(editor: Page, server: Server, browser: Any) -> None:
    draw_box(editor, (100, 100), (200, 200))
    saved(editor)
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    other = context.new_page()
    other.goto(server.signin_link("bob", admin=True))
    other.goto(editor.url)
    shown(other, 0)
    editor.context.set_offline(True)
    drag(editor, (150, 150), (180, 150))
    expect(editor.locator("#save-state")).to_have_text("Offline, 1 pending")
    drag(other, (150, 150), (150, 190))
    saved(other)
    editor.context.set_offline(False)
    expect(editor.locator("#save-state")).to_have_text("Conflict")
    expect(editor.locator("#conflicts")).to_contain_text("Move Person 1")
    assert labels(editor)["keyframe"][0]["shape"]["x"] == pytest.approx(100, abs=1)
    editor.get_by_role("button", name="Keep mine").click()
    saved(editor)
    expect(editor.locator("#conflicts")).to_be_hidden()
    assert labels(editor)["keyframe"][0]["shape"]["x"] == pytest.approx(130, abs=1)
    context.close()


def test_work_goes_on_without_a_connection_and_is_saved_when_it_is_back(editor: Page) -> None:
    editor.context.set_offline(True)
    draw_box(editor, (100, 100), (200, 200))
    expect(editor.locator("#save-state")).to_have_text("Offline, 1 pending")
    editor.context.set_offline(False)
    saved(editor)
    assert len(labels(editor)["track"]) == 1


def test_a_class_can_be_added_where_it_is_missing(editor: Page) -> None:
    editor.locator("#class-add").fill("Bicycle")
    editor.keyboard.press("Enter")
    expect(editor.locator(".class-row").last).to_contain_text("Bicycle")


def test_the_viewer_shows_without_labels_and_without_tools(editor: Page, server: Server) -> None:
    unit = editor.evaluate("document.body.dataset.dataUnit")
    editor.goto(f"{server.url}/view/{unit}/?frame=12")
    shown(editor, 12)
    expect(editor.locator("#tools")).to_have_count(0)
    editor.keyboard.press("b")
    drag(editor, (100, 100), (200, 200))
    editor.keyboard.press("ArrowRight")
    shown(editor, 13)


def test_the_sheet_of_keys_opens_on_a_question_mark(editor: Page) -> None:
    editor.keyboard.press("?")
    expect(editor.locator("#help")).to_contain_text("Split here into two objects")
    editor.keyboard.press("Escape")
    expect(editor.locator("#help")).not_to_be_visible()


def test_nothing_overflows_a_small_window(editor: Page) -> None:
    size = editor.evaluate("(({scrollWidth, scrollHeight}) => [scrollWidth, scrollHeight])(document.documentElement)")
    assert size == [1280, 720]
    assert editor.locator("#stage").bounding_box()["width"] > 800  # type: ignore[index]
    editor.keyboard.press("\\")
    until(editor, "document.getElementById('side').offsetWidth", 0)
    editor.reload()
    shown(editor, 0)
    assert editor.evaluate("document.getElementById('side').offsetWidth") == 0
    editor.keyboard.press("\\")
    until(editor, "document.getElementById('side').offsetWidth > 200")


def axe_finds_nothing(page: Page) -> None:
    # Run through the protocol, beside the page's own policy.
    page.evaluate(AXE.read_text() + "; undefined")
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    assert [(item["id"], [node["html"] for node in item["nodes"]]) for item in found["violations"]] == []


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_axe_finds_nothing_in_the_editor(editor: Page, scheme: Any) -> None:
    editor.emulate_media(color_scheme=scheme)
    draw_box(editor, (100, 100), (200, 200))
    editor.locator("#proof-chip").click()
    axe_finds_nothing(editor)


def test_the_page_weighs_less_than_half_a_megabyte(editor: Page) -> None:
    sizes = editor.evaluate(
        """performance.getEntriesByType("resource")
            .filter((one) => new URL(one.name).pathname.startsWith("/static/"))
            .map((one) => [one.name, one.encodedBodySize])"""
    )
    assert sum(dict(sizes).values()) < 500_000  # once each: what is named beforehand stands twice in the list


def test_a_reader_sees_no_handles_on_a_shape_that_he_may_not_change(
    editor: Page, server: Server, sign_in: Callable[..., Page]
) -> None:
    def corner() -> list[int]:
        """The colour that is drawn over the picture at the lower right corner of the box."""
        return editor.evaluate(
            """([x, y]) => {
                const overlay = document.getElementById("overlay");
                const { left, top, width } = overlay.getBoundingClientRect();
                const scale = overlay.width / width;
                return [...overlay.getContext("2d").getImageData((x - left + 2) * scale, (y - top + 2) * scale, 1, 1).data];
            }""",
            list(place(editor, 200, 200)),
        )

    editor.keyboard.press("1")
    draw_box(editor, (100, 100), (200, 200))
    saved(editor)
    address = editor.url
    assert corner() == [255, 255, 255, 255]
    sign_in("rita", admin=False)
    server.python(
        "from viewer.models import *\n"
        "rita = User.objects.get(username='rita')\n"
        "for dataset in Dataset.objects.all():\n"
        "    DatasetMember.objects.get_or_create(user=rita, dataset=dataset, defaults={'role': 'reader'})"
    )
    editor.goto(address)
    expect(chip(editor)).to_contain_text("proved")
    editor.mouse.click(*place(editor, 150, 150))
    expect(editor.locator(".object-row[data-selected=yes]")).to_have_count(1)
    assert corner() != [255, 255, 255, 255]

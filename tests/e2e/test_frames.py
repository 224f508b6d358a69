"""Real Chromium shows exactly the frame that was asked for, whatever the file, and proves it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e import numbered
from tests.e2e.frames_harness import FramesServer
from viewer.media import video
from viewer.media.frame_table import FrameTable

pytestmark = pytest.mark.e2e
GROUPS = ["-bf", "3", "-g", "48", "-x264-params", "b-adapt=0"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("numbered")


@pytest.fixture
def server() -> Iterator[FramesServer]:
    with FramesServer() as server:
        yield server


@pytest.fixture
def page(browser: Browser, server: FramesServer) -> Iterator[Page]:
    page = browser.new_page()
    page.set_default_timeout(60_000)
    page.goto(server.url)
    page.wait_for_function("globalThis.harness")
    yield page
    page.close()


def many_frames(table: FrameTable, count: int = 100) -> list[int]:
    """First, last, a walk forwards and back, around every start, and random ones."""
    pick, last = random.Random(7), table.frame_count - 1
    frames = [*range(min(5, last + 1)), *range(max(0, last - 4), last + 1)]
    at = pick.randrange(max(1, last - 20))
    frames += [*range(at, min(at + 20, last + 1)), *range(min(at + 20, last), at, -1)]
    for start in table.starts[1:6]:
        edge = next((f for f in range(table.frame_count) if table.frame_packet[f] >= start), 0)
        frames += [f for f in (edge - 2, edge + 1, edge - 1, edge) if 0 <= f <= last]
    frames += [pick.randrange(last + 1) for _ in range(count - len(frames))]
    return frames


def visit(page: Page, server: FramesServer, name: str, frames: list[int] | None = None, **options: Any) -> list[dict]:
    frames = frames or many_frames(server.files[name].table)
    return page.evaluate(
        "async ([name, frames, options]) => harness.visit(await harness.open(name, options), frames)",
        [name, frames, options],
    )


def assert_right(rows: list[dict], numbers: dict[int, int], source: str = "webcodecs", state: str = "proved") -> None:
    assert len(rows) >= 100
    for row in rows:
        assert row["error"] is None, row
        assert row["number"] == numbers.get(row["frame"], row["frame"]), row
        assert (row["from"], row["state"]) == (source, state), row


RECIPES = {
    "h264_closed.mp4": [*numbered.H264, *GROUPS],
    "h264_open.mp4": [*numbered.H264, "-bf", "3", "-g", "48", "-x264-params", "open-gop=1:b-adapt=0"],
    "h264_open.mkv": [*numbered.H264, "-bf", "3", "-g", "48", "-x264-params", "open-gop=1:b-adapt=0"],
    "h264_one_group.mp4": [*numbered.H264, "-bf", "3", "-g", "300", "-keyint_min", "300", "-sc_threshold", "0"],
    "h264_fragmented.mp4": [*numbered.H264, *GROUPS, "-movflags", "+frag_keyframe+empty_moov+default_base_moof"],
    "h264_intra_refresh.mp4": [*numbered.H264, "-bf", "0", "-g", "60", "-x264-params", "intra-refresh=1"],
    "h264_10bit.mp4": [*numbered.H264, *GROUPS, "-pix_fmt", "yuv420p10le"],
    "h264_444.mov": [*numbered.H264, *GROUPS, "-pix_fmt", "yuv444p"],
    "vp8_hidden.webm": ["-c:v", "libvpx", "-b:v", "400k", "-auto-alt-ref", "1", "-lag-in-frames", "16", "-g", "96", "-cpu-used", "4"],
    "vp9_hidden.webm": ["-c:v", "libvpx-vp9", "-b:v", "400k", "-auto-alt-ref", "1", "-lag-in-frames", "16", "-g", "96", "-cpu-used", "6"],
    "av1.mp4": ["-c:v", "libsvtav1", "-preset", "10", "-g", "96", "-crf", "35"],
}  # fmt: skip


@pytest.mark.parametrize("name", RECIPES)
def test_every_frame_is_its_own_picture_and_proved(name: str, page: Page, server: FramesServer, folder: Path) -> None:
    server.add(numbered.make(folder / name, 200, *RECIPES[name]))
    assert_right(visit(page, server, name), {})


def test_a_variable_rate_changes_nothing(page: Page, server: FramesServer, folder: Path) -> None:
    pick, times = random.Random(3), [0]
    for _ in range(149):
        times.append(times[-1] + pick.choice([750, 1500, 3000, 3003, 12345, 45000]))
    options = [*numbered.H264, *GROUPS, "-video_track_timescale", "90000"]
    name = server.add(numbered.make_variable(folder / "variable.mp4", times, *options))
    assert_right(visit(page, server, name), {})


def test_frames_hidden_by_an_edit_list_are_not_counted(page: Page, server: FramesServer, folder: Path) -> None:
    source = numbered.make(folder / "to_cut.mp4", 200, *numbered.H264, *GROUPS)
    name = server.add(numbered.cut(source, folder / "cut.mp4", 2.35))
    first = visit(page, server, name, [0])[0]["number"]
    assert first > 60
    count = server.files[name].table.frame_count
    assert_right(visit(page, server, name), {frame: first + frame for frame in range(count)})


def test_odd_sizes_are_drawn_whole(page: Page, server: FramesServer, folder: Path) -> None:
    path = numbered.make(folder / "odd.webm", 60, *numbered.VP9, "-g", "30", width=321, height=241)
    name = server.add(path)
    assert_right(visit(page, server, name), {})


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_a_rotated_video_stands_upright(rotation: int, page: Page, server: FramesServer, folder: Path) -> None:
    name = server.add(
        numbered.make(folder / f"turned_{rotation}.mp4", 20, *numbered.H264, *GROUPS),
        change=lambda table: replace(table, rotation=rotation),
    )
    ours, theirs = page.evaluate(
        """async ([name, rotation]) => {
            const source = await harness.open(name);
            const canvas = document.querySelector("canvas");
            const pixels = () => [...canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data];
            const sizes = [];
            const look = (picture) => { sizes.push(picture.width, picture.height); harness.draw(picture); return pixels(); };
            const decoded = look(await source.read(7));
            const blob = await (await fetch(`/picture/${name}/7`)).blob();
            const image = await createImageBitmap(blob, { colorSpaceConversion: "none" });
            const server = look({ image, rotation: 0, width: image.width, height: image.height });
            let [worst, sum] = [0, 0];
            for (let i = 0; i < server.length; i++) {
                const difference = Math.abs(server[i] - decoded[i]);
                worst = Math.max(worst, difference);
                sum += difference;
            }
            return [sizes.slice(0, 2).concat(server.length), sizes.slice(2).concat(sum / server.length)];
        }""",
        [name, rotation],
    )
    assert ours[:2] == theirs[:2] == ([240, 320] if rotation % 180 else [320, 240])
    assert theirs[2] < 2  # levels: RGB is computed by two implementations


@pytest.mark.parametrize(
    "options", [[], ["-colorspace", "smpte170m"], ["-colorspace", "bt709"], ["-color_range", "pc"]], ids=str
)
def test_colours_are_the_server_s(options: list[str], page: Page, server: FramesServer, folder: Path) -> None:
    """The same matrix and range on both sides; without it untagged video differs by about 10 levels."""
    path = folder / f"colour{'_'.join(options)}.mp4".replace("-", "")
    command = ["-f", "lavfi", "-i", "testsrc2=s=320x240:r=10:d=1"]
    numbered._ffmpeg(command, ["-pix_fmt", "yuv420p", *numbered.H264, *options, str(path)])
    name = server.add(path)
    mean = page.evaluate(
        """async (name) => {
            const source = await harness.open(name);
            const context = new OffscreenCanvas(320, 240).getContext("2d", { willReadFrequently: true });
            const pixels = (image) => { context.drawImage(image, 0, 0); return context.getImageData(0, 0, 320, 240).data; };
            const ours = pixels((await source.read(5)).image);
            const blob = await (await fetch(`/picture/${name}/5`)).blob();
            const theirs = pixels(await createImageBitmap(blob, { colorSpaceConversion: "none" }));
            return ours.reduce((sum, value, i) => sum + Math.abs(value - theirs[i]), 0) / (ours.length * 0.75);
        }""",
        name,
    )
    assert mean < 3


def test_a_codec_that_the_browser_lacks_comes_from_the_server(page: Page, server: FramesServer, folder: Path) -> None:
    name = server.add(numbered.make(folder / "mpeg4.mp4", 120, "-c:v", "mpeg4", "-q:v", "4", "-bf", "2", "-g", "24"))
    rows = visit(page, server, name)
    assert_right(rows, {}, source="server", state="server")
    assert {row["reason"] for row in rows} == {"this browser cannot decode mpeg4"}
    assert not server.traffic.requests  # nor is the file fetched for nothing


def test_a_damaged_file_shows_no_wrong_picture(page: Page, server: FramesServer, folder: Path) -> None:
    source = numbered.make(folder / "to_damage.mp4", 200, *numbered.H264, *GROUPS)
    name = server.add(numbered.damage(source, folder / "damaged.mp4", [60, 61, 130]))
    rows = visit(page, server, name)
    assert all(row["error"] is None for row in rows)
    assert all(row["number"] in (row["frame"], None) for row in rows)
    assert all(row["number"] is not None for row in rows if row["from"] == "webcodecs")
    states = {(row["from"], row["state"]) for row in rows}
    assert states == {("webcodecs", "proved"), ("server", "server")}


def test_a_picture_that_differs_from_the_server_s_is_replaced(page: Page, server: FramesServer, folder: Path) -> None:
    name = server.add(numbered.make(folder / "differs.mp4", 60, *numbered.H264, *GROUPS))
    served = server.files[name]
    served.digests = served.digests[: 16 * 20] + b"\1" * 16 + served.digests[16 * 21 :]
    result = page.evaluate(
        """async (name) => {
            const { transport, painted } = harness.drive(await harness.open(name));
            await transport.show(20);
            await harness.until(() => transport.picture.source === "server");
            await harness.until(() => transport.proof && transport.proof.state !== "proving");
            const first = [painted.map((row) => [row.frame, row.from, row.number]), transport.proof.state];
            await transport.show(21);
            await harness.until(() => transport.proof && transport.proof.state !== "proving");
            return [...first, transport.proof.state, transport.picture.source];
        }""",
        name,
    )
    assert result[0] == [[20, "webcodecs", 20], [20, "server", 20]]
    assert result[2:] == ["proved", "webcodecs"]


def test_frames_beyond_the_proved_prefix_are_shown_but_not_proved(
    page: Page, server: FramesServer, folder: Path
) -> None:
    name = server.add(numbered.make(folder / "prefix.mp4", 60, *numbered.H264, *GROUPS))
    states = page.evaluate(
        """async (name) => {
            const source = await harness.open(name, { proved: 30 });
            const states = [];
            const look = async (frame) => {
                const picture = await source.read(frame);
                states.push([(await source.prove(picture)).state, source.mayLabel(frame)]);
                picture.close();
            };
            await look(29); await look(30);
            source.setProved(60);
            await look(30);
            return states;
        }""",
        name,
    )
    assert states == [["proved", True], ["unproved", False], ["proved", True]]


def test_a_side_file_serves_packets_that_are_no_ranges_of_the_file(
    page: Page, server: FramesServer, folder: Path
) -> None:
    name = server.add(numbered.make(folder / "side.mp4", 120, *numbered.H264, *GROUPS))
    served = server.files[name]
    data, table, at, positions = served.path.read_bytes(), served.table, 0, []
    for position, size in zip(table.packet_pos, table.packet_size, strict=True):
        served.side += data[position : position + size]
        positions.append(at)
        at += size
    served.table = replace(table, media="side", media_size=at, packet_pos=positions)
    assert_right(visit(page, server, name), {})


def test_a_large_file_is_not_downloaded_to_be_opened(page: Page, server: FramesServer, folder: Path) -> None:
    """Index at the end, noise that cannot be compressed: after the first frame and a rest, little has come."""
    path = folder / "large.mp4"
    noise = ["-f", "lavfi", "-i", "nullsrc=s=640x360:r=30,noise=alls=100:allf=t"]
    numbered._ffmpeg(noise, [*("-frames:v", "600", "-c:v", "libx264", "-preset", "ultrafast", "-qp", "8", "-g", "250"), "-bf", "0", "-pix_fmt", "yuv420p", str(path)])  # fmt: skip
    name = server.add(path, verify=False)
    page.evaluate(
        """async (name) => {
            const { transport } = harness.drive(await harness.open(name));
            await transport.show(0);
            await harness.sleep(1500);
        }""",
        name,
    )
    size = path.stat().st_size
    assert size > 60_000_000
    assert server.traffic.media_bytes < 20_000_000  # 2 % of a file of 1 GB
    assert server.traffic.requests


def test_a_broken_connection_is_waited_out(page: Page, server: FramesServer, folder: Path) -> None:
    name = server.add(numbered.make(folder / "broken.mp4", 60, *numbered.H264, *GROUPS))
    server.traffic.fail_next = 2
    rows = visit(page, server, name, [30])
    assert (rows[0]["number"], rows[0]["from"]) == (30, "webcodecs")


def test_a_server_without_ranges_is_not_asked_for_the_whole_file(
    page: Page, server: FramesServer, folder: Path
) -> None:
    name = server.add(numbered.make(folder / "whole.mp4", 60, *numbered.H264, *GROUPS))
    server.traffic.whole_file = True
    rows = visit(page, server, name, [30, 31, 32, 33])
    assert [row["number"] for row in rows] == [30, 31, 32, 33]
    assert {row["from"] for row in rows} == {"server"}


def test_without_webcodecs_every_frame_comes_from_the_server(
    browser: Browser, server: FramesServer, folder: Path
) -> None:
    """As in a page that is not secure: the worker has no VideoDecoder."""
    name = server.add(numbered.make(folder / "insecure.mp4", 60, *numbered.H264, *GROUPS))
    page = browser.new_page()
    page.route(
        "**/video_worker.js",
        lambda route: route.fulfill(
            content_type="text/javascript",
            body="delete globalThis.VideoDecoder;\n" + Path("static/editor/sources/video_worker.js").read_text(),
        ),
    )
    page.goto(server.url)
    page.wait_for_function("globalThis.harness")
    rows = visit(page, server, name, [0, 59, 30])
    page.close()
    assert [row["number"] for row in rows] == [0, 59, 30]
    assert {row["reason"] for row in rows} == {"this browser has no WebCodecs, or the page is not secure (HTTPS)"}


def test_keys_playing_and_dragging_paint_frames_under_their_own_numbers(
    page: Page, server: FramesServer, folder: Path
) -> None:
    name = server.add(numbered.make(folder / "driven.mp4", 200, *numbered.H264, *GROUPS))
    page.evaluate(
        """async (name) => {
            globalThis.driven = harness.drive(await harness.open(name));
            await driven.transport.show(90);
        }""",
        name,
    )
    for key in ["ArrowRight"] * 15 + ["ArrowLeft"] * 30:
        page.keyboard.press(key)
        page.evaluate("harness.until(() => driven.keys.at(-1).drawn)")
    assert page.evaluate("driven.transport.painted") == 75
    page.evaluate(
        """async () => {
            const { transport } = driven;
            transport.play();
            await harness.sleep(700);
            transport.pause();
            for (let frame = 0; frame < 190; frame += 9) { transport.scrub(frame); await harness.sleep(25); }
            await transport.endScrub();
            transport.shuttle(-1);
            await harness.sleep(500);
            transport.pause();
        }"""
    )
    painted = page.evaluate("driven.painted")
    assert len(painted) > 80
    assert [row for row in painted if row["frame"] != row["number"]] == []


def test_the_table_is_the_one_of_the_scan(server: FramesServer, folder: Path) -> None:
    """The harness serves what the product serves: a scan, then a verification."""
    name = server.add(numbered.make(folder / "table.mp4", 30, *numbered.H264, *GROUPS))
    assert FrameTable.from_bytes(server.files[name].table.to_bytes()).frame_count == 30
    assert isinstance(server.picture(name, 3), video.Picture)

"""How long it takes from a key, a click or a drag to the picture: prints one JSON object.

    python bench/stepping.py [--file VIDEO] [--quick]

Without a file, a 1080p30 video with a group of 250 pictures is made (60 s of it) and kept in build/bench.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import av  # noqa: E402
from playwright.sync_api import Page, sync_playwright  # noqa: E402

from tests.e2e import numbered  # noqa: E402
from tests.e2e.frames_harness import BROWSER_FLAGS, FramesServer  # noqa: E402
from viewer.media.frame_table import FrameTable  # noqa: E402


def long_group(path: Path, count: int = 1800) -> Path:
    """1080p30, 250 pictures a group, three B-frames: numbered, with noise so that it is no easy picture."""
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    filters = (
        "[0]format=yuv420p,scale=1920:1080:flags=neighbor[a];"
        "[1]noise=alls=8:allf=t,format=yuv420p,crop=1920:360:0:720[b];[a][b]overlay=0:720"
    )
    command = ["ffmpeg", "-y", "-v", "error"]
    command += ["-f", "rawvideo", "-pix_fmt", "gray", "-video_size", "320x240", "-framerate", "30", "-i", "-"]
    command += ["-f", "lavfi", "-i", "testsrc2=s=1920x1080:r=30", "-filter_complex", filters]
    command += ["-frames:v", str(count), "-c:v", "libx264", "-preset", "veryfast", "-bf", "3", "-g", "250"]
    command += ["-keyint_min", "250", "-sc_threshold", "0", "-crf", "26", "-movflags", "+faststart", str(path)]
    pictures = b"".join(numbered.picture(n, 320, 240).tobytes() for n in range(count))
    subprocess.run(command, input=pictures, check=True)
    return path


def summary(times: list[float]) -> dict[str, float]:
    ordered = sorted(times)
    at = lambda share: round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1)  # noqa: E731
    return {"p50": at(0.5), "p95": at(0.95), "max": round(ordered[-1], 1), "n": len(ordered)}


def pyav_seek(path: Path, table: FrameTable, frame: int) -> float:
    """Milliseconds that PyAV takes for the same frame from the same start."""
    start, wanted = table.start_of(frame), table.frame_packet[frame]
    context = av.CodecContext.create(table.codec, "r")
    context.extradata = table.runs[0].description
    context.thread_type, context.thread_count = "AUTO", 2
    with path.open("rb") as file:
        begun = time.perf_counter()
        for n in [*table.packets_from(start or 0, table.packet_count), None]:
            packet = None
            if n is not None:
                file.seek(table.packet_pos[n])
                packet = av.Packet(file.read(table.packet_size[n]))
                packet.pts = n  # comes out with its picture
            if any(picture.pts == wanted for picture in context.decode(packet)):
                took = (time.perf_counter() - begun) * 1000
                # A context that is dropped while its threads hold packets made from bytes waits for ever.
                for _ in context.decode(None):
                    pass
                return took
    raise AssertionError(f"no frame {frame}")


class Bench:
    def __init__(self, page: Page, server: FramesServer, path: Path) -> None:
        self.page, self.path = page, path
        self.table = server.files[path.name].table
        page.goto(server.url)
        page.wait_for_function("globalThis.harness")
        page.evaluate(
            """async name => {
                globalThis.source = await harness.open(name);
                globalThis.driven = harness.drive(source, { fullSize: true, read: false });
                globalThis.transport = driven.transport;
                await transport.show(0);
            }""",
            path.name,
        )

    def show(self, frame: int) -> float:
        return self.page.evaluate("async frame => (await harness.timeShows(transport, [frame]))[0]", frame)

    def rest(self, milliseconds: int = 1500) -> None:
        self.page.wait_for_timeout(milliseconds)

    def press(self, key: str, count: int, every_ms: float = 33.3) -> list[float]:
        """Press a key as a held one repeats; milliseconds from each key to its picture."""
        self.page.evaluate("driven.keys.length = 0")
        for _ in range(count):
            begun = time.perf_counter()
            self.page.keyboard.down(key)
            self.page.keyboard.up(key)
            time.sleep(max(0, every_ms / 1000 - (time.perf_counter() - begun)))
        self.page.evaluate("harness.until(() => driven.keys.every((key) => key.drawn))")
        return self.page.evaluate("driven.keys.map((key) => key.drawn - key.at)")

    def steps(self, count: int, direction: int) -> list[float]:
        """Steps as fast as they go: each begins when the one before is painted."""
        return self.page.evaluate(
            """async ([count, direction]) => {
                const times = [];
                for (let i = 0; i < count; i++) {
                    const begun = performance.now();
                    await transport.step(direction);
                    times.push(performance.now() - begun);
                }
                return times;
            }""",
            [count, direction],
        )

    def held(self, direction: int, seconds: float = 4) -> dict[str, Any]:
        """A held key, 30 repeats a second made by the page's own timer; pictures a second, and frames skipped."""
        return self.page.evaluate(
            """async ([direction, seconds]) => {
                driven.painted.length = 0;
                const begun = performance.now();
                let sent = 0;
                while (performance.now() - begun < seconds * 1000) {
                    transport.step(direction).catch(() => {});
                    sent++;
                    await harness.sleep(Math.max(0, begun + sent * 1000 / 30 - performance.now()));
                }
                const shown = driven.painted.filter((row) => row.at - begun <= seconds * 1000);
                const skipped = shown.slice(1).filter((row, i) => row.frame - shown[i].frame !== direction).length;
                return { pictures_a_second: +(shown.length / seconds).toFixed(1), skipped, asked: sent };
            }""",
            [direction, seconds],
        )

    def scrub(self, seconds: float = 4) -> dict[str, float]:
        """Drag over the whole bar and back, then let go: paints a second, and rest → exact picture."""
        return self.page.evaluate(
            """async (seconds) => {
                driven.painted.length = 0;
                const begun = performance.now();
                const last = transport.frameCount - 1;
                for (let at = 0; at < seconds * 1000; at = performance.now() - begun) {
                    const share = Math.abs(((at / 1000) % 4) / 2 - 1);
                    transport.scrub(Math.round(last * share));
                    await harness.sleep(16);
                }
                const paints = driven.painted.length / seconds;
                const right = driven.painted.every((row) => row.frame >= 0);
                await transport.endScrub();
                return { paints_a_second: +paints.toFixed(1), right };
            }""",
            seconds,
        )

    def rest_to_exact(self, frames: list[int]) -> list[float]:
        """The drag comes to rest on a frame: milliseconds from the last move to its exact picture."""
        return self.page.evaluate(
            """async (frames) => {
                const times = [];
                for (const frame of frames) {
                    transport.scrub(Math.max(0, frame - 40));
                    await harness.sleep(50);
                    transport.scrub(frame);
                    const begun = performance.now();
                    await harness.until(() => transport.painted === frame);
                    times.push(performance.now() - begun);
                    await transport.endScrub();
                    await harness.sleep(100);
                }
                return times;
            }""",
            frames,
        )

    def play_to_first(self, frames: list[int]) -> list[float]:
        return self.page.evaluate(
            """async (frames) => {
                const times = [];
                for (const frame of frames) {
                    await transport.show(frame);
                    await harness.sleep(600);
                    const begun = performance.now();
                    transport.play();
                    await harness.until(() => transport.painted > frame);
                    times.push(performance.now() - begun);
                    transport.pause();
                }
                return times;
            }""",
            frames,
        )

    def play(self, rate: float, seconds: float = 4) -> dict[str, float]:
        return self.page.evaluate(
            """async ([rate, seconds]) => {
                await transport.show(rate < 0 ? transport.frameCount - 1 : 0);
                await harness.sleep(500);
                driven.painted.length = 0;
                transport.rate = rate;
                const begun = performance.now();
                transport.play();
                await harness.sleep(seconds * 1000);
                transport.pause();
                const took = (performance.now() - begun) / 1000;
                const moved = Math.abs(source.secondsAt(transport.painted) - source.secondsAt(rate < 0 ? transport.frameCount - 1 : 0));
                transport.rate = 1;
                return { rate, speed_reached: +(moved / took).toFixed(2), pictures_a_second: +(driven.painted.length / took).toFixed(1), skipped: transport.skipped };
            }""",
            [rate, seconds],
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--file", type=Path)
    parser.add_argument("--quick", action="store_true", help="fewer repeats")
    parser.add_argument("--only", default="", help="comma-separated names of figures")
    options = parser.parse_args()
    path = options.file or long_group(ROOT / "build" / "bench" / "gop250.mp4")
    rounds = 6 if options.quick else 20
    pick = random.Random(1)
    with FramesServer() as server, sync_playwright() as playwright:
        server.add(path)
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=BROWSER_FLAGS)
        bench = Bench(browser.new_page(viewport={"width": 1440, "height": 900}), server, path)
        last = bench.table.frame_count - 1
        frames = [pick.randrange(last) for _ in range(rounds)]
        wanted = [name for name in options.only.split(",") if name]
        results: dict[str, Any] = {"file": path.name, "browser": browser.version}

        def measure(name: str, figure: Any) -> None:
            if not wanted or name in wanted:
                results[name] = figure()
                print(name, json.dumps(results[name]), file=sys.stderr, flush=True)

        def warm_up() -> None:
            """A browser's first seconds, and a machine that took its memory away while it rested, are not what is asked."""
            bench.show(100)
            bench.press("ArrowRight", 60)
            bench.scrub(2)

        def forward() -> dict[str, float]:
            bench.show(300)
            bench.rest()
            bench.press("ArrowRight", 3)  # the first keys of a page wake up more than the transport
            return summary(bench.press("ArrowRight", 60))

        def back() -> dict[str, Any]:
            bench.show(490)  # near the end of its group: 100 steps back stay in it
            bench.rest()
            times = bench.steps(100, -1)
            return {"first": round(times[0], 1), **summary(times[1:])}

        def back_over_groups() -> dict[str, float]:
            bench.show(min(last, 790))
            bench.rest()
            return summary(bench.steps(100, -1))

        def random_seek() -> dict[str, Any]:
            ours, theirs = [], []
            for frame in frames:
                bench.rest(100)
                ours.append(bench.show(frame))
                bench.page.evaluate("transport.source.prefetch(0, -1)")
                bench.rest(400)
                theirs.append(pyav_seek(path, bench.table, frame))
            ratio = statistics.median(ours) / statistics.median(theirs)
            return {"ours": summary(ours), "pyav": summary(theirs), "p50_ratio": round(ratio, 2)}

        def held(direction: int) -> dict[str, Any]:
            bench.show(800)
            bench.rest()
            return bench.held(direction)

        warm_up()
        measure("step_forward_key_to_drawn_ms", forward)
        measure("step_back_100_ms", back)
        measure("step_back_over_groups_ms", back_over_groups)
        measure("random_seek_ms", random_seek)
        measure("held_right", lambda: held(1))
        measure("held_left", lambda: held(-1))
        measure("scrub", bench.scrub)
        measure("rest_to_exact_ms", lambda: summary(bench.rest_to_exact(frames)))
        measure("play_to_first_ms", lambda: summary(bench.play_to_first(frames[:6])))
        for rate in (1, -1, 2, 4, 16):
            measure(f"play_{rate}x", lambda rate=rate: bench.play(rate))
        browser.close()
    print(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()

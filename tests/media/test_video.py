"""What is read from video files: every pitfall that is known, with FFmpeg's own output as the judge."""

import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

import av
import pytest

from tests.e2e import numbered
from tests.media import fields
from tests.media.judge import framehashes
from viewer.media.errors import MediaError
from viewer.media.frame_table import DIGEST_SIZE, KEY, LEADING, NO_LABEL, SKIP, START, TYPE_MASK, UNCLEAN, FrameTable
from viewer.media.sandbox import Limits, Sandbox, Verified

CLOSED = [*numbered.H264, "-bf", "3", "-g", "48", "-keyint_min", "48", "-sc_threshold", "0"]
OPEN = [*numbered.H264, "-bf", "3", "-g", "48", "-x264-params", "open-gop=1:b-adapt=0"]
ALT_REF = ["-c:v", "libvpx", "-b:v", "300k", "-auto-alt-ref", "1", "-lag-in-frames", "16", "-arnr-maxframes", "7"]


def _remux(source: Path, target: Path, keep: Callable[[int], bool], edit: Callable | None = None) -> Path:
    with av.open(str(source)) as given, av.open(str(target), "w") as out:
        stream = given.streams.video[0]
        copy = out.add_stream_from_template(stream)
        for n, packet in enumerate(p for p in given.demux(stream) if p.size):
            if keep(n):
                if edit:
                    edit(n, packet)
                packet.stream = copy
                out.mux(packet)
    return target


def _run(*command: object) -> None:
    subprocess.run([str(word) for word in command], check=True, capture_output=True)


def _duplicate_pts(folder: Path) -> Path:
    source = numbered.make(folder / "source.mp4", 60, *numbered.H264, "-bf", "0", "-g", "30")

    def edit(n: int, packet: av.Packet) -> None:
        if n % 20 == 11:
            packet.pts = packet.dts = packet.pts - 512

    return _remux(source, folder / "duplicates.mkv", lambda n: True, edit)


def _two_passes(folder: Path) -> Path:
    """VP9 with hidden references shown later (show_existing_frame)."""
    raw, out = numbered.make(folder / "raw.mkv", 100, "-c:v", "ffv1"), folder / "two.webm"
    options = ["-c:v", "libvpx-vp9", "-b:v", "300k", "-auto-alt-ref", "6", "-lag-in-frames", "25", "-g", "64"]
    for number, target in ((1, ["-f", "null", "-"]), (2, [out])):
        _run("ffmpeg", "-y", "-i", raw, *options, "-pass", number, "-passlogfile", folder / "log", *target)
    return out


def _no_key_frame_first(folder: Path) -> Path:
    return _remux(numbered.make(folder / "source.mkv", 150, *CLOSED), folder / "later.mkv", lambda n: n >= 20)


def _truncated(folder: Path) -> Path:
    whole = numbered.make(folder / "whole.mp4", 120, *CLOSED, "-movflags", "+faststart")
    path = folder / "short.mp4"
    path.write_bytes(whole.read_bytes()[: whole.stat().st_size * 7 // 10])
    return path


def _two_streams(folder: Path) -> Path:
    small = numbered.make(folder / "small.mp4", 20, *CLOSED, width=160, height=120)
    large = numbered.make(folder / "large.mp4", 50, *CLOSED)
    _run("ffmpeg", "-y", "-i", small, "-i", large, "-map", "0", "-map", "1", "-c", "copy", folder / "two.mp4")
    return folder / "two.mp4"


def _cover_art(folder: Path) -> Path:
    film = numbered.make(folder / "film.mp4", 30, *CLOSED)
    _run("ffmpeg", "-y", "-f", "lavfi", "-i", "color=red:s=640x480", "-frames:v", 1, folder / "cover.png")
    options = ["-map", "1", "-map", "0", "-c", "copy", "-disposition:v:0", "attached_pic"]
    _run("ffmpeg", "-y", "-i", film, "-i", folder / "cover.png", *options, folder / "covered.mp4")
    return folder / "covered.mp4"


def _compressed_matroska(folder: Path) -> Path:
    film = numbered.make(folder / "film.mp4", 60, *CLOSED)
    _run("mkvmerge", "-q", "--compression", "0:zlib", "-o", folder / "zlib.mkv", film)
    return folder / "zlib.mkv"


def _many_tracks(folder: Path) -> Path:
    film = numbered.make(folder / "film.mp4", 30, *CLOSED)
    _run("ffmpeg", "-y", "-i", film, "-c", "copy", "-map", "0", "-streamid", "0:200", folder / "tracks.mkv")
    return folder / "tracks.mkv"


FILES: dict[str, Callable[[Path], Path]] = {
    "constant rate": lambda f: numbered.make(f / "a.mp4", 100, *CLOSED),
    "open GOP": lambda f: numbered.make(f / "a.mp4", 150, *OPEN),
    "open GOP cut in Matroska": lambda f: numbered.cut(numbered.make(f / "a.mp4", 150, *OPEN), f / "b.mkv", 2.35),
    "edit list": lambda f: numbered.cut(numbered.make(f / "a.mp4", 150, *CLOSED), f / "b.mp4", 2.35),
    "no edit list": lambda f: numbered.make(f / "a.mp4", 60, *CLOSED, "-use_editlist", "0"),
    "fragmented": lambda f: numbered.make(f / "a.mp4", 100, *CLOSED, "-movflags", "+frag_keyframe+empty_moov"),
    "intra refresh": lambda f: numbered.make(
        f / "a.mp4", 120, *numbered.H264, "-bf", "0", "-g", "40", "-x264-params", "intra-refresh=1"
    ),
    "variable rate": lambda f: numbered.make_variable(f / "a.mp4", [n * n * 37 for n in range(80)], *CLOSED),
    "variable rate in Matroska": lambda f: numbered.make_variable(
        f / "a.mkv", [n * n * 90 for n in range(80)], *CLOSED
    ),
    "29.97 in Matroska": lambda f: numbered.make(f / "a.mkv", 60, *CLOSED, rate="30000/1001"),
    "one frame": lambda f: numbered.make(f / "a.mp4", 1, *CLOSED),
    "odd size": lambda f: numbered.make(f / "a.webm", 40, *numbered.VP9, width=321, height=241),
    "10 bits": lambda f: numbered.make(f / "a.mp4", 40, *CLOSED, "-pix_fmt", "yuv420p10le"),
    "4:4:4": lambda f: numbered.make(f / "a.mp4", 40, *CLOSED, "-pix_fmt", "yuv444p"),
    "interlaced MBAFF": lambda f: numbered.make(f / "a.mp4", 40, *CLOSED, "-flags", "+ildct+ilme"),
    "VP8 with hidden packets": lambda f: numbered.make(f / "a.webm", 100, *ALT_REF),
    "VP9": lambda f: numbered.make(f / "a.webm", 100, *numbered.VP9),
    "VP9 that shows a hidden picture later": _two_passes,
    "AV1": lambda f: numbered.make(f / "a.mp4", 60, "-c:v", "libsvtav1", "-preset", "10", "-g", "30"),
    "HEVC with open GOP": lambda f: numbered.make(
        f / "a.mkv", 100, "-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "keyint=30:open-gop=1:log-level=0"
    ),
    "MPEG-4 part 2": lambda f: numbered.make(f / "a.mp4", 60, "-c:v", "mpeg4", "-bf", "2"),
    "MPEG-2 in Matroska": lambda f: numbered.make(f / "a.mkv", 60, "-c:v", "mpeg2video", "-bf", "2", "-g", "15"),
    "Motion JPEG": lambda f: numbered.make(f / "a.mov", 30, "-c:v", "mjpeg", "-pix_fmt", "yuvj420p"),
    "ProRes": lambda f: numbered.make(f / "a.mov", 12, "-c:v", "prores_ks", "-pix_fmt", "yuv422p10le"),
    "duplicate PTS": _duplicate_pts,
    "no key frame first": _no_key_frame_first,
    "truncated": _truncated,
    "two video streams": _two_streams,
    "cover art before the film": _cover_art,
    "packets compressed by Matroska": _compressed_matroska,
    "a high track number": _many_tracks,
    "field packets": lambda f: fields.make(f / "a.mp4", 30),
}


def read(box: Sandbox, path: Path, limits: Limits | None = None) -> Verified:
    scan = box.scan(path, path.with_suffix(".side"), limits or Limits())
    *_, verified = box.verify(path, scan.table, limits or Limits())
    assert isinstance(verified, Verified)
    return verified


@pytest.fixture(scope="module", params=FILES)
def file(request, tmp_path_factory) -> Path:
    return FILES[request.param](tmp_path_factory.mktemp("video"))


def test_frames_and_digests_are_those_of_ffmpeg(sandbox, file):
    verified = read(sandbox, file)
    digests = [verified.digests[at : at + DIGEST_SIZE].hex() for at in range(0, len(verified.digests), DIGEST_SIZE)]
    wanted = framehashes(file, verified.table.stream)
    assert digests == [digest for _, digest in wanted]
    assert len(digests) == verified.table.frame_count > 0


def test_every_packet_stands_where_the_table_says(sandbox, file):
    table = read(sandbox, file).table
    medium = file.with_suffix(".side") if table.media == "side" else file
    data = medium.read_bytes()
    with av.open(str(file)) as container:
        packets = [bytes(p) for p in container.demux(container.streams[table.stream]) if p.size and not p.is_corrupt]
    stand = [data[p : p + s] for p, s in zip(table.packet_pos, table.packet_size, strict=True)]
    assert stand[: len(packets)] == packets
    assert table.media_size == medium.stat().st_size


def test_a_single_frame_is_decoded_to_the_digest_of_the_whole_decode(sandbox, file, tmp_path):
    verified = read(sandbox, file)
    digests = tmp_path / "digests"
    digests.write_bytes(verified.digests)
    last = verified.table.frame_count - 1
    for frame in {0, 1, last // 2, last - 1, last} & set(range(last + 1)):
        picture = sandbox.picture(file, verified.table, digests, frame)
        assert picture.proved, frame
        assert picture.png.startswith(b"\x89PNG")


@pytest.mark.parametrize(
    "name",
    ["constant rate", "open GOP", "edit list", "fragmented", "variable rate", "VP8 with hidden packets", "VP9", "AV1"],
)
def test_the_scan_of_an_undamaged_file_is_what_verification_finds(sandbox, tmp_path, name):
    assert not read(sandbox, FILES[name](tmp_path)).changed


def test_hidden_frames_of_an_edit_list_are_no_frames_but_are_fed(sandbox, tmp_path):
    table = read(sandbox, FILES["edit list"](tmp_path)).table
    assert table.packet_count > table.frame_count
    assert table.start_of(0) == 0
    assert table.frame_pts[0] >= 0


def test_two_field_packets_are_one_frame(sandbox, tmp_path):
    table = read(sandbox, fields.make(tmp_path / "a.mkv", 30)).table
    assert (table.packet_count, table.frame_count) == (60, 30)
    assert list(table.frame_packet) == list(range(0, 60, 2))
    assert set(table.frame_second_packet) == {1}


def test_an_intra_refresh_stream_starts_only_at_its_one_idr(sandbox, tmp_path):
    table = read(sandbox, FILES["intra refresh"](tmp_path)).table
    assert sum(bool(flags & KEY) for flags in table.packet_flags) > 1
    assert [n for n, flags in enumerate(table.packet_flags) if flags & START] == [0]


def test_open_gop_marks_leading_pictures(sandbox, tmp_path):
    table = read(sandbox, FILES["open GOP"](tmp_path)).table
    assert any(flags & LEADING for flags in table.packet_flags)


def test_pictures_whose_references_a_cut_has_left_out_are_not_fed(sandbox, tmp_path):
    table = read(sandbox, FILES["open GOP cut in Matroska"](tmp_path)).table
    assert table.packet_count - table.frame_count == 3
    assert [flags & LEADING for flags in table.packet_flags[:5]] == [0, LEADING, LEADING, LEADING, 0]
    assert list(table.packets_from(0, 6)) == [0, 4, 5]
    assert not any(table.frame_second_packet)  # they are no second fields


def test_frames_before_zero_may_not_be_labelled(sandbox, tmp_path):
    source = numbered.make(tmp_path / "a.mp4", 60, *CLOSED)
    path = tmp_path / "b.mkv"
    _run("ffmpeg", "-y", "-i", source, "-c", "copy", "-output_ts_offset", "-0.5", "-avoid_negative_ts", 0, path)
    table = read(sandbox, path).table
    before = [frame for frame in range(table.frame_count) if table.frame_pts[frame] < 0]
    assert [frame for frame in range(table.frame_count) if table.frame_flags[frame] & NO_LABEL] == before


def test_b_frames_with_negative_dts_may_be_labelled(sandbox, tmp_path):
    table = read(sandbox, FILES["constant rate"](tmp_path)).table
    assert all(table.may_label(frame) for frame in range(table.frame_count))


def test_damage_marks_frames_up_to_the_next_start_and_nothing_else(sandbox, tmp_path):
    source = numbered.make(tmp_path / "a.mp4", 150, *CLOSED)
    table = read(sandbox, numbered.damage(source, tmp_path / "b.mp4", [60])).table
    unclean = [frame for frame in range(table.frame_count) if table.frame_flags[frame] & UNCLEAN]
    assert table.frame_count == 150
    assert unclean == sorted(unclean)
    assert not unclean or (unclean[0] >= 48 and unclean[-1] < 96)


def test_a_size_change_is_a_run_of_its_own_and_not_labelled(sandbox, tmp_path):
    numbered.make(tmp_path / "a.ts", 50, *CLOSED)
    numbered.make(tmp_path / "b.ts", 50, *CLOSED, width=480, height=360)
    path = tmp_path / "c.mp4"
    _run("ffmpeg", "-y", "-i", f"concat:{tmp_path}/a.ts|{tmp_path}/b.ts", "-c", "copy", path)
    table = read(sandbox, path).table
    assert [(run.width, run.height) for run in table.runs] == [(320, 240), (480, 360)]
    assert [table.may_label(frame) for frame in (0, 49, 50, 99)] == [True, True, False, False]


@pytest.mark.parametrize(("degrees", "clockwise"), [(90, 270), (180, 180), (270, 90)])
def test_rotation_is_clockwise_and_pictures_are_upright(sandbox, tmp_path, degrees, clockwise):
    source = numbered.make(tmp_path / "a.mp4", 3, *CLOSED)
    path = tmp_path / "b.mp4"
    _run("ffmpeg", "-y", "-i", source, "-c", "copy", "-metadata:s:v", f"rotate={degrees}", path)
    verified = read(sandbox, path)
    assert verified.table.rotation in (clockwise, degrees)
    digests = tmp_path / "digests"
    digests.write_bytes(verified.digests)
    png = tmp_path / "p.png"
    png.write_bytes(sandbox.picture(path, verified.table, digests, 0).png)
    shown = tmp_path / "shown.png"
    _run("ffmpeg", "-y", "-i", path, "-frames:v", 1, shown)  # ffmpeg turns as a player does
    with av.open(str(png)) as ours, av.open(str(shown)) as theirs:
        a, b = next(ours.decode(video=0)), next(theirs.decode(video=0))
    assert (a.width, a.height) == (b.width, b.height)
    difference = abs(a.to_ndarray(format="gray").astype(int) - b.to_ndarray(format="gray").astype(int))
    assert difference.mean() < 3  # two conversions of the same picture


def test_sample_aspect_ratio_is_stored_and_thumbnails_are_stretched(sandbox, tmp_path):
    path = numbered.make(tmp_path / "a.mp4", 3, *CLOSED, "-vf", "setsar=2/1")
    table = read(sandbox, path).table
    assert table.sample_aspect_ratio == 2
    jpeg = tmp_path / "t.jpg"
    jpeg.write_bytes(sandbox.thumbnail(path, table, 0, 128))
    with av.open(str(jpeg)) as picture:
        frame = next(picture.decode(video=0))
    assert (frame.width, frame.height) == (128, 48)


@pytest.mark.parametrize(
    ("width", "height", "options", "matrix", "full_range"),
    [
        (320, 240, [], "smpte170m", False),
        (1280, 720, [], "bt709", False),
        (320, 240, ["-colorspace", "bt709", "-color_range", "pc"], "bt709", True),
        (1280, 720, ["-colorspace", "smpte170m"], "smpte170m", False),
    ],
)
def test_colour_is_what_the_stream_says_or_what_players_assume(
    sandbox, tmp_path, width, height, options, matrix, full_range
):
    table = read(sandbox, numbered.make(tmp_path / "a.mp4", 2, *CLOSED, *options, width=width, height=height)).table
    assert (table.colour.matrix, table.colour.full_range) == (matrix, full_range)


def test_picture_types_name_key_frames_and_reordered_pictures(sandbox, tmp_path):
    table = read(sandbox, FILES["constant rate"](tmp_path)).table
    types = "".join("?IPB"[flags & TYPE_MASK] for flags in table.frame_flags)
    assert types[0] == "I"
    assert "B" in types
    assert "?" not in types


def test_progress_proves_a_growing_prefix_with_its_digests(sandbox, tmp_path):
    path = numbered.moving(tmp_path / "a.mp4", 900)
    table = sandbox.scan(path, None, Limits()).table
    *steps, verified = sandbox.verify(path, table, Limits())
    assert steps
    assert [step.proved for step in steps] == sorted(step.proved for step in steps)
    digests = b"".join(step.digests for step in steps)
    assert verified.digests.startswith(digests)
    assert len(digests) == steps[-1].proved * DIGEST_SIZE


def test_a_table_of_another_file_is_replaced_from_the_first_frame_that_differs(sandbox, tmp_path):
    path = numbered.make(tmp_path / "a.mp4", 60, *CLOSED)
    scan = sandbox.scan(path, None, Limits()).table
    wrong = FrameTable.from_bytes(scan.to_bytes())
    wrong.frame_pts[30] += 1
    *_, verified = sandbox.verify(path, wrong, Limits())
    assert verified.changed
    assert verified.same_until == 30
    assert verified.table.to_bytes() == scan.to_bytes()


def test_counts_in_the_header_are_not_believed(sandbox, tmp_path):
    path = numbered.make(tmp_path / "a.mp4", 60, *CLOSED)
    data = bytearray(path.read_bytes())
    at = data.index(b"mdhd") + 4
    struct.pack_into(">I", data, at + 16, 2**31 - 1)  # duration
    path.write_bytes(data)
    assert read(sandbox, path).table.frame_count == 60


def test_too_many_frames_says_by_how_many(sandbox, tmp_path):
    path = numbered.make(tmp_path / "a.mp4", 60, *CLOSED)
    with pytest.raises(MediaError, match="60 frames, 10 more than the limit of 50") as refused:
        sandbox.scan(path, None, Limits(max_frames=50))
    assert refused.value.code == "too_many_frames"


def test_packets_that_unpack_to_more_than_the_limit_are_refused_before_they_fill_the_disk(sandbox, tmp_path):
    path = FILES["packets compressed by Matroska"](tmp_path)
    with pytest.raises(MediaError, match="more than 10,000 bytes once they are unpacked") as refused:
        sandbox.scan(path, tmp_path / "side", Limits(max_bytes=10_000))
    assert refused.value.code == "too_large_unpacked"
    assert not list(tmp_path.glob("side*"))


def test_packets_larger_than_they_lie_in_the_file_are_still_fed(sandbox, tmp_path):
    table = read(sandbox, FILES["packets compressed by Matroska"](tmp_path)).table
    assert not [n for n, flags in enumerate(table.packet_flags) if flags & SKIP]


def test_other_containers_are_read_but_need_a_converted_copy(sandbox, tmp_path):
    path = numbered.make(tmp_path / "a.avi", 30, "-c:v", "mpeg4")
    scan = sandbox.scan(path, None, Limits())
    assert scan.needs_reencode
    assert scan.table.frame_count == 30

"""Files that are not what they say: refused with one sentence and a code, or read right; the next one is not affected."""

import random
import struct
from pathlib import Path

import pytest

from tests.e2e import numbered
from tests.media.judge import framehashes
from viewer.media.errors import MediaError
from viewer.media.frame_table import DIGEST_SIZE, UNCLEAN
from viewer.media.sandbox import Limits, Sandbox, Verified


@pytest.fixture(scope="module")
def good(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("good") / "good.mp4"
    return numbered.make(path, 60, *numbered.H264, "-g", "20", "-movflags", "+faststart", width=160, height=128)


def read(box: Sandbox, path: Path) -> Verified | MediaError:
    """The verified table, or the refusal. Whatever else happens is a failure of the test."""
    try:
        side = path.with_name("side")
        scan = box.scan(path, side, Limits())
        *_, verified = box.verify(path, scan.table, Limits())
        assert isinstance(verified, Verified)
        assert not list(path.parent.glob("side.part"))
        return verified
    except MediaError as error:
        assert error.code
        assert error.sentence.endswith((".", ")"))
        assert "\n" not in error.sentence
        return error


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("empty.mp4", b"", "empty_file"),
        ("text.mp4", b"This is no film.\n" * 100, "unreadable"),
        ("picture.mp4", b"\x89PNG\r\n\x1a\n" + bytes(2000), "unsupported_container"),
        ("concat.mp4", b"ffconcat version 1.0\nfile 'good.mp4'\n", "unsupported_container"),
        ("list.mp4", b"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n", None),
        ("self.mp4", b"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nself.mp4\n#EXT-X-ENDLIST\n", None),
        ("session.mp4", b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nm=video 5000 RTP/AVP 96\n", None),
        ("noise.mp4", random.Random(1).randbytes(50_000), "unreadable"),
    ],
)
def test_what_is_no_video_is_refused(sandbox, tmp_path, good, name, content, code):
    (tmp_path / "good.mp4").write_bytes(good.read_bytes())
    (tmp_path / name).write_bytes(content)
    refused = read(sandbox, tmp_path / name)
    assert isinstance(refused, MediaError)
    assert refused.code in ((code,) if code else ("unreadable", "unsupported_container"))


@pytest.mark.parametrize("tenth", range(1, 11))
def test_a_truncated_file_is_refused_or_its_frames_are_ffmpegs(sandbox, tmp_path, good, tenth):
    data = good.read_bytes()
    path = tmp_path / "short.mp4"
    path.write_bytes(data[: len(data) * tenth // 11])
    result = read(sandbox, path)
    if isinstance(result, Verified):
        digests = [result.digests[at : at + DIGEST_SIZE].hex() for at in range(0, len(result.digests), DIGEST_SIZE)]
        assert digests == [digest for _, digest in framehashes(path, result.table.stream)]


def test_200_mutations_are_refused_or_read_and_leave_the_sandbox_standing(sandbox, tmp_path, good):
    data, chance = good.read_bytes(), random.Random(20)
    read_right = 0
    for n in range(200):
        broken = bytearray(data)
        for _ in range(chance.choice((1, 4, 32))):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        path = tmp_path / f"{n}.mp4"
        path.write_bytes(broken)
        result = read(sandbox, path)
        read_right += isinstance(result, Verified)
        path.unlink()
    assert read_right > 20  # the mutations are small enough to matter
    assert isinstance(read(sandbox, good), Verified)


def _patched(good: Path, target: Path, box: bytes, offset: int, value: int) -> Path:
    data = bytearray(good.read_bytes())
    struct.pack_into(">I", data, data.index(box) + 4 + offset, value)
    target.write_bytes(data)
    return target


@pytest.mark.parametrize(
    ("box", "offset"), [(b"stts", 8), (b"stsz", 8), (b"mdhd", 16), (b"stsc", 4), (b"ctts", 4), (b"stco", 4)]
)
def test_forged_counts_are_refused_or_not_believed(sandbox, tmp_path, good, box, offset):
    if box not in good.read_bytes():
        pytest.skip(f"the encoder wrote no {box.decode()}")
    result = read(sandbox, _patched(good, tmp_path / "forged.mp4", box, offset, 2**31 - 1))
    if isinstance(result, Verified):
        assert result.table.frame_count <= 60


def test_a_picture_beyond_the_pixel_limit_is_refused_by_its_size(sandbox, tmp_path):
    path = tmp_path / "huge.mp4"
    numbered.make(path, 1, "-vf", "scale=16384:8192", "-c:v", "libx264", "-preset", "ultrafast", width=64, height=32)
    refused = read(sandbox, path)
    assert isinstance(refused, MediaError)
    assert refused.code == "too_large"
    assert "16384 × 8192" in refused.sentence


def test_a_file_without_video_is_refused(sandbox, tmp_path):
    numbered._ffmpeg(["-f", "lavfi", "-i", "sine=d=1"], [str(tmp_path / "sound.mp4")])
    refused = read(sandbox, tmp_path / "sound.mp4")
    assert isinstance(refused, MediaError)
    assert refused.code == "no_video"


@pytest.mark.parametrize(
    "name",
    ["<img src=x onerror=alert(1)>.mp4", "a\u202e4pm.exe.mp4", "-i.mp4", "%d.mp4", "a b'c\"d.mp4", "n" * 240 + ".mp4"],
)
def test_hostile_names_are_only_names(sandbox, tmp_path, good, name):
    path = tmp_path / name
    path.write_bytes(good.read_bytes())
    assert isinstance(read(sandbox, path), Verified)


CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "videos"


@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus of public files is not beside this checkout")
@pytest.mark.parametrize("path", sorted(CORPUS.rglob("*.*")) if CORPUS.exists() else [], ids=lambda p: p.name)
def test_public_files_are_refused_or_their_frames_are_ffmpegs(sandbox, tmp_path, path):
    try:
        scan = sandbox.scan(path, tmp_path / "side", Limits())
    except MediaError as error:
        assert error.sentence.endswith((".", ")"))
        return
    *_, verified = sandbox.verify(path, scan.table, Limits())
    wanted = framehashes(path, verified.table.stream)
    assert verified.table.frame_count == len(wanted)
    if scan.needs_reencode:
        return  # MPEG-4 part 2 leaves the rounding of its transform open; two FFmpeg versions differ
    for frame, (_, digest) in enumerate(wanted):
        if not verified.table.frame_flags[frame] & UNCLEAN:  # damage is concealed as each version likes
            at = frame * DIGEST_SIZE
            assert verified.digests[at : at + DIGEST_SIZE].hex() == digest

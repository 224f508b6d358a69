"""What the commands about single files print, and how datasets are named on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.builders import make_dataset
from tests.labelled import damage, tiny_video
from tests.leftovers import leftovers
from viewer.models import Dataset, DataUnit


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_video(tmp_path_factory.mktemp("film") / "tiny.mp4", frames=12)


def printed(capsys, *arguments: object) -> str:
    call_command(*arguments)
    return capsys.readouterr().out


def test_frames_lists_every_frame_with_its_digest(film, capsys):
    report = json.loads(printed(capsys, "frames", film, "--json"))
    assert (report["frame_count"], report["verified"], report["width"]) == (12, True, 160)
    assert [frame["pts"] for frame in report["frames"]] == [3000 * n + 700 * (n % 3) for n in range(12)]
    assert len({frame["digest"] for frame in report["frames"]}) == 12
    lines = printed(capsys, "frames", film).splitlines()
    assert lines[0] == "12 frames, verified"
    assert lines[-1].split() == ["11", "34400", "0.382222", report["frames"][11]["digest"]]


def test_without_a_decode_frames_names_no_digest(film, capsys):
    report = json.loads(printed(capsys, "frames", film, "--fast", "--json"))
    assert (report["frame_count"], report["verified"]) == (12, False)
    assert {frame["digest"] for frame in report["frames"]} == {None}


def test_inspect_says_what_the_file_is(film, capsys):
    report = json.loads(printed(capsys, "inspect", film, "--json"))
    assert (report["verified"], report["frame_count"], report["issues"]) == (True, 12, [])
    assert report["gop"] == {"max": 12, "mean": 12.0}
    assert report["bitrate"]["peak_1s"] > 0
    assert "frame_count: 12" in printed(capsys, "inspect", film).splitlines()


def test_inspect_names_damaged_frames(tmp_path, capsys):
    film = tiny_video(tmp_path / "film.mp4")
    damage(film, 8)
    (issue,) = json.loads(printed(capsys, "inspect", film, "--json"))["issues"]
    assert (issue["code"], issue["level"]) == ("corrupt_frames", "warning")
    assert issue["evidence"]["count"] == len(issue["evidence"]["frames"]) > 0
    assert "corrupt_frames" in printed(capsys, "inspect", film)


@pytest.mark.parametrize("command", ["frames", "inspect"])
def test_a_file_that_cannot_be_read_is_a_sentence_and_exit_status_2(command, tmp_path, capsys):
    (tmp_path / "text.mp4").write_text("This is no film.\n" * 100)
    for path in (tmp_path / "none.mp4", tmp_path / "text.mp4"):
        with pytest.raises(SystemExit) as end:
            call_command(command, path)
        said = capsys.readouterr()
        assert (end.value.code, said.out) == (2, "")
        assert said.err.strip().endswith(".")


HOSTILE = {
    "<img src=x onerror=alert(1)>.mp4": "<img src=x onerror=alert(1)>.mp4",
    "gpj\u202e4pm.mp4": "gpj4pm.mp4",
    "a\nb\x1b[31m.mp4": "ab[31m.mp4",
    "-rf.mp4": "-rf.mp4",
    "..mp4": "mp4",
    "n" * 250 + ".mp4": "n" * 250 + ".mp4",  # no file system takes 300
}


@pytest.mark.django_db(transaction=True)
def test_files_with_hostile_names_are_taken_in_under_plain_titles(film, tmp_path, capsys):
    for name in HOSTILE:
        (tmp_path / name).write_bytes(film.read_bytes())
    (tmp_path / "bad\x1b[2J\n.mp4").write_text("This is no film.")
    with pytest.raises(SystemExit):
        call_command("ingest", "Films", *sorted(map(str, tmp_path.glob("*mp4"))))
    said = capsys.readouterr()
    assert {line.split("\t")[1:3] == ["ready", "12 frames"] for line in said.out.splitlines()} == {True}
    assert sorted(line.split("\t")[3] for line in said.out.splitlines()) == sorted(HOSTILE.values())
    assert [line.split(": ")[0] for line in said.err.splitlines()] == [f"{tmp_path}/bad[2J.mp4"]
    assert sorted(DataUnit.objects.values_list("title", flat=True)) == sorted(HOSTILE.values())
    assert leftovers() == set()


@pytest.mark.django_db
def test_a_dataset_is_named_by_its_title_before_its_id():
    first = make_dataset("Street")
    second = make_dataset(str(first.pk))
    assert Dataset.objects.named("Street") == first
    assert Dataset.objects.named(str(first.pk)) == second
    assert Dataset.objects.named(str(second.pk)) == second
    assert Dataset.objects.named("Stree") is None
    assert Dataset.objects.named("9" * 40) is None
    with pytest.raises(CommandError, match="no dataset “Nowhere”"):
        call_command("verify", dataset="Nowhere")

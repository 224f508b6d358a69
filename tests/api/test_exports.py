import json
import sqlite3
import subprocess
import sys
from collections import Counter
from pathlib import Path

import av
import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client

from tests.asgi_client import ask
from tests.builders import cookie
from tests.labelled import body, change, labelled, labelled_video, new_id
from viewer.actions import read_labels
from viewer.actions.export_labels import FORMATS, export_labels
from viewer.actions.save_changes import save_changes
from viewer.media.frame_table import UNCLEAN
from viewer.models import DataUnit, LabelRecord, LabelRow

CHECK = Path(__file__).parent.parent.parent / "tools" / "check_export.py"


def draw(on, *frames, outside=None):
    """A track with keyframes at x = frame; outside from `outside` on."""
    track = on.track(new_id())
    records = [on.keyframe(track["id"], frame, x=frame) for frame in frames]
    if outside is not None:
        records.append(on.range(track["id"], outside, None))
    save_changes(on.row, on.user, body(change(track, *records)))
    return track["id"]


def get(on, url):
    client = Client()
    client.force_login(on.user, backend="django.contrib.auth.backends.ModelBackend")
    return client.get(url)


def exported(on, query="", of=None):
    answer = get(on, (of or f"/api/data-units/{on.unit.pk}/export") + query)
    assert answer.status_code == 200
    return json.loads(answer.getvalue())


@pytest.mark.django_db
def test_an_export_says_of_which_file_and_frames_it_is():
    on = labelled()
    draw(on, 4)
    export = exported(on)
    assert (export["format"], export["version"], export["frames"]) == ("onframe", 1, "keyframes")
    assert [item["name"] for item in export["classes"]] == ["car", "person"]
    (unit,) = export["data_units"]
    assert (unit["title"], unit["sha256"], unit["size"], unit["revision"]) == ("clip.mp4", on.unit.file_id, 50_000, 1)
    assert unit["video"] == {
        "stream": 0, "codec": "h264", "pixel_format": "yuv420p", "frame_count": 50, "time_base": [1, 12800],
        "width": 320, "height": 240, "rotation": 0, "sample_aspect_ratio": [1, 1],
    }  # fmt: skip
    assert unit["table"]["libraries"] == {"libavcodec": "62.11.100"}


@pytest.mark.django_db
def test_a_keyframe_is_exported_with_its_frame_and_its_proof():
    on = labelled()
    track_id = draw(on, 4)
    (track,) = exported(on)["data_units"][0]["tracks"]
    assert (track["id"], track["class"], track["number"], track["outside"]) == (track_id, 1, 1, [])
    assert track["frames"] == [
        {
            "frame": 4, "pts": 2048, "seconds": 0.16, "packet": 3, "digest": on.receipt(4)["digest"],
            "proof": "browser_digest", "proved": True, "keyframe": True, "interpolation": "linear", "occluded": False,
            "shape": {"type": "box", "x": 4, "y": 2.5, "width": 30, "height": 40},
            "normalised": {"x": 4 / 320, "y": 2.5 / 240, "width": 30 / 320, "height": 40 / 240},
        }
    ]  # fmt: skip


@pytest.mark.django_db
def test_all_frames_are_exported_on_request_but_for_those_that_cannot_be_labelled():
    on = labelled()
    on.table.frame_flags[6] = UNCLEAN
    on.unit.table.frames_path.write_bytes(on.table.to_bytes())
    draw(on, 4, 8, outside=12)
    (track,) = exported(on, "?frames=all")["data_units"][0]["tracks"]
    assert [(f["frame"], f["shape"]["x"], f["keyframe"]) for f in track["frames"]] == [
        (4, 4, True), (5, 5, False), (7, 7, False), (8, 8, True), (9, 8, False), (10, 8, False), (11, 8, False),
    ]  # fmt: skip
    assert {f["digest"] for f in track["frames"]} == {on.receipt(n)["digest"] for n in (4, 5, 7, 8, 9, 10, 11)}
    assert [f["proof"] for f in track["frames"][:2]] == ["browser_digest", None]


@pytest.mark.django_db
def test_a_keyframe_that_an_outside_range_hides_is_not_exported():
    on = labelled()
    draw(on, 4, 20, outside=10)
    (track,) = exported(on)["data_units"][0]["tracks"]
    assert [f["frame"] for f in track["frames"]] == [4]
    assert track["outside"] == [{"first": 10, "last": None}]


@pytest.mark.django_db
def test_a_keyframe_whose_frame_is_another_picture_now_is_exported_as_not_proved():
    on = labelled()
    draw(on, 4)
    path = on.unit.table.digests_path
    path.write_bytes(b"\1" * len(path.read_bytes()))
    (label,) = exported(on)["data_units"][0]["tracks"][0]["frames"]
    assert (label["proved"], label["digest"]) == (False, on.receipt(4)["digest"])


@pytest.mark.django_db
def test_a_turned_video_is_exported_with_the_size_of_its_turned_picture():
    on = labelled()
    object.__setattr__(on.table, "rotation", 90)
    on.unit.table.frames_path.write_bytes(on.table.to_bytes())
    draw(on, 4)
    (unit,) = exported(on)["data_units"]
    assert (unit["video"]["width"], unit["video"]["height"], unit["video"]["rotation"]) == (240, 320, 90)
    assert unit["tracks"][0]["frames"][0]["normalised"]["x"] == 4 / 240


@pytest.mark.django_db
def test_a_dataset_is_exported_with_all_its_data_units():
    on = labelled()
    draw(on, 4)
    draw(on, 5)
    DataUnit.objects.create(dataset=on.unit.dataset, title="not read yet.mp4", file=on.unit.file)
    export = exported(on, of=f"/api/datasets/{on.unit.dataset_id}/export")
    assert [(unit["title"], len(unit["tracks"])) for unit in export["data_units"]] == [
        ("clip.mp4", 2),
        ("not read yet.mp4", 0),
    ]
    assert export["data_units"][1]["table"] is None


@pytest.mark.django_db
def test_coco_has_an_image_for_every_labelled_frame_and_names_its_digest():
    on = labelled()
    on.unit.title = "../odd/name.mp4"
    on.unit.save()
    first, second = draw(on, 4, 6, outside=8), draw(on, 6, outside=7)
    coco = exported(on, "?format=coco&frames=all", of=f"/api/datasets/{on.unit.dataset_id}/export")
    assert [(c["id"], c["name"]) for c in coco["categories"]] == [(1, "car"), (2, "person")]
    images = {image["id"]: image for image in coco["images"]}
    assert [image["frame"] for image in images.values()] == [4, 5, 6, 7]
    assert images[coco["images"][0]["id"]]["file_name"] == "_odd_name.mp4/frame_000004.png"
    labels = sorted(coco["annotations"], key=lambda a: (a["track_id"] != first, a["image_id"]))
    assert [(a["track_id"], images[a["image_id"]]["frame"]) for a in labels] == [
        (first, 4), (first, 5), (first, 6), (first, 7), (second, 6),
    ]  # fmt: skip
    assert len({a["id"] for a in labels}) == 5
    assert (labels[0]["bbox"], labels[0]["area"]) == ([4, 2.5, 30, 40], 1200)
    attributes = labels[1]["attributes"]
    assert (attributes["frame"], attributes["pts"], attributes["digest"]) == (5, 2560, on.receipt(5)["digest"])


@pytest.mark.django_db
@pytest.mark.parametrize("query", ["?format=xml", "?frames=some", "?format=JSON"])
def test_other_formats_are_refused_in_words(query):
    on = labelled()
    answer = get(on, f"/api/data-units/{on.unit.pk}/export{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("", "clip.mp4.labels.json"),
        ("?frames=all", "clip.mp4.labels.every-frame.json"),
        ("?format=coco", "clip.mp4.coco.json"),
        ("?format=coco&frames=all", "clip.mp4.coco.every-frame.json"),
    ],
)
def test_the_file_is_named_after_what_is_in_it(query, name):
    on = labelled()
    answer = get(on, f"/api/data-units/{on.unit.pk}/export{query}")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'


@pytest.mark.django_db(transaction=True)
async def test_an_export_is_streamed_in_parts_that_do_not_grow():
    from asgiref.sync import sync_to_async

    from viewer.asgi import application

    def arrange():
        on = labelled()
        draw(on, *range(50))
        template = LabelRecord.objects.get(kind="track")
        records = []
        for n in range(300):  # 300 tracks held over 50 frames
            id = new_id()
            records += [
                LabelRecord(label_row=on.row, record=id, kind="track", revision=1, value=template.value, track=id),
                LabelRecord(
                    label_row=on.row, record=new_id(), kind="keyframe", revision=1, track=id, frame=0,
                    value=json.dumps(on.keyframe(id, 0, x=n)["value"]),
                ),
            ]  # fmt: skip
        LabelRecord.objects.bulk_create(records)
        return on, cookie(on.user)

    on, header = await sync_to_async(arrange)()
    answer = await ask(application, f"/api/data-units/{on.unit.pk}/export?frames=all", header)
    assert answer.status == 200
    assert "content-length" not in answer.headers
    tracks = json.loads(answer.body)["data_units"][0]["tracks"]
    assert (len(tracks), sum(len(track["frames"]) for track in tracks)) == (301, 301 * 50)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("format", FORMATS)
def test_what_is_saved_while_a_slow_client_reads_is_wholly_in_the_export_or_not_at_all(format):
    first, second = labelled(content=b"one"), labelled(content=b"two")
    DataUnit.objects.filter(pk=second.unit.pk).update(dataset=first.unit.dataset)
    LabelRow.objects.filter(pk=second.row.pk).update(ontology=first.row.ontology)
    draw(first, 4)
    draw(second, 4)
    units = DataUnit.objects.filter(dataset=first.unit.dataset).order_by("pk").select_related("file").one_by_one()
    chunks = export_labels(first.unit.dataset, units, format=format, frames="keyframes")
    export = b""
    while first.unit.file_id.encode() not in export and b'"track_id"' not in export:
        export += next(chunks)
    draw(first, 5)
    draw(second, 5)
    # Nothing of the database is kept for the client: all that was written can leave the log.
    with sqlite3.connect(connection.settings_dict["NAME"]) as other:
        assert other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
    other.close()
    read = json.loads(export + b"".join(chunks))
    if format == "coco":
        videos = {image["id"]: image["video"] for image in read["images"]}
        labels = Counter(videos[each["image_id"]] for each in read["annotations"])
        assert labels == {first.unit.file_id: 1, second.unit.file_id: 2}
    else:
        assert [(unit["revision"], len(unit["tracks"])) for unit in read["data_units"]] == [(1, 1), (2, 2)]


@pytest.mark.django_db
def test_labels_that_do_not_fit_into_memory_are_exported_all_the_same(monkeypatch, data_dir):
    monkeypatch.setattr(read_labels, "_IN_MEMORY", 100)
    on = labelled()
    drawn = [draw(on, 4, 8), draw(on, 6)]
    exported_tracks = exported(on)["data_units"][0]["tracks"]
    assert {track["id"]: len(track["frames"]) for track in exported_tracks} == dict(zip(drawn, (2, 1), strict=True))
    assert {path.name for path in data_dir.iterdir()} == {"files", "derived"}


@pytest.mark.django_db
def test_labels_of_a_real_video_are_proved_by_a_fresh_decode_and_by_the_script(tmp_path, capsys):
    on = labelled_video(tmp_path)
    draw(on, 0, 7, 22, outside=30)
    call_command("verify", dataset=on.unit.dataset.title)
    assert "4 labels: 4 proved, 0 not" in capsys.readouterr().out

    export = tmp_path / "export.json"
    export.write_bytes(get(on, f"/api/data-units/{on.unit.pk}/export?frames=all").getvalue())
    video = tmp_path / "tiny.mp4"
    done = subprocess.run([sys.executable, CHECK, export, video], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "30 of 30 labels are on their frame.\n")

    moved = json.loads(export.read_text())
    moved["data_units"][0]["tracks"][0]["frames"][5]["frame"] += 1
    export.write_text(json.dumps(moved))
    done = subprocess.run([sys.executable, CHECK, export, video], capture_output=True, text=True)
    assert done.returncode == 1
    assert "29 of 30" in done.stdout


@pytest.mark.django_db
def test_labels_behind_damage_are_proved_by_the_script_too(tmp_path):
    on = labelled_video(tmp_path, damaged_packet=8)
    with av.open(str(tmp_path / "tiny.mp4")) as video, pytest.raises(av.error.InvalidDataError):
        list(video.decode(video=0))  # a plain loop ends here
    last = on.unit.table.frame_count - 1
    assert last < 39
    draw(on, 0, last)
    export = tmp_path / "export.json"
    export.write_bytes(get(on, f"/api/data-units/{on.unit.pk}/export").getvalue())
    done = subprocess.run([sys.executable, CHECK, export, tmp_path / "tiny.mp4"], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "2 of 2 labels are on their frame.\n")


@pytest.mark.django_db
def test_labels_that_are_not_on_their_frame_are_named_with_the_reason(tmp_path, capsys):
    on = labelled_video(tmp_path)
    draw(on, 3)
    keyframe = LabelRecord.objects.get(kind="keyframe")
    value = json.loads(keyframe.value)
    value["receipt"]["digest"] = on.receipt(4)["digest"]
    keyframe.value = json.dumps(value)
    keyframe.save(update_fields=["value"])
    with pytest.raises(SystemExit) as end:
        call_command("verify", json=True)
    assert end.value.code == 1
    report = json.loads(capsys.readouterr().out)
    (label,) = report["data_units"][0]["labels"]
    assert (report["failed"], label["proved"], label["frame"]) == (1, False, 3)
    assert "The picture of frame 3 has the digest" in label["reason"]


@pytest.mark.django_db
def test_a_file_that_was_replaced_under_its_labels_proves_nothing(tmp_path, capsys):
    on = labelled_video(tmp_path)
    draw(on, 3)
    on.unit.file.path.write_bytes(b"something else")
    with pytest.raises(SystemExit):
        call_command("verify")
    assert "its SHA-256 is another" in capsys.readouterr().out

"""COCO's object detection format. Frames are its images: `<title>/frame_000123.png`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import orjson

from viewer.labels.formats.source import ExportedUnit, proof_of, shown_on

_UNSAFE = re.compile(r"[\x00-\x1f<>:\"/\\|?*]+")


def write(
    head: Mapping[str, Any],
    classes: Sequence[Mapping[str, Any]],
    units: Iterable[ExportedUnit],
    *,
    every_frame: bool,
) -> Iterator[bytes]:
    """Annotations come before images: which frames have labels is known only after them."""
    categories = {item["id"]: number for number, item in enumerate(classes, 1)}
    about = [{"id": number, "name": item["name"], "supercategory": ""} for number, item in enumerate(classes, 1)]
    # One image id a frame, in order: those of a unit begin after those of the units before it.
    labelled: list[tuple[int, ExportedUnit, bytearray]] = []
    yield orjson.dumps({"info": dict(head), "licenses": [], "categories": about})[:-1] + b',"annotations":['
    first_image, number, to_review = 1, 0, 0
    for unit in units:
        to_review += unit.about["to_review"]
        frames = unit.frames
        has_label = bytearray(frames.frame_count if frames else 0)
        for track in unit.tracks:
            category = categories.get(track.class_id)
            if category is None:  # of a class that was taken out of the ontology
                category = categories[track.class_id] = len(categories) + 1
            for shown in shown_on(unit, track, every_frame=every_frame):
                assert frames is not None
                digest, proof, proved = proof_of(unit, shown)
                x, y, width, height = shown.shape.bounds()
                has_label[shown.frame] = 1
                number += 1
                annotation = {
                    "id": number,
                    "image_id": first_image + shown.frame,
                    "category_id": category,
                    "bbox": [x, y, width, height],
                    "area": width * height,
                    "segmentation": [],
                    "iscrowd": 0,
                    "track_id": track.id,
                    "attributes": {
                        "track_id": track.id,
                        "number": track.number,
                        "frame": shown.frame,
                        "pts": frames.pts(shown.frame),
                        "digest": digest,
                        "proof": proof,
                        "proved": proved,
                        "keyframe": shown.keyframe is not None,
                        "occluded": shown.occluded,
                    },
                }
                yield (b"," if number > 1 else b"") + orjson.dumps(annotation)
        labelled.append((first_image, unit, has_label))
        first_image += len(has_label)
    yield b'],"images":['
    comma = b""
    for first, unit, has_label in labelled:
        for frame in (frame for frame, has in enumerate(has_label) if has):
            yield comma + orjson.dumps(_image(first + frame, unit, frame))
            comma = b","
    yield b'],"to_review":%d}' % to_review


def _image(id: int, unit: ExportedUnit, frame: int) -> dict[str, Any]:
    assert unit.frames is not None
    folder = _UNSAFE.sub("_", unit.title).strip(" .") or "video"
    return {
        "id": id,
        "file_name": f"{folder}/frame_{frame:06d}.png",
        "width": unit.width,
        "height": unit.height,
        "video": unit.about["sha256"],
        "frame": frame,
        "pts": unit.frames.pts(frame),
        "seconds": unit.frames.seconds(frame),
    }

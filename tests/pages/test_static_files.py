"""The scripts and styles of the pages, as a browser gets them."""

import gzip

import pytest
from django.conf import settings
from django.test import Client

URL = settings.STATIC_URL + "editor/main.js"
SOURCE = (settings.BASE_DIR / "static" / "editor" / "main.js").read_bytes()


def test_scripts_come_compressed_to_who_takes_that(client: Client) -> None:
    response = client.get(URL, headers={"Accept-Encoding": "gzip, deflate, br"})
    assert response["Content-Encoding"] == "gzip"
    assert gzip.decompress(response.content) == SOURCE
    assert int(response["Content-Length"]) == len(response.content) < len(SOURCE) / 2
    assert response["Content-Type"].startswith("text/javascript")


@pytest.mark.parametrize("accepts", ["", "br", "gzip;q=0", "identity"])
def test_scripts_come_as_they_are_to_who_does_not(client: Client, accepts: str) -> None:
    response = client.get(URL, headers={"Accept-Encoding": accepts})
    assert response.content == SOURCE
    assert "Content-Encoding" not in response


@pytest.mark.parametrize("accepts", ["", "gzip"])
def test_caches_keep_the_two_apart_and_both_for_ever(client: Client, accepts: str) -> None:
    response = client.get(URL, headers={"Accept-Encoding": accepts})
    assert "Accept-Encoding" in response["Vary"]
    assert "immutable" in response["Cache-Control"]


def test_a_part_of_a_file_is_a_part_of_its_own_bytes(client: Client) -> None:
    response = client.get(URL, headers={"Accept-Encoding": "gzip", "Range": "bytes=0-9"})
    assert (response.status_code, response.content) == (206, SOURCE[:10])


def test_what_has_not_changed_is_not_sent_again(client: Client) -> None:
    first = client.get(URL, headers={"Accept-Encoding": "gzip"})
    again = client.get(URL, headers={"Accept-Encoding": "gzip", "If-Modified-Since": first["Last-Modified"]})
    assert (again.status_code, again.content) == (304, b"")

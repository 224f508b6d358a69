"""The socket: who hears what, in which order, and what was missed."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone

from tests.asgi_client import Socket
from tests.builders import cookie, make_data_unit, make_dataset, make_user
from viewer.actions.sweep import sweep_events
from viewer.actions.tell import newest_event, tell
from viewer.asgi import application
from viewer.live import consumers
from viewer.live.tail import tail
from viewer.models import DatasetMember, Event

pytestmark = pytest.mark.django_db(transaction=True)

ORIGIN = (b"origin", b"http://127.0.0.1:8000")
asked = sync_to_async


@pytest.fixture
def dataset(ada):
    return make_dataset(annotator=ada)


@pytest.fixture(autouse=True)
async def stop_tail():
    yield
    tail._listeners.clear()  # of sockets that were closed by the server and left so
    tail.stop()


async def page(user, *topics: str) -> Socket:
    """The socket of a page that shows `topics`."""
    socket = Socket(application, ORIGIN, await asked(cookie)(user))
    assert await socket.open() is None
    if topics:
        await socket.say({"subscribe": list(topics)})
        assert (await socket.hear())["subscribed"] == list(topics)
    return socket


async def test_a_page_hears_what_happens_in_the_order_in_which_it_happened(ada, dataset):
    socket = await page(ada)
    topic = f"dataset:{dataset.pk}"
    await socket.say({"subscribe": [topic], "after": None})
    answer = await socket.hear()
    assert answer["subscribed"] == [topic]
    assert answer["refused"] == []
    for number in range(30):
        await asked(tell)(topic, "data_unit.changed", {"number": number})
    heard = [await socket.hear() for _ in range(30)]
    assert [event["data"]["number"] for event in heard] == list(range(30))
    assert [event["id"] for event in heard] == sorted(event["id"] for event in heard)
    assert heard[0].keys() == {"id", "topic", "type", "data"}
    await socket.close()


async def test_an_event_of_this_process_arrives_at_once(ada, dataset):
    socket = await page(ada, f"dataset:{dataset.pk}")
    began = asyncio.get_running_loop().time()
    await asked(tell)(f"dataset:{dataset.pk}", "x", {})
    await socket.hear()
    assert asyncio.get_running_loop().time() - began < 0.3
    await socket.close()


async def test_an_event_of_another_process_arrives_at_the_next_look(ada, dataset):
    socket = await page(ada, f"dataset:{dataset.pk}")
    await asked(Event.objects.create)(topic=f"dataset:{dataset.pk}", type="x", data={"from": "elsewhere"})
    assert (await socket.hear())["data"] == {"from": "elsewhere"}
    await socket.close()


async def test_what_is_rolled_back_is_never_told(ada, dataset):
    socket = await page(ada, f"dataset:{dataset.pk}")

    def fail() -> None:
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            tell(f"dataset:{dataset.pk}", "x", {})
            raise ZeroDivisionError

    await asked(fail)()
    assert await socket.silent()
    await socket.close()


async def test_a_page_that_was_away_gets_what_it_missed_and_then_what_comes(ada, dataset):
    topic = f"dataset:{dataset.pk}"
    for number in range(1200):  # more than one query's worth
        await asked(tell)(topic, "x", {"number": number})
        if number == 99:
            after = await asked(newest_event)()
    await asked(tell)("dataset:999", "x", {"number": "not for you"})
    socket = await page(ada)
    await socket.say({"subscribe": [topic], "after": after})
    assert "subscribed" in await socket.hear()
    await asked(tell)(topic, "x", {"number": 1200})
    heard = [(await socket.hear())["data"]["number"] for _ in range(1101)]
    assert heard == list(range(100, 1201))
    assert await socket.silent()
    await socket.close()


async def test_subscribing_again_with_what_one_has_repeats_nothing(ada, dataset):
    topic = f"dataset:{dataset.pk}"
    socket = await page(ada, topic)
    await asked(tell)(topic, "x", {"number": 1})
    first = await socket.hear()
    await socket.say({"subscribe": [topic], "after": first["id"]})
    assert "subscribed" in await socket.hear()
    await asked(tell)(topic, "x", {"number": 2})
    assert (await socket.hear())["data"] == {"number": 2}
    assert await socket.silent()
    await socket.close()


async def test_a_page_that_was_away_for_too_long_is_told_to_reload(ada, dataset):
    topic = f"dataset:{dataset.pk}"
    for number in range(20):
        await asked(tell)(topic, "x", {"number": number})
    first = await asked(lambda: Event.objects.order_by("id").first().pk)()
    await asked(sweep_events)(kept=5, kept_for=timedelta(hours=1))
    newest = await asked(newest_event)()
    for after, reloads in ((first, True), (newest - 5, False), (newest - 6, True), (newest + 7, True)):
        socket = await page(ada)
        await socket.say({"subscribe": [topic], "after": after})
        await socket.hear()
        message = await socket.hear()
        assert (message == {"type": "reload"}) == reloads, after
        await socket.close()


async def test_the_newest_event_outlives_its_hour_so_that_the_count_goes_on(ada, dataset):
    for _ in range(3):
        await asked(tell)(f"dataset:{dataset.pk}", "x", {})
    newest = await asked(newest_event)()
    await asked(Event.objects.update)(created_at=timezone.now() - timedelta(hours=2))
    await asked(sweep_events)()
    assert await asked(lambda: list(Event.objects.values_list("pk", flat=True)))() == [newest]


async def test_topics_that_one_may_not_see_are_refused_and_stay_silent(ada, dataset):
    other = await asked(make_dataset)("Secret")
    unit = await asked(make_data_unit)(other, b"secret")
    label_row = await asked(lambda: unit.label_rows.first().pk)()
    bob = await asked(make_user)("bob")
    refused = [
        f"dataset:{other.pk}",
        f"data_unit:{unit.pk}",
        f"label_row:{label_row}",
        f"user:{bob.pk}",
        "dataset:9999",
    ]
    socket = await page(ada)
    await socket.say({"subscribe": [*refused, f"dataset:{dataset.pk}", f"user:{ada.pk}"]})
    answer = await socket.hear()
    assert answer["subscribed"] == [f"dataset:{dataset.pk}", f"user:{ada.pk}"]
    assert answer["refused"] == refused
    for topic in refused:
        await asked(tell)(topic, "x", {})
    assert await socket.silent()
    await socket.close()


async def test_a_member_hears_data_units_and_label_rows_of_the_dataset(ada, dataset):
    unit = await asked(make_data_unit)(dataset, b"film")
    label_row = await asked(lambda: unit.label_rows.first().pk)()
    socket = await page(ada)
    topics = [f"data_unit:{unit.pk}", f"label_row:{label_row}"]
    await socket.say({"subscribe": topics})
    assert (await socket.hear())["subscribed"] == topics
    await asked(tell)(topics[1], "labels.changed", {"revision": 1})
    assert (await socket.hear())["type"] == "labels.changed"
    await socket.close()


async def test_unsubscribed_topics_fall_silent(ada, dataset):
    topic = f"dataset:{dataset.pk}"
    socket = await page(ada, topic)
    await socket.say({"unsubscribe": [topic]})
    await socket.hear()
    await asked(tell)(topic, "x", {})
    assert await socket.silent()
    await socket.close()


async def test_who_is_taken_out_of_a_dataset_is_told_and_hears_no_more(ada, dataset):
    topic = f"dataset:{dataset.pk}"
    socket = await page(ada, topic)

    def take_out() -> None:
        with transaction.atomic():
            DatasetMember.objects.all().delete()
            tell(f"user:{ada.pk}", "access.changed", {})
            tell(topic, "x", {"secret": True})

    await asked(take_out)()
    assert (await socket.hear())["refused"] == [topic]
    assert await socket.silent()
    await socket.close()


async def test_a_lost_membership_is_noticed_even_if_nobody_tells(ada, dataset, monkeypatch):
    monkeypatch.setattr(consumers, "CHECK_SECONDS", 0.2)
    topic = f"dataset:{dataset.pk}"
    socket = await page(ada, topic)
    await asked(DatasetMember.objects.all().delete)()
    assert (await socket.hear())["refused"] == [topic]
    await socket.close()


@pytest.mark.parametrize("end", ["session", "person"])
async def test_a_session_that_ends_closes_the_socket(ada, dataset, monkeypatch, end):
    monkeypatch.setattr(consumers, "CHECK_SECONDS", 0.2)
    socket = await page(ada)
    if end == "session":
        await asked(Session.objects.all().delete)()
    else:
        ada.is_active = False
        await asked(ada.save)()
    assert await socket.hear() == ("closed", 4401)


@pytest.mark.parametrize(
    "origin",
    [
        None,
        b"null",
        b"http://evil.example",
        b"http://127.0.0.1:8000.evil.example",
        b"http://127.0.0.1:8001",
        b"https://127.0.0.1:8000",
        b"http://127.0.0.1:bad",
        b"",
    ],
)
async def test_pages_of_other_origins_are_turned_away_before_they_are_heard(ada, origin):
    headers = [] if origin is None else [(b"origin", origin)]
    socket = Socket(application, *headers, await asked(cookie)(ada))
    assert await socket.open() is not None


async def test_the_usual_port_may_be_left_out(ada, settings):
    settings.ALLOWED_ORIGINS = ["https://label.example.org:443", "http://localhost:80"]
    own = await asked(cookie)(ada)
    for origin in (b"https://label.example.org", b"http://localhost", b"HTTPS://Label.Example.org"):
        assert await Socket(application, (b"origin", origin), own).open() is None
    assert await Socket(application, (b"origin", b"http://label.example.org"), own).open() is not None


async def test_who_is_not_signed_in_is_told_so_by_the_close_code():
    socket = Socket(application, ORIGIN)
    await socket.open()
    assert await socket.hear() == ("closed", 4401)


async def test_other_paths_have_no_socket(ada):
    assert await Socket(application, ORIGIN, await asked(cookie)(ada), path="/ws/other/").open() is not None


@pytest.mark.parametrize(
    "message",
    [
        "no json",
        "[]",
        "{}",
        '{"subscribe": "dataset:1"}',
        '{"subscribe": [1]}',
        '{"subscribe": ["dataset:x"]}',
        '{"subscribe": ["dataset:01"]}',
        '{"subscribe": ["dataset:99999999999999999999"]}',
        '{"subscribe": ["__proto__:1"]}',
        '{"subscribe": [], "after": "1"}',
        '{"subscribe": [], "after": -1}',
        '{"subscribe": [], "after": true}',
        '{"subscribe": [], "after": 1e400}',
    ],
)
async def test_a_message_that_makes_no_sense_is_answered_and_the_socket_goes_on(ada, dataset, message):
    socket = await page(ada)
    await socket.say(message)
    answer = await socket.hear()
    assert (answer["type"], answer["code"]) == ("error", "bad_message")
    await socket.say({"subscribe": [f"dataset:{dataset.pk}"]})
    assert (await socket.hear())["subscribed"] == [f"dataset:{dataset.pk}"]
    await socket.close()


async def test_a_flood_of_messages_closes_the_socket(ada):
    socket = await page(ada)
    for _ in range(101):
        await socket.say("flood")
    heard = [await socket.hear() for _ in range(101)]
    assert heard[-1] == ("closed", 4429)


async def test_a_page_that_reads_too_slowly_is_told_to_reload(ada, dataset, monkeypatch):
    monkeypatch.setattr(consumers, "MAX_WAITING", 10)
    topic = f"dataset:{dataset.pk}"
    socket = await page(ada, topic)

    def many() -> None:
        with transaction.atomic():
            for number in range(50):
                tell(topic, "x", {"number": number})

    await asked(many)()
    heard = [await socket.hear()]
    while heard[-1].get("data") != {"number": 49}:
        heard.append(await socket.hear())
    assert {"type": "reload"} in heard
    assert len(heard) < 15
    await socket.close()


async def test_nothing_looks_for_events_while_nobody_listens(ada):
    socket = await page(ada)
    assert tail._task is not None
    await socket.close()
    assert tail._task is None

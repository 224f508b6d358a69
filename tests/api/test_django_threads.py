"""Django behind ASGI: one thread a request, kept with its connection for the next."""

import asyncio
import threading

import pytest
from django.db import connection, connections
from django.http import HttpResponse
from django.urls import path

from tests.asgi_client import ask
from viewer.live.django_threads import IDLE, DjangoInThreads

pytestmark = pytest.mark.django_db(transaction=True)

together: threading.Barrier


def where(request) -> HttpResponse:
    """The thread that the view runs in, and its connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse(f"{threading.current_thread().name} {id(connection.connection)}")


def meet(request) -> HttpResponse:
    together.wait(10)
    return where(request)


urlpatterns = [path("where", where), path("meet", meet)]


@pytest.fixture
def app(settings):
    settings.ROOT_URLCONF = __name__
    app = DjangoInThreads()
    yield app
    for thread in app._idle:
        thread.submit(connections.close_all).result(10)
        thread.shutdown()


def test_a_request_finds_the_thread_and_the_connection_of_the_one_before(app):
    async def answers():
        return [(await ask(app, "/where")).body for _ in range(5)]

    assert len(set(asyncio.run(answers()))) == 1


def test_requests_at_the_same_time_do_not_wait_for_each_other(app):
    global together
    together = threading.Barrier(IDLE + 2)  # nobody is answered before all are being worked on

    async def answers():
        return await asyncio.gather(*(ask(app, "/meet") for _ in range(IDLE + 2)))

    answers = asyncio.run(answers())
    assert [answer.status for answer in answers] == [200] * (IDLE + 2)
    assert len({answer.body for answer in answers}) == IDLE + 2
    assert len(app._idle) == IDLE

"""The socket `/ws/`: a page says what it shows, and is told what changes there (docs/architecture.md)."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import time
from collections import deque

import orjson
from channels.generic.websocket import AsyncWebsocketConsumer

from viewer.live.identity import user_of
from viewer.live.tail import AT_ONCE, Message, events_after, still_kept, tail
from viewer.live.threads import in_database_thread
from viewer.models import Dataset, DataUnit, LabelRow, User

TOPIC = re.compile(r"(dataset|data_unit|label_row|user):([1-9][0-9]{0,17})")
MAX_TOPICS = 1000
MAX_MESSAGES, MESSAGES_SECONDS = 100, 10
MAX_WAITING = 2000  # events; a page that reads slower than that reloads
CHECK_SECONDS = 20  # how long a page may go on hearing of what it may no longer see

SIGNED_OUT, TOO_MANY, FAILED = 4401, 4429, 1011  # close codes
ACCESS_CHANGED = "access.changed"  # told to `user:<id>` when what they may see has changed

log = logging.getLogger("onframe.live")


def heard_topics(user: User, topics: list[str]) -> list[str]:
    """Those of `topics` that `user` may hear, in the order they were asked for. Asks the database."""
    ids: dict[str, set[int]] = {"dataset": set(), "data_unit": set(), "label_row": set(), "user": set()}
    for topic in topics:
        kind, number = TOPIC.fullmatch(topic).groups()  # type: ignore[union-attr]
        ids[kind].add(int(number))
    may = {"user": ids["user"] & {user.pk}}
    visible = {"dataset": Dataset.objects.visible_to(user), "data_unit": DataUnit.objects.visible_to(user)}
    for kind, rows in visible.items():
        may[kind] = set(rows.filter(pk__in=ids[kind]).values_list("pk", flat=True)) if ids[kind] else set()
    if ids["label_row"]:
        label_rows = LabelRow.objects.visible_to(user).filter(pk__in=ids["label_row"])
        may["label_row"] = set(label_rows.values_list("pk", flat=True))
    return [topic for topic in topics if int(topic.split(":")[1]) in may.get(topic.split(":")[0], ())]


class PageSocket(AsyncWebsocketConsumer):
    """One page. Events wait in `_waiting` and one task sends them, so that order holds and a slow page
    delays nobody."""

    channel_layer_alias = ""  # events come from the tail; Channels' layer has no part in it

    user: User

    async def connect(self) -> None:
        self._topics: dict[str, None] = {}  # in the order they were asked for
        self._waiting: deque[Message] = deque()
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._times: deque[float] = deque(maxlen=MAX_MESSAGES)
        self._turn = asyncio.Lock()
        user = await in_database_thread(user_of, self.scope)
        await self.accept()
        if user is None:
            # After accepting: only then does the page see the code, and knows that it must sign in.
            await self.close(SIGNED_OUT)
            return
        self.user = user
        await tail.start()
        self._own_topic = f"user:{user.pk}"
        tail.listen(self._own_topic, self)  # told when what they may see changes
        self._task = asyncio.create_task(self._send_events())

    async def disconnect(self, code: int) -> None:
        for topic in self._topics:
            tail.leave(topic, self)
        self._topics.clear()
        if self._task is not None:
            tail.leave(self._own_topic, self)
            self._task.cancel()

    # -- what the page says ---------------------------------------------------------------------------------------

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self._task is None:
            return
        now = time.monotonic()
        if len(self._times) == MAX_MESSAGES and now - self._times[0] < MESSAGES_SECONDS:
            await self.close(TOO_MANY)
            return
        self._times.append(now)
        try:
            topics, leave, after = self._read(text_data)
        except ValueError as error:
            await self._say({"type": "error", "code": "bad_message", "detail": str(error)})
            return
        async with self._turn:
            for topic in leave:
                self._leave(topic)
            await self._subscribe(topics, after)

    def _read(self, text: str | None) -> tuple[list[str], list[str], int | None]:
        """Topics to hear, topics to leave, and the last event that the page has. Raises ValueError with a sentence."""
        try:
            message = orjson.loads(text or "")
        except orjson.JSONDecodeError as error:
            raise ValueError("A message must be JSON text.") from error
        if not isinstance(message, dict) or not message.keys() & {"subscribe", "unsubscribe"}:
            raise ValueError('A message must be {"subscribe": [topic, …], "after": <event id or null>}.')
        topics, leave = message.get("subscribe", []), message.get("unsubscribe", [])
        for names in (topics, leave):
            if not isinstance(names, list) or not all(isinstance(t, str) and TOPIC.fullmatch(t) for t in names):
                raise ValueError("Topics are dataset:<id>, data_unit:<id>, label_row:<id> and user:<id>.")
        if len(topics) + len(self._topics) > MAX_TOPICS:
            raise ValueError(f"A page may hear {MAX_TOPICS} topics.")
        after = message.get("after")
        if after is not None and (type(after) is not int or not 0 <= after < 2**53):
            raise ValueError("`after` must be the id of an event, or null.")
        return topics, leave, after

    async def _subscribe(self, topics: list[str], after: int | None) -> None:
        topics = list(dict.fromkeys(topics))
        heard = await in_database_thread(heard_topics, self.user, topics)
        # Nothing awaits between these lines: what is newer than `at` comes live, what is older is read
        # below, nothing twice.
        for topic in heard:
            self._topics[topic] = None
            tail.listen(topic, self)
        at = tail.at
        before, self._waiting = self._waiting, deque()
        await self._say({"subscribed": heard, "refused": [t for t in topics if t not in heard], "at": at})
        if after is not None and heard:
            await self._catch_up(heard, after, at)
            before = deque(m for m in before if m.get("topic") not in heard or m["type"] == ACCESS_CHANGED)
        self._waiting.extendleft(reversed(before))
        self._news.set()

    async def _catch_up(self, topics: list[str], after: int, upto: int) -> None:
        if not await in_database_thread(still_kept, after):
            await self._say({"type": "reload"})
            return
        while after < upto:
            rows = await in_database_thread(events_after, after, upto=upto, topics=topics)
            for row in rows:
                await self._say(row)
            if len(rows) < AT_ONCE:
                return
            after = rows[-1]["id"]

    # -- what the page is told ------------------------------------------------------------------------------------

    def hear(self, message: Message) -> None:
        """Called by the tail."""
        if len(self._waiting) >= MAX_WAITING:
            self._waiting.clear()
            self._waiting.append({"type": "reload"})
        self._waiting.append(message)
        self._news.set()

    async def _send_events(self) -> None:
        """Send what waits, and look now and then whether this person may still hear it."""
        try:
            checked = time.monotonic()
            while True:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._news.wait(), max(checked + CHECK_SECONDS - time.monotonic(), 0))
                self._news.clear()
                async with self._turn:
                    must_check = await self._send_waiting()
                    if must_check or time.monotonic() - checked >= CHECK_SECONDS:
                        checked = time.monotonic()
                        if not await self._may_stay():
                            return
        except Exception:
            # A page that no longer hears must know it: it connects again and catches up.
            log.exception("A socket failed")
            with contextlib.suppress(Exception):
                await self.close(FAILED)

    async def _send_waiting(self) -> bool:
        """Return whether what this person may see has changed: nothing after that is sent before it is looked up."""
        while self._waiting:
            message = self._waiting.popleft()
            if message.get("topic", "") in self._topics or message["type"] == "reload":
                await self._say(message)
            if message["type"] == ACCESS_CHANGED:
                self._news.set()  # for what waits behind it
                return True
        return False

    async def _may_stay(self) -> bool:
        user = await in_database_thread(user_of, self.scope)
        if user is None or user.pk != self.user.pk:
            await self.close(SIGNED_OUT)
            return False
        self.user = user
        topics = list(self._topics)
        heard = await in_database_thread(heard_topics, user, topics)
        lost = [topic for topic in topics if topic not in heard]
        for topic in lost:
            self._leave(topic)
        if lost:
            await self._say({"subscribed": heard, "refused": lost, "at": tail.at})
        return True

    def _leave(self, topic: str) -> None:
        if topic in self._topics:
            del self._topics[topic]
            if topic != self._own_topic:
                tail.leave(topic, self)

    async def _say(self, message: Message) -> None:
        await self.send(text_data=orjson.dumps(message).decode())

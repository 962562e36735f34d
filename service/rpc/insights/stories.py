"""GetSearchStory and CountUsageWarnings: the events of a search, and what is odd about them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from functools import partial
from typing import Final, TypeVar, cast

from google.protobuf.message import Message

from generated.footfall.v1 import insights_service_pb2 as pb
from generated.footfall.v1.signal_pb2 import StoredSignal
from service.events import errors, filters
from service.events.policy import Policy
from service.events.stories import NEED_JOBS, TRIGGERS, Story, message
from service.operations.scans import selection_of
from service.rpc import paging
from service.rpc.context import CallContext
from service.rpc.event_log import messages
from service.rpc.insights.turns import EVENTS_PER_TURN, Turns
from service.rpc.signals.messages import stored_signal
from service.storage.base import Store
from service.storage.readers import read
from service.storage.records import ActorEvent, Key, Selection

MAX_STORIES: Final = 1_000_000
_KIND: Final = "client_events"
# Both, and warnings, stay within the 4 MiB that clients take unless told otherwise.
_SIGNAL_BYTES: Final = 1 * 2**20
_EVENT_BYTES: Final = 2 * 2**20

M = TypeVar("M", bound=Message)


class Stories:
    """The part of InsightsService that looks at searches.

    Args:
        policy: The tenants that are served.
        store: Where events are read from.
        turns: Where the work is done.
    """

    def __init__(self, *, policy: Policy, store: Store, turns: Turns) -> None:
        self._policy = policy
        self._store = store
        self._turns = turns

    async def GetSearchStory(  # noqa: N802  the RPC's name
        self, request: pb.GetSearchStoryRequest, _context: CallContext
    ) -> pb.GetSearchStoryResponse:
        """A page of the events of one search, and what is odd about all of them.

        Raises:
            RpcError: INVALID_ARGUMENT for a malformed parent, no request_id, or a wrong page size or token; NOT_FOUND.
        """
        tenant, request_id = self._policy.tenant(request.parent), request.request_id
        if not request_id:
            raise errors.invalid_argument([errors.missing("request_id")])
        size = paging.page_size(request.page_size) if request.page_size else paging.MAX_PAGE_SIZE
        query = ("story", tenant, request_id)
        after = paging.event_key(paging.decode_token(query, request.page_token))
        selection = Selection(request_ids=frozenset({request_id}))
        signals: list[StoredSignal] = []
        if after is None:
            found = await read(self._store.list_events, "signals", tenant, selection, None, paging.MAX_PAGE_SIZE)
            signals = _within(_SIGNAL_BYTES, map(stored_signal, found.items))
        page = await read(self._store.list_events, _KIND, tenant, selection, after, size)
        shown = _within(_EVENT_BYTES, map(messages.client_event, page.items))
        response = pb.GetSearchStoryResponse(client_events=shown, signals=signals, total_size=page.total)
        if page.more or len(shown) < len(page.items):
            last = page.items[len(shown) - 1]
            response.next_page_token = paging.encode_token(query, [last.event_time_us, last.id])
        for story in await self._stories(tenant, [request_id]):
            response.warnings.extend(map(message, story.findings()))
        return response

    async def CountUsageWarnings(  # noqa: N802  the RPC's name
        self, request: pb.CountUsageWarningsRequest, _context: CallContext
    ) -> pb.CountUsageWarningsResponse:
        """How many stories of a tenant have which warning.

        Raises:
            RpcError: INVALID_ARGUMENT for a malformed parent or filter; NOT_FOUND; FAILED_PRECONDITION: there are too
                many stories.
        """
        tenant = self._policy.tenant(request.parent)
        selection = _of_triggers(selection_of(filters.parse(request.filter, filters.CLIENT_EVENT_LIST)))
        counts: Counter[pb.UsageWarning.Kind] = Counter()
        seen: set[str] = set()
        alone = 0  # events without a request_id
        after: Key | None = None
        there_is_more = bool(selection.event_types)
        while there_is_more:
            events = await self._turns.take(partial(self._triggers, tenant, selection, after))
            stories = [Story.of(each.event_type) for each in events if each.actor is None]
            alone += len(stories)
            fresh = {each.actor for each in events if each.actor is not None} - seen
            seen |= fresh
            if len(seen) > MAX_STORIES:
                raise _too_many()
            stories += await self._stories(tenant, fresh)
            counts.update(finding.kind for story in stories for finding in story.findings())
            there_is_more = len(events) == EVENTS_PER_TURN
            after = (events[-1].event_time_us, events[-1].tie) if events else None
        return pb.CountUsageWarningsResponse(
            counts=[pb.UsageWarningCount(kind=kind, story_count=counts[kind]) for kind in sorted(counts)],
            story_count=len(seen) + alone,
        )

    def _triggers(self, tenant: str, selection: Selection, after: Key | None) -> list[ActorEvent]:
        return self._store.actor_events(
            _KIND, tenant, selection, actor="request_id", after=after, limit=EVENTS_PER_TURN
        )

    async def _stories(self, tenant: str, request_ids: Collection[str]) -> Sequence[Story]:
        """The stories of some searches, those that have events."""
        stories: dict[str, Story] = {}
        after: tuple[str, int] | None = None
        there_is_more = bool(request_ids)
        while there_is_more:
            after = await self._turns.take(partial(self._tell, tenant, request_ids, stories, after))
            there_is_more = after is not None
        return list(stories.values())

    def _tell(
        self, tenant: str, request_ids: Collection[str], stories: dict[str, Story], after: tuple[str, int] | None
    ) -> tuple[str, int] | None:
        """Takes the next events into their stories; returns behind which to go on, None at the end."""
        events = self._store.story_events(tenant, request_ids, after, EVENTS_PER_TURN, NEED_JOBS)
        for each in events:
            stories.setdefault(each.request_id, Story()).add(each.event_type, each.payload)
        return (events[-1].request_id, events[-1].id) if events else None


def _within(size: int, shown: Iterable[M]) -> list[M]:
    """The first of `shown` that together stay within `size` bytes; at least one."""
    fitting: list[M] = []
    for message_ in shown:
        size -= message_.ByteSize()
        if fitting and size < 0:
            break
        fitting.append(message_)
    return fitting


def _of_triggers(selection: Selection) -> Selection:
    types = TRIGGERS if selection.event_types is None else TRIGGERS & cast("frozenset[int]", selection.event_types)
    return selection._replace(event_types=types)


def _too_many() -> errors.RpcError:
    return errors.failed_precondition(
        f"There are more than {MAX_STORIES:,} stories to look at. Narrow the time with `filter`.",
        reason="TOO_MANY_STORIES",
        subject="filter",
    )

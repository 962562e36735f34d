"""Signals read back: lists, single ones, and the newest of each application and position."""

from __future__ import annotations

from generated.footfall.v1 import signal_service_pb2 as pb
from generated.footfall.v1.signal_pb2 import SignalState, StoredSignal
from service.events import errors, filters, names, signal
from service.events.policy import Policy
from service.operations.scans import selection_of
from service.rpc import paging
from service.rpc.context import CallContext
from service.rpc.signals import messages
from service.storage.base import Store
from service.storage.readers import read
from service.storage.records import IdentifierKind


class Reading:
    """The part of SignalService that reads.

    Args:
        policy: The tenants that are served.
        store: What is read.
    """

    def __init__(self, *, policy: Policy, store: Store) -> None:
        self._policy = policy
        self._store = store

    async def ListSignals(  # noqa: N802  the RPC's name
        self, request: pb.ListSignalsRequest, _context: CallContext
    ) -> pb.ListSignalsResponse:
        """Signals of a tenant by their own time; total_size is exact at this moment.

        Raises:
            RpcError: INVALID_ARGUMENT for a malformed parent, filter, order, page size or token; NOT_FOUND.
        """
        tenant = self._policy.tenant(request.parent)
        selection = selection_of(filters.parse(request.filter, filters.SIGNAL_LIST))
        descending = paging.is_descending(request.order_by, "signal_time")
        size = paging.page_size(request.page_size)
        query = ("signals", tenant, request.filter, str(descending))
        after = paging.event_key(paging.decode_token(query, request.page_token))
        page = await read(self._store.list_events, "signals", tenant, selection, after, size, descending=descending)
        shown = paging.that_fit([messages.stored_signal(event) for event in page.items])
        response = pb.ListSignalsResponse(signals=shown, total_size=page.total)
        if page.more or len(shown) < len(page.items):
            last = page.items[len(shown) - 1]
            response.next_page_token = paging.encode_token(query, [last.event_time_us, last.id])
        return response

    async def GetSignal(  # noqa: N802  the RPC's name
        self, request: pb.GetSignalRequest, _context: CallContext
    ) -> StoredSignal:
        """One signal by its name.

        Raises:
            RpcError: INVALID_ARGUMENT for a malformed name, NOT_FOUND.
        """
        tenant, number = names.parse_signal(request.name)
        self._policy.tenant(tenant)
        event = await read(self._store.get_event, "signals", tenant, names.number(number))
        if event is None:
            raise _not_found(request.name, f"'{request.name}' does not exist.")
        return messages.stored_signal(event)

    async def LookupSignalState(  # noqa: N802  the RPC's name
        self, request: pb.LookupSignalStateRequest, _context: CallContext
    ) -> SignalState:
        """Where an application or a position stands.

        Raises:
            RpcError: INVALID_ARGUMENT for a malformed parent or no identifier; NOT_FOUND when no signal is about it.
        """
        tenant = self._policy.tenant(request.parent)
        subject = request.WhichOneof("subject")
        if subject is None:
            rule = "or `candidate_application_profile_id` or `position_profile_id` must say what is looked up."
            raise errors.invalid_argument([errors.violation("token", rule, "MISSING_FIELD")])
        identifier = getattr(request, subject)
        found = errors.Findings()
        signal.check_identifier(found, subject, identifier)
        if found:
            raise errors.invalid_argument(found)
        kind = messages.kind_of(subject)
        event = await read(self._store.get_signal_state, tenant, kind, identifier)
        if event is None:
            raise _not_found(tenant, f"No signal of this tenant tells where the {subject} stands that was asked for.")
        return messages.signal_state(kind, identifier, event)

    async def ListSignalStates(  # noqa: N802  the RPC's name
        self, request: pb.ListSignalStatesRequest, _context: CallContext
    ) -> pb.ListSignalStatesResponse:
        """Where each application or each position stands, by identifier.

        Raises:
            RpcError: INVALID_ARGUMENT for a malformed parent, no kind, or a bad page size or token; NOT_FOUND.
        """
        tenant = self._policy.tenant(request.parent)
        kind = _kind(request.subject_kind)
        size = paging.page_size(request.page_size)
        query = ("signal_states", tenant, kind.name)
        key = paging.decode_token(query, request.page_token)
        found = await read(self._store.list_signal_states, tenant, kind, key[0] if key else "", size + 1)
        states = [messages.signal_state(kind, identifier, event) for identifier, event in found[:size]]
        shown = paging.that_fit(states)
        response = pb.ListSignalStatesResponse(signal_states=shown)
        if len(found) > len(shown):
            response.next_page_token = paging.encode_token(query, [found[len(shown) - 1][0]])
        return response


def _kind(requested: int) -> IdentifierKind:
    if not requested:
        raise errors.invalid_argument([errors.missing("subject_kind")])
    try:
        return IdentifierKind(requested)
    except ValueError:
        known = ", ".join(pb.ListSignalStatesRequest.SubjectKind.keys()[1:])
        rule = f"must be one of {known}, but is {requested}."
        raise errors.invalid_argument([errors.violation("subject_kind", rule)]) from None


def _not_found(name: str, text: str) -> errors.RpcError:
    return errors.not_found(text, resource_type="footfall/Signal", resource_name=name, reason="SIGNAL_NOT_FOUND")

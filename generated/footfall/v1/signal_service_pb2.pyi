from generated.footfall.v1 import event_log_service_pb2 as _event_log_service_pb2
from generated.footfall.v1 import signal_pb2 as _signal_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.api import client_pb2 as _client_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from google.rpc import status_pb2 as _status_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class SendSignalRequest(_message.Message):
    __slots__ = ("parent", "signal")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    SIGNAL_FIELD_NUMBER: _ClassVar[int]
    parent: str
    signal: _signal_pb2.Signal
    def __init__(self, parent: _Optional[str] = ..., signal: _Optional[_Union[_signal_pb2.Signal, _Mapping[str, object]]] = ...) -> None: ...

class SendSignalsRequest(_message.Message):
    __slots__ = ("parent", "signals", "all_or_nothing")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    SIGNALS_FIELD_NUMBER: _ClassVar[int]
    ALL_OR_NOTHING_FIELD_NUMBER: _ClassVar[int]
    parent: str
    signals: _containers.RepeatedCompositeFieldContainer[_signal_pb2.Signal]
    all_or_nothing: bool
    def __init__(self, parent: _Optional[str] = ..., signals: _Optional[_Iterable[_Union[_signal_pb2.Signal, _Mapping[str, object]]]] = ..., all_or_nothing: _Optional[bool] = ...) -> None: ...

class SendSignalsResponse(_message.Message):
    __slots__ = ("results", "stored_count", "repeated_count", "rejected_count")
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    STORED_COUNT_FIELD_NUMBER: _ClassVar[int]
    REPEATED_COUNT_FIELD_NUMBER: _ClassVar[int]
    REJECTED_COUNT_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[SignalResult]
    stored_count: int
    repeated_count: int
    rejected_count: int
    def __init__(self, results: _Optional[_Iterable[_Union[SignalResult, _Mapping[str, object]]]] = ..., stored_count: _Optional[int] = ..., repeated_count: _Optional[int] = ..., rejected_count: _Optional[int] = ...) -> None: ...

class SignalResult(_message.Message):
    __slots__ = ("outcome", "status", "name")
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    outcome: _event_log_service_pb2.BatchItemResult.Outcome
    status: _status_pb2.Status
    name: str
    def __init__(self, outcome: _Optional[_Union[_event_log_service_pb2.BatchItemResult.Outcome, str]] = ..., status: _Optional[_Union[_status_pb2.Status, _Mapping[str, object]]] = ..., name: _Optional[str] = ...) -> None: ...

class ListSignalsRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token", "filter", "order_by")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    ORDER_BY_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    filter: str
    order_by: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., filter: _Optional[str] = ..., order_by: _Optional[str] = ...) -> None: ...

class ListSignalsResponse(_message.Message):
    __slots__ = ("signals", "next_page_token", "total_size")
    SIGNALS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    TOTAL_SIZE_FIELD_NUMBER: _ClassVar[int]
    signals: _containers.RepeatedCompositeFieldContainer[_signal_pb2.StoredSignal]
    next_page_token: str
    total_size: int
    def __init__(self, signals: _Optional[_Iterable[_Union[_signal_pb2.StoredSignal, _Mapping[str, object]]]] = ..., next_page_token: _Optional[str] = ..., total_size: _Optional[int] = ...) -> None: ...

class GetSignalRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class LookupSignalStateRequest(_message.Message):
    __slots__ = ("parent", "token", "candidate_application_profile_id", "position_profile_id")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    CANDIDATE_APPLICATION_PROFILE_ID_FIELD_NUMBER: _ClassVar[int]
    POSITION_PROFILE_ID_FIELD_NUMBER: _ClassVar[int]
    parent: str
    token: str
    candidate_application_profile_id: str
    position_profile_id: str
    def __init__(self, parent: _Optional[str] = ..., token: _Optional[str] = ..., candidate_application_profile_id: _Optional[str] = ..., position_profile_id: _Optional[str] = ...) -> None: ...

class ListSignalStatesRequest(_message.Message):
    __slots__ = ("parent", "subject_kind", "page_size", "page_token")
    class SubjectKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        SUBJECT_KIND_UNSPECIFIED: _ClassVar[ListSignalStatesRequest.SubjectKind]
        SUBJECT_KIND_TOKEN: _ClassVar[ListSignalStatesRequest.SubjectKind]
        SUBJECT_KIND_CANDIDATE_APPLICATION_PROFILE_ID: _ClassVar[ListSignalStatesRequest.SubjectKind]
        SUBJECT_KIND_POSITION_PROFILE_ID: _ClassVar[ListSignalStatesRequest.SubjectKind]
    SUBJECT_KIND_UNSPECIFIED: ListSignalStatesRequest.SubjectKind
    SUBJECT_KIND_TOKEN: ListSignalStatesRequest.SubjectKind
    SUBJECT_KIND_CANDIDATE_APPLICATION_PROFILE_ID: ListSignalStatesRequest.SubjectKind
    SUBJECT_KIND_POSITION_PROFILE_ID: ListSignalStatesRequest.SubjectKind
    PARENT_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_KIND_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    parent: str
    subject_kind: ListSignalStatesRequest.SubjectKind
    page_size: int
    page_token: str
    def __init__(self, parent: _Optional[str] = ..., subject_kind: _Optional[_Union[ListSignalStatesRequest.SubjectKind, str]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListSignalStatesResponse(_message.Message):
    __slots__ = ("signal_states", "next_page_token")
    SIGNAL_STATES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    signal_states: _containers.RepeatedCompositeFieldContainer[_signal_pb2.SignalState]
    next_page_token: str
    def __init__(self, signal_states: _Optional[_Iterable[_Union[_signal_pb2.SignalState, _Mapping[str, object]]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

import datetime

from generated.footfall.v1 import event_log_pb2 as _event_log_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Signal(_message.Message):
    __slots__ = ("type_code", "token", "candidate_application_profile_id", "position_profile_ids", "current", "previous", "timestamp", "request_id")
    class State(_message.Message):
        __slots__ = ("status", "phase", "success", "timestamp")
        STATUS_FIELD_NUMBER: _ClassVar[int]
        PHASE_FIELD_NUMBER: _ClassVar[int]
        SUCCESS_FIELD_NUMBER: _ClassVar[int]
        TIMESTAMP_FIELD_NUMBER: _ClassVar[int]
        status: Signal.Stage
        phase: Signal.Stage
        success: bool
        timestamp: _timestamp_pb2.Timestamp
        def __init__(self, status: _Optional[_Union[Signal.Stage, _Mapping[str, object]]] = ..., phase: _Optional[_Union[Signal.Stage, _Mapping[str, object]]] = ..., success: _Optional[bool] = ..., timestamp: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping[str, object]]] = ...) -> None: ...
    class Stage(_message.Message):
        __slots__ = ("label", "index", "total")
        LABEL_FIELD_NUMBER: _ClassVar[int]
        INDEX_FIELD_NUMBER: _ClassVar[int]
        TOTAL_FIELD_NUMBER: _ClassVar[int]
        label: str
        index: int
        total: int
        def __init__(self, label: _Optional[str] = ..., index: _Optional[int] = ..., total: _Optional[int] = ...) -> None: ...
    TYPE_CODE_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    CANDIDATE_APPLICATION_PROFILE_ID_FIELD_NUMBER: _ClassVar[int]
    POSITION_PROFILE_IDS_FIELD_NUMBER: _ClassVar[int]
    CURRENT_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    type_code: str
    token: str
    candidate_application_profile_id: str
    position_profile_ids: _containers.RepeatedScalarFieldContainer[str]
    current: Signal.State
    previous: Signal.State
    timestamp: _timestamp_pb2.Timestamp
    request_id: str
    def __init__(self, type_code: _Optional[str] = ..., token: _Optional[str] = ..., candidate_application_profile_id: _Optional[str] = ..., position_profile_ids: _Optional[_Iterable[str]] = ..., current: _Optional[_Union[Signal.State, _Mapping[str, object]]] = ..., previous: _Optional[_Union[Signal.State, _Mapping[str, object]]] = ..., timestamp: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping[str, object]]] = ..., request_id: _Optional[str] = ...) -> None: ...

class StoredSignal(_message.Message):
    __slots__ = ("name", "signal", "signal_time", "receive_time", "source")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SIGNAL_FIELD_NUMBER: _ClassVar[int]
    SIGNAL_TIME_FIELD_NUMBER: _ClassVar[int]
    RECEIVE_TIME_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    name: str
    signal: Signal
    signal_time: _timestamp_pb2.Timestamp
    receive_time: _timestamp_pb2.Timestamp
    source: _event_log_pb2.EventSource
    def __init__(self, name: _Optional[str] = ..., signal: _Optional[_Union[Signal, _Mapping[str, object]]] = ..., signal_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping[str, object]]] = ..., receive_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping[str, object]]] = ..., source: _Optional[_Union[_event_log_pb2.EventSource, str]] = ...) -> None: ...

class SignalState(_message.Message):
    __slots__ = ("token", "candidate_application_profile_id", "position_profile_id", "signal")
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    CANDIDATE_APPLICATION_PROFILE_ID_FIELD_NUMBER: _ClassVar[int]
    POSITION_PROFILE_ID_FIELD_NUMBER: _ClassVar[int]
    SIGNAL_FIELD_NUMBER: _ClassVar[int]
    token: str
    candidate_application_profile_id: str
    position_profile_id: str
    signal: StoredSignal
    def __init__(self, token: _Optional[str] = ..., candidate_application_profile_id: _Optional[str] = ..., position_profile_id: _Optional[str] = ..., signal: _Optional[_Union[StoredSignal, _Mapping[str, object]]] = ...) -> None: ...

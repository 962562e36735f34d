from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class LegacyClientEvent(_message.Message):
    __slots__ = ("event_id", "event_type", "request_id", "related_job_names", "event_timestamp_millis", "details")
    class EventType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        EVENT_TYPE_UNSPECIFIED: _ClassVar[LegacyClientEvent.EventType]
        APPLICATION_START: _ClassVar[LegacyClientEvent.EventType]
        APPLICATION_FINISH: _ClassVar[LegacyClientEvent.EventType]
        APPLICATION_QUICK_SUBMISSION: _ClassVar[LegacyClientEvent.EventType]
        APPLICATION_REDIRECT: _ClassVar[LegacyClientEvent.EventType]
        APPLICATION_COMPANY_SUBMIT: _ClassVar[LegacyClientEvent.EventType]
        VIEW: _ClassVar[LegacyClientEvent.EventType]
        BOOKMARK: _ClassVar[LegacyClientEvent.EventType]
        IMPRESSION: _ClassVar[LegacyClientEvent.EventType]
        NOTIFICATION: _ClassVar[LegacyClientEvent.EventType]
        HIRED: _ClassVar[LegacyClientEvent.EventType]
        SENT_CV: _ClassVar[LegacyClientEvent.EventType]
        INTERVIEW_GRANTED: _ClassVar[LegacyClientEvent.EventType]
        APPLICATION_START_FROM_START: _ClassVar[LegacyClientEvent.EventType]
        APPLICATION_REDIRECT_FROM_START: _ClassVar[LegacyClientEvent.EventType]
        VIEW_DIRECT: _ClassVar[LegacyClientEvent.EventType]
        APPLICATION_START_FROM_SEARCH: _ClassVar[LegacyClientEvent.EventType]
        APPLICATION_REDIRECT_FROM_SEARCH: _ClassVar[LegacyClientEvent.EventType]
        VIEW_REDIRECT: _ClassVar[LegacyClientEvent.EventType]
    EVENT_TYPE_UNSPECIFIED: LegacyClientEvent.EventType
    APPLICATION_START: LegacyClientEvent.EventType
    APPLICATION_FINISH: LegacyClientEvent.EventType
    APPLICATION_QUICK_SUBMISSION: LegacyClientEvent.EventType
    APPLICATION_REDIRECT: LegacyClientEvent.EventType
    APPLICATION_COMPANY_SUBMIT: LegacyClientEvent.EventType
    VIEW: LegacyClientEvent.EventType
    BOOKMARK: LegacyClientEvent.EventType
    IMPRESSION: LegacyClientEvent.EventType
    NOTIFICATION: LegacyClientEvent.EventType
    HIRED: LegacyClientEvent.EventType
    SENT_CV: LegacyClientEvent.EventType
    INTERVIEW_GRANTED: LegacyClientEvent.EventType
    APPLICATION_START_FROM_START: LegacyClientEvent.EventType
    APPLICATION_REDIRECT_FROM_START: LegacyClientEvent.EventType
    VIEW_DIRECT: LegacyClientEvent.EventType
    APPLICATION_START_FROM_SEARCH: LegacyClientEvent.EventType
    APPLICATION_REDIRECT_FROM_SEARCH: LegacyClientEvent.EventType
    VIEW_REDIRECT: LegacyClientEvent.EventType
    class DetailsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    EVENT_TYPE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    RELATED_JOB_NAMES_FIELD_NUMBER: _ClassVar[int]
    EVENT_TIMESTAMP_MILLIS_FIELD_NUMBER: _ClassVar[int]
    DETAILS_FIELD_NUMBER: _ClassVar[int]
    event_id: str
    event_type: LegacyClientEvent.EventType
    request_id: str
    related_job_names: _containers.RepeatedScalarFieldContainer[str]
    event_timestamp_millis: int
    details: _containers.ScalarMap[str, str]
    def __init__(self, event_id: _Optional[str] = ..., event_type: _Optional[_Union[LegacyClientEvent.EventType, str]] = ..., request_id: _Optional[str] = ..., related_job_names: _Optional[_Iterable[str]] = ..., event_timestamp_millis: _Optional[int] = ..., details: _Optional[_Mapping[str, str]] = ...) -> None: ...

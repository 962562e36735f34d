import datetime

from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from generated.google.cloud.retail.v2 import user_event_pb2 as _user_event_pb2
from generated.google.cloud.talent.v4 import event_pb2 as _event_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.rpc import status_pb2 as _status_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class EventSource(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    EVENT_SOURCE_UNSPECIFIED: _ClassVar[EventSource]
    EVENT_SOURCE_WRITE: _ClassVar[EventSource]
    EVENT_SOURCE_COLLECT: _ClassVar[EventSource]
    EVENT_SOURCE_INLINE_IMPORT: _ClassVar[EventSource]
    EVENT_SOURCE_OBJECT_IMPORT: _ClassVar[EventSource]
    EVENT_SOURCE_UPLOAD: _ClassVar[EventSource]
    EVENT_SOURCE_BATCH: _ClassVar[EventSource]
    EVENT_SOURCE_BIG_QUERY_IMPORT: _ClassVar[EventSource]
    EVENT_SOURCE_PUBSUB_PUSH: _ClassVar[EventSource]

class ClientEventForm(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CLIENT_EVENT_FORM_UNSPECIFIED: _ClassVar[ClientEventForm]
    CLIENT_EVENT_FORM_V4: _ClassVar[ClientEventForm]
    CLIENT_EVENT_FORM_V3: _ClassVar[ClientEventForm]
    CLIENT_EVENT_FORM_LEGACY: _ClassVar[ClientEventForm]
EVENT_SOURCE_UNSPECIFIED: EventSource
EVENT_SOURCE_WRITE: EventSource
EVENT_SOURCE_COLLECT: EventSource
EVENT_SOURCE_INLINE_IMPORT: EventSource
EVENT_SOURCE_OBJECT_IMPORT: EventSource
EVENT_SOURCE_UPLOAD: EventSource
EVENT_SOURCE_BATCH: EventSource
EVENT_SOURCE_BIG_QUERY_IMPORT: EventSource
EVENT_SOURCE_PUBSUB_PUSH: EventSource
CLIENT_EVENT_FORM_UNSPECIFIED: ClientEventForm
CLIENT_EVENT_FORM_V4: ClientEventForm
CLIENT_EVENT_FORM_V3: ClientEventForm
CLIENT_EVENT_FORM_LEGACY: ClientEventForm

class StoredUserEvent(_message.Message):
    __slots__ = ("name", "user_event", "receive_time", "joined", "source")
    NAME_FIELD_NUMBER: _ClassVar[int]
    USER_EVENT_FIELD_NUMBER: _ClassVar[int]
    RECEIVE_TIME_FIELD_NUMBER: _ClassVar[int]
    JOINED_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    name: str
    user_event: _user_event_pb2.UserEvent
    receive_time: _timestamp_pb2.Timestamp
    joined: bool
    source: EventSource
    def __init__(self, name: _Optional[str] = ..., user_event: _Optional[_Union[_user_event_pb2.UserEvent, _Mapping[str, object]]] = ..., receive_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping[str, object]]] = ..., joined: _Optional[bool] = ..., source: _Optional[_Union[EventSource, str]] = ...) -> None: ...

class StoredClientEvent(_message.Message):
    __slots__ = ("name", "client_event", "receive_time", "source", "form", "original_type", "parent_event_id", "extra_info", "details")
    class ExtraInfoEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class DetailsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    CLIENT_EVENT_FIELD_NUMBER: _ClassVar[int]
    RECEIVE_TIME_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    FORM_FIELD_NUMBER: _ClassVar[int]
    ORIGINAL_TYPE_FIELD_NUMBER: _ClassVar[int]
    PARENT_EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    EXTRA_INFO_FIELD_NUMBER: _ClassVar[int]
    DETAILS_FIELD_NUMBER: _ClassVar[int]
    name: str
    client_event: _event_pb2.ClientEvent
    receive_time: _timestamp_pb2.Timestamp
    source: EventSource
    form: ClientEventForm
    original_type: str
    parent_event_id: str
    extra_info: _containers.ScalarMap[str, str]
    details: _containers.ScalarMap[str, str]
    def __init__(self, name: _Optional[str] = ..., client_event: _Optional[_Union[_event_pb2.ClientEvent, _Mapping[str, object]]] = ..., receive_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping[str, object]]] = ..., source: _Optional[_Union[EventSource, str]] = ..., form: _Optional[_Union[ClientEventForm, str]] = ..., original_type: _Optional[str] = ..., parent_event_id: _Optional[str] = ..., extra_info: _Optional[_Mapping[str, str]] = ..., details: _Optional[_Mapping[str, str]] = ...) -> None: ...

class RejectedEvent(_message.Message):
    __slots__ = ("name", "receive_time", "source", "operation", "uri", "line_number", "status", "raw", "raw_truncated")
    NAME_FIELD_NUMBER: _ClassVar[int]
    RECEIVE_TIME_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    OPERATION_FIELD_NUMBER: _ClassVar[int]
    URI_FIELD_NUMBER: _ClassVar[int]
    LINE_NUMBER_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    RAW_FIELD_NUMBER: _ClassVar[int]
    RAW_TRUNCATED_FIELD_NUMBER: _ClassVar[int]
    name: str
    receive_time: _timestamp_pb2.Timestamp
    source: EventSource
    operation: str
    uri: str
    line_number: int
    status: _status_pb2.Status
    raw: str
    raw_truncated: bool
    def __init__(self, name: _Optional[str] = ..., receive_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping[str, object]]] = ..., source: _Optional[_Union[EventSource, str]] = ..., operation: _Optional[str] = ..., uri: _Optional[str] = ..., line_number: _Optional[int] = ..., status: _Optional[_Union[_status_pb2.Status, _Mapping[str, object]]] = ..., raw: _Optional[str] = ..., raw_truncated: _Optional[bool] = ...) -> None: ...

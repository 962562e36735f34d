from generated.footfall.v1 import event_log_service_pb2 as _event_log_service_pb2
from generated.footfall.v1 import legacy_event_pb2 as _legacy_event_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.api import client_pb2 as _client_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf import struct_pb2 as _struct_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CreateLegacyClientEventRequest(_message.Message):
    __slots__ = ("parent", "legacy_client_event")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    LEGACY_CLIENT_EVENT_FIELD_NUMBER: _ClassVar[int]
    parent: str
    legacy_client_event: _legacy_event_pb2.LegacyClientEvent
    def __init__(self, parent: _Optional[str] = ..., legacy_client_event: _Optional[_Union[_legacy_event_pb2.LegacyClientEvent, _Mapping[str, object]]] = ...) -> None: ...

class PushLegacyClientEventRequest(_message.Message):
    __slots__ = ("parent", "envelope")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    ENVELOPE_FIELD_NUMBER: _ClassVar[int]
    parent: str
    envelope: _struct_pb2.Struct
    def __init__(self, parent: _Optional[str] = ..., envelope: _Optional[_Union[_struct_pb2.Struct, _Mapping[str, object]]] = ...) -> None: ...

import datetime

from generated.footfall.v1 import event_log_pb2 as _event_log_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.api import client_pb2 as _client_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from generated.google.cloud.retail.v2 import user_event_pb2 as _user_event_pb2
from generated.google.cloud.talent.v4 import event_pb2 as _event_pb2
from google.longrunning import operations_proto_pb2 as _operations_pb2
from google.protobuf import field_mask_pb2 as _field_mask_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.rpc import status_pb2 as _status_pb2
from google.type import date_pb2 as _date_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ListUserEventsRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token", "filter", "order_by", "read_mask")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    ORDER_BY_FIELD_NUMBER: _ClassVar[int]
    READ_MASK_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    filter: str
    order_by: str
    read_mask: _field_mask_pb2.FieldMask
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., filter: _Optional[str] = ..., order_by: _Optional[str] = ..., read_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping[str, object]]] = ...) -> None: ...

class ListUserEventsResponse(_message.Message):
    __slots__ = ("user_events", "next_page_token", "total_size")
    USER_EVENTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    TOTAL_SIZE_FIELD_NUMBER: _ClassVar[int]
    user_events: _containers.RepeatedCompositeFieldContainer[_event_log_pb2.StoredUserEvent]
    next_page_token: str
    total_size: int
    def __init__(self, user_events: _Optional[_Iterable[_Union[_event_log_pb2.StoredUserEvent, _Mapping[str, object]]]] = ..., next_page_token: _Optional[str] = ..., total_size: _Optional[int] = ...) -> None: ...

class GetUserEventRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class CountUserEventsRequest(_message.Message):
    __slots__ = ("parent", "filter", "group_by")
    class GroupBy(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        GROUP_BY_UNSPECIFIED: _ClassVar[CountUserEventsRequest.GroupBy]
        GROUP_BY_EVENT_TYPE: _ClassVar[CountUserEventsRequest.GroupBy]
        GROUP_BY_DAY: _ClassVar[CountUserEventsRequest.GroupBy]
        GROUP_BY_JOINED: _ClassVar[CountUserEventsRequest.GroupBy]
    GROUP_BY_UNSPECIFIED: CountUserEventsRequest.GroupBy
    GROUP_BY_EVENT_TYPE: CountUserEventsRequest.GroupBy
    GROUP_BY_DAY: CountUserEventsRequest.GroupBy
    GROUP_BY_JOINED: CountUserEventsRequest.GroupBy
    PARENT_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    GROUP_BY_FIELD_NUMBER: _ClassVar[int]
    parent: str
    filter: str
    group_by: _containers.RepeatedScalarFieldContainer[CountUserEventsRequest.GroupBy]
    def __init__(self, parent: _Optional[str] = ..., filter: _Optional[str] = ..., group_by: _Optional[_Iterable[_Union[CountUserEventsRequest.GroupBy, str]]] = ...) -> None: ...

class CountUserEventsResponse(_message.Message):
    __slots__ = ("total_count", "counts")
    TOTAL_COUNT_FIELD_NUMBER: _ClassVar[int]
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    total_count: int
    counts: _containers.RepeatedCompositeFieldContainer[EventCount]
    def __init__(self, total_count: _Optional[int] = ..., counts: _Optional[_Iterable[_Union[EventCount, _Mapping[str, object]]]] = ...) -> None: ...

class EventCount(_message.Message):
    __slots__ = ("event_type", "day", "joined", "count")
    EVENT_TYPE_FIELD_NUMBER: _ClassVar[int]
    DAY_FIELD_NUMBER: _ClassVar[int]
    JOINED_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    event_type: str
    day: _date_pb2.Date
    joined: bool
    count: int
    def __init__(self, event_type: _Optional[str] = ..., day: _Optional[_Union[_date_pb2.Date, _Mapping[str, object]]] = ..., joined: _Optional[bool] = ..., count: _Optional[int] = ...) -> None: ...

class BatchWriteUserEventsRequest(_message.Message):
    __slots__ = ("parent", "user_events")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    USER_EVENTS_FIELD_NUMBER: _ClassVar[int]
    parent: str
    user_events: _containers.RepeatedCompositeFieldContainer[_user_event_pb2.UserEvent]
    def __init__(self, parent: _Optional[str] = ..., user_events: _Optional[_Iterable[_Union[_user_event_pb2.UserEvent, _Mapping[str, object]]]] = ...) -> None: ...

class BatchWriteUserEventsResponse(_message.Message):
    __slots__ = ("results", "stored_count", "repeated_count", "rejected_count")
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    STORED_COUNT_FIELD_NUMBER: _ClassVar[int]
    REPEATED_COUNT_FIELD_NUMBER: _ClassVar[int]
    REJECTED_COUNT_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[BatchItemResult]
    stored_count: int
    repeated_count: int
    rejected_count: int
    def __init__(self, results: _Optional[_Iterable[_Union[BatchItemResult, _Mapping[str, object]]]] = ..., stored_count: _Optional[int] = ..., repeated_count: _Optional[int] = ..., rejected_count: _Optional[int] = ...) -> None: ...

class BatchItemResult(_message.Message):
    __slots__ = ("outcome", "status", "event_time")
    class Outcome(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        OUTCOME_UNSPECIFIED: _ClassVar[BatchItemResult.Outcome]
        OUTCOME_STORED: _ClassVar[BatchItemResult.Outcome]
        OUTCOME_REPEATED: _ClassVar[BatchItemResult.Outcome]
        OUTCOME_REJECTED: _ClassVar[BatchItemResult.Outcome]
    OUTCOME_UNSPECIFIED: BatchItemResult.Outcome
    OUTCOME_STORED: BatchItemResult.Outcome
    OUTCOME_REPEATED: BatchItemResult.Outcome
    OUTCOME_REJECTED: BatchItemResult.Outcome
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    outcome: BatchItemResult.Outcome
    status: _status_pb2.Status
    event_time: _timestamp_pb2.Timestamp
    def __init__(self, outcome: _Optional[_Union[BatchItemResult.Outcome, str]] = ..., status: _Optional[_Union[_status_pb2.Status, _Mapping[str, object]]] = ..., event_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping[str, object]]] = ...) -> None: ...

class ListClientEventsRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token", "filter", "order_by", "read_mask")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    ORDER_BY_FIELD_NUMBER: _ClassVar[int]
    READ_MASK_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    filter: str
    order_by: str
    read_mask: _field_mask_pb2.FieldMask
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., filter: _Optional[str] = ..., order_by: _Optional[str] = ..., read_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping[str, object]]] = ...) -> None: ...

class ListClientEventsResponse(_message.Message):
    __slots__ = ("client_events", "next_page_token", "total_size")
    CLIENT_EVENTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    TOTAL_SIZE_FIELD_NUMBER: _ClassVar[int]
    client_events: _containers.RepeatedCompositeFieldContainer[_event_log_pb2.StoredClientEvent]
    next_page_token: str
    total_size: int
    def __init__(self, client_events: _Optional[_Iterable[_Union[_event_log_pb2.StoredClientEvent, _Mapping[str, object]]]] = ..., next_page_token: _Optional[str] = ..., total_size: _Optional[int] = ...) -> None: ...

class GetClientEventRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class CountClientEventsRequest(_message.Message):
    __slots__ = ("parent", "filter", "group_by")
    class GroupBy(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        GROUP_BY_UNSPECIFIED: _ClassVar[CountClientEventsRequest.GroupBy]
        GROUP_BY_EVENT_TYPE: _ClassVar[CountClientEventsRequest.GroupBy]
        GROUP_BY_DAY: _ClassVar[CountClientEventsRequest.GroupBy]
    GROUP_BY_UNSPECIFIED: CountClientEventsRequest.GroupBy
    GROUP_BY_EVENT_TYPE: CountClientEventsRequest.GroupBy
    GROUP_BY_DAY: CountClientEventsRequest.GroupBy
    PARENT_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    GROUP_BY_FIELD_NUMBER: _ClassVar[int]
    parent: str
    filter: str
    group_by: _containers.RepeatedScalarFieldContainer[CountClientEventsRequest.GroupBy]
    def __init__(self, parent: _Optional[str] = ..., filter: _Optional[str] = ..., group_by: _Optional[_Iterable[_Union[CountClientEventsRequest.GroupBy, str]]] = ...) -> None: ...

class CountClientEventsResponse(_message.Message):
    __slots__ = ("total_count", "counts")
    TOTAL_COUNT_FIELD_NUMBER: _ClassVar[int]
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    total_count: int
    counts: _containers.RepeatedCompositeFieldContainer[EventCount]
    def __init__(self, total_count: _Optional[int] = ..., counts: _Optional[_Iterable[_Union[EventCount, _Mapping[str, object]]]] = ...) -> None: ...

class BatchCreateClientEventsRequest(_message.Message):
    __slots__ = ("parent", "client_events")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    CLIENT_EVENTS_FIELD_NUMBER: _ClassVar[int]
    parent: str
    client_events: _containers.RepeatedCompositeFieldContainer[_event_pb2.ClientEvent]
    def __init__(self, parent: _Optional[str] = ..., client_events: _Optional[_Iterable[_Union[_event_pb2.ClientEvent, _Mapping[str, object]]]] = ...) -> None: ...

class BatchCreateClientEventsResponse(_message.Message):
    __slots__ = ("results", "stored_count", "repeated_count", "rejected_count")
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    STORED_COUNT_FIELD_NUMBER: _ClassVar[int]
    REPEATED_COUNT_FIELD_NUMBER: _ClassVar[int]
    REJECTED_COUNT_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[BatchItemResult]
    stored_count: int
    repeated_count: int
    rejected_count: int
    def __init__(self, results: _Optional[_Iterable[_Union[BatchItemResult, _Mapping[str, object]]]] = ..., stored_count: _Optional[int] = ..., repeated_count: _Optional[int] = ..., rejected_count: _Optional[int] = ...) -> None: ...

class WatchEventsRequest(_message.Message):
    __slots__ = ("parent", "resume_token", "filter", "include_rejected")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_REJECTED_FIELD_NUMBER: _ClassVar[int]
    parent: str
    resume_token: str
    filter: str
    include_rejected: bool
    def __init__(self, parent: _Optional[str] = ..., resume_token: _Optional[str] = ..., filter: _Optional[str] = ..., include_rejected: _Optional[bool] = ...) -> None: ...

class WatchEventsResponse(_message.Message):
    __slots__ = ("user_event", "client_event", "rejected_event", "resume_token")
    USER_EVENT_FIELD_NUMBER: _ClassVar[int]
    CLIENT_EVENT_FIELD_NUMBER: _ClassVar[int]
    REJECTED_EVENT_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    user_event: _event_log_pb2.StoredUserEvent
    client_event: _event_log_pb2.StoredClientEvent
    rejected_event: _event_log_pb2.RejectedEvent
    resume_token: str
    def __init__(self, user_event: _Optional[_Union[_event_log_pb2.StoredUserEvent, _Mapping[str, object]]] = ..., client_event: _Optional[_Union[_event_log_pb2.StoredClientEvent, _Mapping[str, object]]] = ..., rejected_event: _Optional[_Union[_event_log_pb2.RejectedEvent, _Mapping[str, object]]] = ..., resume_token: _Optional[str] = ...) -> None: ...

class ListRejectedEventsRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListRejectedEventsResponse(_message.Message):
    __slots__ = ("rejected_events", "next_page_token", "total_size")
    REJECTED_EVENTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    TOTAL_SIZE_FIELD_NUMBER: _ClassVar[int]
    rejected_events: _containers.RepeatedCompositeFieldContainer[_event_log_pb2.RejectedEvent]
    next_page_token: str
    total_size: int
    def __init__(self, rejected_events: _Optional[_Iterable[_Union[_event_log_pb2.RejectedEvent, _Mapping[str, object]]]] = ..., next_page_token: _Optional[str] = ..., total_size: _Optional[int] = ...) -> None: ...

class UploadUserEventsRequest(_message.Message):
    __slots__ = ("parent", "file_name", "data", "gcs_errors_prefix", "data_schema")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    FILE_NAME_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    GCS_ERRORS_PREFIX_FIELD_NUMBER: _ClassVar[int]
    DATA_SCHEMA_FIELD_NUMBER: _ClassVar[int]
    parent: str
    file_name: str
    data: bytes
    gcs_errors_prefix: str
    data_schema: str
    def __init__(self, parent: _Optional[str] = ..., file_name: _Optional[str] = ..., data: _Optional[bytes] = ..., gcs_errors_prefix: _Optional[str] = ..., data_schema: _Optional[str] = ...) -> None: ...

class StreamUserEventsRequest(_message.Message):
    __slots__ = ("parent", "user_events")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    USER_EVENTS_FIELD_NUMBER: _ClassVar[int]
    parent: str
    user_events: _containers.RepeatedCompositeFieldContainer[_user_event_pb2.UserEvent]
    def __init__(self, parent: _Optional[str] = ..., user_events: _Optional[_Iterable[_Union[_user_event_pb2.UserEvent, _Mapping[str, object]]]] = ...) -> None: ...

class StreamUserEventsResponse(_message.Message):
    __slots__ = ("decided_count", "stored_count", "repeated_count", "rejected_count", "rejections", "done")
    DECIDED_COUNT_FIELD_NUMBER: _ClassVar[int]
    STORED_COUNT_FIELD_NUMBER: _ClassVar[int]
    REPEATED_COUNT_FIELD_NUMBER: _ClassVar[int]
    REJECTED_COUNT_FIELD_NUMBER: _ClassVar[int]
    REJECTIONS_FIELD_NUMBER: _ClassVar[int]
    DONE_FIELD_NUMBER: _ClassVar[int]
    decided_count: int
    stored_count: int
    repeated_count: int
    rejected_count: int
    rejections: _containers.RepeatedCompositeFieldContainer[StreamRejection]
    done: bool
    def __init__(self, decided_count: _Optional[int] = ..., stored_count: _Optional[int] = ..., repeated_count: _Optional[int] = ..., rejected_count: _Optional[int] = ..., rejections: _Optional[_Iterable[_Union[StreamRejection, _Mapping[str, object]]]] = ..., done: _Optional[bool] = ...) -> None: ...

class StreamClientEventsRequest(_message.Message):
    __slots__ = ("parent", "client_events")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    CLIENT_EVENTS_FIELD_NUMBER: _ClassVar[int]
    parent: str
    client_events: _containers.RepeatedCompositeFieldContainer[_event_pb2.ClientEvent]
    def __init__(self, parent: _Optional[str] = ..., client_events: _Optional[_Iterable[_Union[_event_pb2.ClientEvent, _Mapping[str, object]]]] = ...) -> None: ...

class StreamClientEventsResponse(_message.Message):
    __slots__ = ("decided_count", "stored_count", "repeated_count", "rejected_count", "rejections", "done")
    DECIDED_COUNT_FIELD_NUMBER: _ClassVar[int]
    STORED_COUNT_FIELD_NUMBER: _ClassVar[int]
    REPEATED_COUNT_FIELD_NUMBER: _ClassVar[int]
    REJECTED_COUNT_FIELD_NUMBER: _ClassVar[int]
    REJECTIONS_FIELD_NUMBER: _ClassVar[int]
    DONE_FIELD_NUMBER: _ClassVar[int]
    decided_count: int
    stored_count: int
    repeated_count: int
    rejected_count: int
    rejections: _containers.RepeatedCompositeFieldContainer[StreamRejection]
    done: bool
    def __init__(self, decided_count: _Optional[int] = ..., stored_count: _Optional[int] = ..., repeated_count: _Optional[int] = ..., rejected_count: _Optional[int] = ..., rejections: _Optional[_Iterable[_Union[StreamRejection, _Mapping[str, object]]]] = ..., done: _Optional[bool] = ...) -> None: ...

class StreamRejection(_message.Message):
    __slots__ = ("position", "status")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    position: int
    status: _status_pb2.Status
    def __init__(self, position: _Optional[int] = ..., status: _Optional[_Union[_status_pb2.Status, _Mapping[str, object]]] = ...) -> None: ...

class UploadClientEventsRequest(_message.Message):
    __slots__ = ("parent", "file_name", "data", "gcs_errors_prefix", "data_schema")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    FILE_NAME_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    GCS_ERRORS_PREFIX_FIELD_NUMBER: _ClassVar[int]
    DATA_SCHEMA_FIELD_NUMBER: _ClassVar[int]
    parent: str
    file_name: str
    data: bytes
    gcs_errors_prefix: str
    data_schema: str
    def __init__(self, parent: _Optional[str] = ..., file_name: _Optional[str] = ..., data: _Optional[bytes] = ..., gcs_errors_prefix: _Optional[str] = ..., data_schema: _Optional[str] = ...) -> None: ...

class UploadClientEventsResponse(_message.Message):
    __slots__ = ("error_samples", "stored_count", "repeated_count", "gcs_errors_prefix")
    ERROR_SAMPLES_FIELD_NUMBER: _ClassVar[int]
    STORED_COUNT_FIELD_NUMBER: _ClassVar[int]
    REPEATED_COUNT_FIELD_NUMBER: _ClassVar[int]
    GCS_ERRORS_PREFIX_FIELD_NUMBER: _ClassVar[int]
    error_samples: _containers.RepeatedCompositeFieldContainer[_status_pb2.Status]
    stored_count: int
    repeated_count: int
    gcs_errors_prefix: str
    def __init__(self, error_samples: _Optional[_Iterable[_Union[_status_pb2.Status, _Mapping[str, object]]]] = ..., stored_count: _Optional[int] = ..., repeated_count: _Optional[int] = ..., gcs_errors_prefix: _Optional[str] = ...) -> None: ...

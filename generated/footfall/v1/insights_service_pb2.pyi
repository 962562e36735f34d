import datetime

from generated.footfall.v1 import event_log_pb2 as _event_log_pb2
from generated.footfall.v1 import signal_pb2 as _signal_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.api import client_pb2 as _client_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GetSearchStoryRequest(_message.Message):
    __slots__ = ("parent", "request_id", "page_size", "page_token")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    parent: str
    request_id: str
    page_size: int
    page_token: str
    def __init__(self, parent: _Optional[str] = ..., request_id: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class GetSearchStoryResponse(_message.Message):
    __slots__ = ("client_events", "warnings", "next_page_token", "total_size", "signals")
    CLIENT_EVENTS_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    TOTAL_SIZE_FIELD_NUMBER: _ClassVar[int]
    SIGNALS_FIELD_NUMBER: _ClassVar[int]
    client_events: _containers.RepeatedCompositeFieldContainer[_event_log_pb2.StoredClientEvent]
    warnings: _containers.RepeatedCompositeFieldContainer[UsageWarning]
    next_page_token: str
    total_size: int
    signals: _containers.RepeatedCompositeFieldContainer[_signal_pb2.StoredSignal]
    def __init__(self, client_events: _Optional[_Iterable[_Union[_event_log_pb2.StoredClientEvent, _Mapping[str, object]]]] = ..., warnings: _Optional[_Iterable[_Union[UsageWarning, _Mapping[str, object]]]] = ..., next_page_token: _Optional[str] = ..., total_size: _Optional[int] = ..., signals: _Optional[_Iterable[_Union[_signal_pb2.StoredSignal, _Mapping[str, object]]]] = ...) -> None: ...

class UsageWarning(_message.Message):
    __slots__ = ("kind", "message", "jobs")
    class Kind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        KIND_UNSPECIFIED: _ClassVar[UsageWarning.Kind]
        KIND_QUICK_SUBMISSION_BESIDE_START_OR_FINISH: _ClassVar[UsageWarning.Kind]
        KIND_START_FROM_SEARCH_BESIDE_VIEW: _ClassVar[UsageWarning.Kind]
        KIND_REDIRECT_FROM_SEARCH_BESIDE_START_FINISH_OR_VIEW: _ClassVar[UsageWarning.Kind]
        KIND_OUTCOME_WITHOUT_SEARCH: _ClassVar[UsageWarning.Kind]
    KIND_UNSPECIFIED: UsageWarning.Kind
    KIND_QUICK_SUBMISSION_BESIDE_START_OR_FINISH: UsageWarning.Kind
    KIND_START_FROM_SEARCH_BESIDE_VIEW: UsageWarning.Kind
    KIND_REDIRECT_FROM_SEARCH_BESIDE_START_FINISH_OR_VIEW: UsageWarning.Kind
    KIND_OUTCOME_WITHOUT_SEARCH: UsageWarning.Kind
    KIND_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    JOBS_FIELD_NUMBER: _ClassVar[int]
    kind: UsageWarning.Kind
    message: str
    jobs: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, kind: _Optional[_Union[UsageWarning.Kind, str]] = ..., message: _Optional[str] = ..., jobs: _Optional[_Iterable[str]] = ...) -> None: ...

class CountUsageWarningsRequest(_message.Message):
    __slots__ = ("parent", "filter")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    parent: str
    filter: str
    def __init__(self, parent: _Optional[str] = ..., filter: _Optional[str] = ...) -> None: ...

class CountUsageWarningsResponse(_message.Message):
    __slots__ = ("counts", "story_count")
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    STORY_COUNT_FIELD_NUMBER: _ClassVar[int]
    counts: _containers.RepeatedCompositeFieldContainer[UsageWarningCount]
    story_count: int
    def __init__(self, counts: _Optional[_Iterable[_Union[UsageWarningCount, _Mapping[str, object]]]] = ..., story_count: _Optional[int] = ...) -> None: ...

class UsageWarningCount(_message.Message):
    __slots__ = ("kind", "story_count")
    KIND_FIELD_NUMBER: _ClassVar[int]
    STORY_COUNT_FIELD_NUMBER: _ClassVar[int]
    kind: UsageWarning.Kind
    story_count: int
    def __init__(self, kind: _Optional[_Union[UsageWarning.Kind, str]] = ..., story_count: _Optional[int] = ...) -> None: ...

class ComputeFunnelRequest(_message.Message):
    __slots__ = ("parent", "steps", "actor", "window", "filter", "split")
    class Actor(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        ACTOR_UNSPECIFIED: _ClassVar[ComputeFunnelRequest.Actor]
        ACTOR_REQUEST_ID: _ClassVar[ComputeFunnelRequest.Actor]
        ACTOR_VISITOR: _ClassVar[ComputeFunnelRequest.Actor]
        ACTOR_USER: _ClassVar[ComputeFunnelRequest.Actor]
    ACTOR_UNSPECIFIED: ComputeFunnelRequest.Actor
    ACTOR_REQUEST_ID: ComputeFunnelRequest.Actor
    ACTOR_VISITOR: ComputeFunnelRequest.Actor
    ACTOR_USER: ComputeFunnelRequest.Actor
    PARENT_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    WINDOW_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    SPLIT_FIELD_NUMBER: _ClassVar[int]
    parent: str
    steps: _containers.RepeatedCompositeFieldContainer[FunnelStep]
    actor: ComputeFunnelRequest.Actor
    window: _duration_pb2.Duration
    filter: str
    split: FunnelSplit
    def __init__(self, parent: _Optional[str] = ..., steps: _Optional[_Iterable[_Union[FunnelStep, _Mapping[str, object]]]] = ..., actor: _Optional[_Union[ComputeFunnelRequest.Actor, str]] = ..., window: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping[str, object]]] = ..., filter: _Optional[str] = ..., split: _Optional[_Union[FunnelSplit, _Mapping[str, object]]] = ...) -> None: ...

class FunnelStep(_message.Message):
    __slots__ = ("event_types", "label")
    EVENT_TYPES_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    event_types: _containers.RepeatedScalarFieldContainer[str]
    label: str
    def __init__(self, event_types: _Optional[_Iterable[str]] = ..., label: _Optional[str] = ...) -> None: ...

class FunnelSplit(_message.Message):
    __slots__ = ("attribute", "experiment_id", "day")
    ATTRIBUTE_FIELD_NUMBER: _ClassVar[int]
    EXPERIMENT_ID_FIELD_NUMBER: _ClassVar[int]
    DAY_FIELD_NUMBER: _ClassVar[int]
    attribute: str
    experiment_id: bool
    day: bool
    def __init__(self, attribute: _Optional[str] = ..., experiment_id: _Optional[bool] = ..., day: _Optional[bool] = ...) -> None: ...

class ComputeFunnelResponse(_message.Message):
    __slots__ = ("steps", "groups", "event_count", "events_without_actor_count")
    STEPS_FIELD_NUMBER: _ClassVar[int]
    GROUPS_FIELD_NUMBER: _ClassVar[int]
    EVENT_COUNT_FIELD_NUMBER: _ClassVar[int]
    EVENTS_WITHOUT_ACTOR_COUNT_FIELD_NUMBER: _ClassVar[int]
    steps: _containers.RepeatedCompositeFieldContainer[FunnelStepResult]
    groups: _containers.RepeatedCompositeFieldContainer[FunnelGroup]
    event_count: int
    events_without_actor_count: int
    def __init__(self, steps: _Optional[_Iterable[_Union[FunnelStepResult, _Mapping[str, object]]]] = ..., groups: _Optional[_Iterable[_Union[FunnelGroup, _Mapping[str, object]]]] = ..., event_count: _Optional[int] = ..., events_without_actor_count: _Optional[int] = ...) -> None: ...

class FunnelStepResult(_message.Message):
    __slots__ = ("label", "actor_count", "conversion_from_previous", "conversion_from_first", "median_time_from_previous")
    LABEL_FIELD_NUMBER: _ClassVar[int]
    ACTOR_COUNT_FIELD_NUMBER: _ClassVar[int]
    CONVERSION_FROM_PREVIOUS_FIELD_NUMBER: _ClassVar[int]
    CONVERSION_FROM_FIRST_FIELD_NUMBER: _ClassVar[int]
    MEDIAN_TIME_FROM_PREVIOUS_FIELD_NUMBER: _ClassVar[int]
    label: str
    actor_count: int
    conversion_from_previous: float
    conversion_from_first: float
    median_time_from_previous: _duration_pb2.Duration
    def __init__(self, label: _Optional[str] = ..., actor_count: _Optional[int] = ..., conversion_from_previous: _Optional[float] = ..., conversion_from_first: _Optional[float] = ..., median_time_from_previous: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping[str, object]]] = ...) -> None: ...

class FunnelGroup(_message.Message):
    __slots__ = ("value", "others", "steps")
    VALUE_FIELD_NUMBER: _ClassVar[int]
    OTHERS_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    value: str
    others: bool
    steps: _containers.RepeatedCompositeFieldContainer[FunnelStepResult]
    def __init__(self, value: _Optional[str] = ..., others: _Optional[bool] = ..., steps: _Optional[_Iterable[_Union[FunnelStepResult, _Mapping[str, object]]]] = ...) -> None: ...

"""footfall.v1.EventLogService: what the originals don't offer."""

from __future__ import annotations

from service.rpc.event_log.batches import Batches
from service.rpc.event_log.reading import Reading
from service.rpc.event_log.streams import Streams
from service.rpc.event_log.uploads import Uploads
from service.rpc.event_log.watching import Watching

__all__ = ["Batches", "EventLogService", "Reading", "Streams", "Uploads", "Watching"]


class EventLogService:
    """The parts under one name."""

    def __init__(
        self, reading: Reading, batches: Batches, streams: Streams, watching: Watching, uploads: Uploads
    ) -> None:
        self.ListUserEvents = reading.ListUserEvents
        self.GetUserEvent = reading.GetUserEvent
        self.CountUserEvents = reading.CountUserEvents
        self.ListClientEvents = reading.ListClientEvents
        self.GetClientEvent = reading.GetClientEvent
        self.CountClientEvents = reading.CountClientEvents
        self.ListRejectedEvents = reading.ListRejectedEvents
        self.BatchWriteUserEvents = batches.BatchWriteUserEvents
        self.BatchCreateClientEvents = batches.BatchCreateClientEvents
        self.StreamUserEvents = streams.StreamUserEvents
        self.StreamClientEvents = streams.StreamClientEvents
        self.WatchEvents = watching.WatchEvents
        self.UploadUserEvents = uploads.UploadUserEvents
        self.UploadClientEvents = uploads.UploadClientEvents

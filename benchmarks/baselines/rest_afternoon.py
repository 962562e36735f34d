"""What a team writes in an afternoon: FastAPI, and one SQLite commit for each event.

`python -m benchmarks.baselines.rest_afternoon DATABASE`
"""

from __future__ import annotations

import sys
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from benchmarks.baselines.afternoon import Events
from benchmarks.baselines.rest_serving import serve


class UserEvent(BaseModel):
    eventType: str  # noqa: N815  JSON's name
    visitorId: str  # noqa: N815
    eventTime: str | None = None  # noqa: N815
    sessionId: str = ""  # noqa: N815
    uri: str = ""
    pageCategories: list[str] = []  # noqa: N815
    productDetails: list[dict[str, Any]] = []  # noqa: N815
    userInfo: dict[str, Any] = {}  # noqa: N815


class ClientEvent(BaseModel):
    eventId: str  # noqa: N815
    requestId: str = ""  # noqa: N815
    createTime: str  # noqa: N815
    jobEvent: dict[str, Any]  # noqa: N815


def application(events: Events) -> FastAPI:
    app = FastAPI()

    @app.post("/v2/projects/{project}/locations/{location}/catalogs/{catalog}/userEvents:write")
    def write(project: str, location: str, catalog: str, event: UserEvent) -> UserEvent:
        events.store(f"{project}/{location}/{catalog}", None, event.model_dump_json().encode())
        return event

    @app.post("/v4/projects/{project}/tenants/{tenant}/clientEvents")
    def create(project: str, tenant: str, event: ClientEvent) -> ClientEvent:
        events.store(f"{project}/{tenant}", event.eventId, event.model_dump_json().encode())
        return event

    return app


if __name__ == "__main__":
    serve(application(Events(sys.argv[1])))

"""An empty REST call: Starlette on uvicorn parses the JSON body, or the event in the query, and returns it."""

from __future__ import annotations

import json

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from benchmarks.baselines.rest_serving import serve

_GIF = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b")


async def write(request: Request) -> Response:
    return JSONResponse(json.loads(await request.body()))


async def collect(request: Request) -> Response:
    json.loads(request.query_params["userEvent"])
    return Response(_GIF, media_type="image/gif")


app = Starlette(
    routes=[
        Route("/v2/projects/{p}/locations/{l}/catalogs/{c}/userEvents:write", write, methods=["POST"]),
        Route("/v2/projects/{p}/locations/{l}/catalogs/{c}/userEvents:collect", collect, methods=["GET"]),
        Route("/v4/projects/{p}/tenants/{t}/clientEvents", write, methods=["POST"]),
    ]
)

if __name__ == "__main__":
    serve(app)

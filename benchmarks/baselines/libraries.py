"""Importing the libraries that the service has when it serves, and nothing of it: the least that a start can take."""

from __future__ import annotations

# ruff: noqa: F401
import apsw
import filelock
import google.api.annotations_pb2
import google.longrunning.operations_proto_pb2
import google.protobuf.json_format
import google.rpc.error_details_pb2
import grpc
import grpc.aio
import grpc_health.v1.health
import grpc_reflection.v1alpha.reflection
import grpc_status.rpc_status
import httptools
import iso4217
import orjson
import prometheus_client
import pydantic_settings
import rich
import structlog
import typer
import uvicorn
import uvicorn.protocols.http.httptools_impl
import uvloop

print("imported", flush=True)

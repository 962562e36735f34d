"""/openapi.json: every path, what it takes and what it answers, from the annotations that requests are served by."""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from collections.abc import Iterable
from importlib import resources
from typing import Any, Final

from google.protobuf.descriptor import FieldDescriptor

from service.doors.http import requests
from service.doors.http.application import Page
from service.doors.http.bindings import Binding
from service.doors.http.calls import Call
from service.doors.http.responses import JSON, Answer
from service.doors.http.schemas import Schema, Schemas, in_query, is_required
from service.events import paths

_VARIABLE: Final = re.compile(r"\{([^}=]+)(?:=([^}]*))?\}")
_VERSION: Final = re.compile(r"/(v\d\w*)/")
_SENTENCE: Final = re.compile(r"(.+?\.)(?:\s|$)", re.DOTALL)
_JSON: Final = "application/json"
_PROTOBUF: Final = "application/x-protobuf"
_HTTP_BODY: Final = "google.api.HttpBody"
_ANY: Final[Schema] = {"type": "string", "format": "binary"}
_UNREPEATED: Final = {"branches": "branch"}

_SYSTEM: Final[dict[str, Schema]] = {
    "alt": {
        "name": "$alt",
        "in": "query",
        "description": "Form of the answer: JSON, the bytes of the message, or what the message carries.",
        "schema": {"type": "string", "enum": ["json", "proto", "media"]},
    },
    "fields": {
        "name": "fields",
        "in": "query",
        "description": "Which fields to answer, such as `name,metadata(createTime)`; all, when empty.",
        "schema": {"type": "string"},
    },
    "prettyPrint": {
        "name": "prettyPrint",
        "in": "query",
        "description": "Whether the JSON is to be indented.",
        "schema": {"type": "boolean"},
    },
}
_ERROR_FORMS: Final[Schema] = {
    _JSON: {"schema": {"$ref": "#/components/schemas/Error"}},
    _PROTOBUF: {"schema": _ANY},
}
_ERROR: Final[Schema] = {
    "type": "object",
    "description": "What went wrong (https://google.aip.dev/193).",
    "properties": {
        "error": {
            "type": "object",
            "properties": {
                "code": {"type": "integer", "description": "The HTTP status."},
                "message": {"type": "string", "description": "What is wrong, and the remedy."},
                "status": {"type": "string", "description": "The google.rpc.Code."},
                "details": {
                    "type": "array",
                    "description": "ErrorInfo has the reason, BadRequest every violated rule with its field, "
                    "RequestInfo the id of the request.",
                    "items": {"type": "object", "properties": {"@type": {"type": "string"}}, "required": ["@type"]},
                },
            },
            "required": ["code", "message", "status", "details"],
        }
    },
    "required": ["error"],
}


def page(bindings: Iterable[Binding]) -> Page:
    """The page that has the document of `bindings`, made when it is first asked for."""
    served = list(bindings)
    made: asyncio.Task[bytes] | None = None

    async def answer(_call: Call) -> Answer:
        nonlocal made
        if made is None:
            made = asyncio.create_task(asyncio.to_thread(lambda: _compact(document(served))))
        return Answer(200, JSON, await asyncio.shield(made), (("cache-control", "no-cache"),))

    return Page(answer)


def document(bindings: Iterable[Binding]) -> dict[str, Any]:
    """The document (OpenAPI 3.1) of `bindings` whose methods are served."""
    comments: dict[str, str] = json.loads(resources.files("generated").joinpath("comments.json").read_text("utf-8"))
    schemas = Schemas(comments)
    found: dict[str, Any] = {}
    tags: dict[str, Schema] = {}
    names: Counter[str] = Counter()
    for binding in bindings:
        if not binding.method.served:
            continue
        path, parameters = _path(binding)
        operation = _operation(binding, schemas)
        names[operation["operationId"]] += 1
        if names[operation["operationId"]] > 1:
            operation["operationId"] += f".{names[operation['operationId']]}"
        operation["parameters"] = [*parameters, *operation["parameters"]]
        found.setdefault(path, {})[binding.http_method.lower()] = operation
        [tag] = operation["tags"]
        tags[tag] = {"name": tag, **schemas.described(binding.method.service)}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Footfall",
            "version": "1",
            "description": "Every method of this server over HTTP. Fields may be written in snake_case too, enums as "
            "numbers, 64-bit integers without quotes.",
        },
        "servers": [{"url": "/"}],
        "tags": list(tags.values()),
        "paths": found,
        "components": {
            "schemas": {"Error": _ERROR, **dict(sorted(schemas.components.items()))},
            "parameters": _SYSTEM,
            "responses": {"Error": {"description": "It failed.", "content": _ERROR_FORMS}},
        },
    }


def _compact(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _reference(name: str, kind: str = "schemas") -> Schema:
    return {"$ref": f"#/components/{kind}/{name}"}


def _operation(binding: Binding, schemas: Schemas) -> dict[str, Any]:
    method = binding.method
    version = _VERSION.match(binding.template)
    service = method.service.rpartition(".")[2]
    text = schemas.described(method.path[1:].replace("/", ".")).get("description", "")
    sentence = _SENTENCE.match(text)
    operation: dict[str, Any] = {
        "operationId": f"{version[1] if version else ''}.{service}.{method.name}",
        "tags": [f"{version[1]}.{service}" if version else service],
        "summary": " ".join(sentence[1].removesuffix(".").split()) if sentence else method.name,
        "description": text,
        "parameters": [*_query(binding, schemas), *(_reference(name, "parameters") for name in _SYSTEM)],
        "responses": {"200": _answer(binding, schemas), "default": _reference("Error", "responses")},
    }
    if binding.body:
        operation["requestBody"] = _body(binding, schemas)
    return operation


def _path(binding: Binding) -> tuple[str, list[Schema]]:
    """The path with a parameter for each `*` of the template, and these parameters."""
    parameters: list[Schema] = []

    def named(match: re.Match[str]) -> str:
        variable, pattern = match[1], match[2] or "*"
        segments = pattern.split("/")
        for at, segment in enumerate(segments):
            if segment not in ("*", "**"):
                continue
            name = _singular(segments[at - 1]) if at else variable
            segments[at] = f"{{{name}}}"
            text = f"Part of `{variable}`, which is `{pattern}`."
            if segment == "**":
                text += " It may have slashes in it."
            schema = {"type": "string", "minLength": 1, "pattern": "^[^/]+$"}
            parameters.append({"name": name, "in": "path", "required": True, "description": text, "schema": schema})
        return "/".join(segments)

    return _VARIABLE.sub(named, binding.template), parameters


def _singular(collection: str) -> str:
    return _UNREPEATED.get(collection, collection.removesuffix("s"))


def _in_path(binding: Binding) -> set[str]:
    return {match[1] for match in _VARIABLE.finditer(binding.template)}


def _query(binding: Binding, schemas: Schemas) -> list[Schema]:
    if binding.body == "*" and not binding.method.client_streaming:
        return []
    elsewhere = _in_path(binding) | {binding.body}
    descriptor: Any = binding.method.request_type.DESCRIPTOR
    if binding.method.client_streaming:
        data = requests.bytes_field(descriptor)
        elsewhere |= {data.name} if data else set()
    return [_parameter(path, field, schemas) for path, field in in_query(descriptor, elsewhere)]


def _parameter(path: str, field: FieldDescriptor, schemas: Schemas) -> Schema:
    schema = schemas.field(field)
    described = {"description": schema.pop("description")} if "description" in schema else {}
    required = {"required": True} if is_required(field) and "." not in path else {}
    return {"name": paths.to_json(path), "in": "query", **required, **described, "schema": schema}


def _body(binding: Binding, schemas: Schemas) -> Schema:
    descriptor: Any = binding.method.request_type.DESCRIPTOR
    if binding.method.client_streaming:
        return {"required": True, "content": {"application/octet-stream": {"schema": _ANY}}}
    if binding.body == "*":
        top = {variable for variable in _in_path(binding) if "." not in variable}
        schema = schemas.fields_of(descriptor, top, asked=True)
        return {"required": bool(schema.get("required")), "content": {_JSON: {"schema": schema}}}
    field = descriptor.fields_by_name[binding.body]
    return {"required": is_required(field), "content": {_JSON: {"schema": schemas.field(field)}}}


def _answer(binding: Binding, schemas: Schemas) -> Schema:
    descriptor: Any = binding.method.response_type.DESCRIPTOR
    if binding.response_body:
        schema = schemas.field(descriptor.fields_by_name[binding.response_body])
    else:
        schema = schemas.message(descriptor)
    if binding.method.server_streaming:
        text = "Messages as they come: one JSON a line, or server-sent events for who accepts these."
        return {
            "description": text,
            "content": {"application/jsonl": {"schema": schema}, "text/event-stream": {"schema": schema}},
        }
    content: dict[str, Schema] = {_JSON: {"schema": schema}, _PROTOBUF: {"schema": _ANY}}
    if descriptor.full_name == _HTTP_BODY:
        content["image/gif"] = {"schema": _ANY}
    return {"description": "It succeeded.", "content": content}

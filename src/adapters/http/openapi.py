"""The OpenAPI document: what FastAPI finds, and the bodies that we read ourselves."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final, NamedTuple

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from adapters.http.models import AmendBody, ErrorAnswer, HaltBody, OrderBody, ResumeBody
from adapters.http.models_alerts import AcknowledgeBody
from adapters.http.models_control import (
    AdjustBody,
    ApproveLimitsBody,
    BustBody,
    ResolveBody,
    SetLimitsBody,
    TransferBody,
)
from adapters.http.models_replays import ReplayBody
from adapters.http.models_strategies import StrategyBody

_REF: Final = "#/components/schemas/{model}"
_BODIES: Final[tuple[type[BaseModel], ...]] = (
    *(OrderBody, AmendBody, HaltBody, ResumeBody),
    *(ResolveBody, AdjustBody, TransferBody, BustBody, SetLimitsBody, ApproveLimitsBody),
    *(StrategyBody, AcknowledgeBody),
)
_HEADERS: Final = "POST, PUT, PATCH and DELETE need `Content-Type: application/json` or the header `X-Livexec: 1`."


class About(NamedTuple):
    """What the document of one service says of it, and the bodies that it reads itself."""

    title: str
    says: str
    bodies: tuple[type[BaseModel], ...]


LIVE: Final = About(
    "livexec",
    f"""Orders in, results out, with the field names of `livexec.v1`.

Decimals travel as text, times as UTC nanoseconds. Every refusal names the field, its value and what would pass.
A submit that got no answer, 429 or 503 is repeated with the same `operation_id`: it is the same order, for ever.
{_HEADERS}""",
    _BODIES,
)
BACKTESTS: Final = About(
    "livexec backtests",
    f"""Replays of signals over recorded markets: begun, watched, listed and read.

Decimals travel as text, times as UTC nanoseconds. Every refusal names the field, its value and what would pass.
The same request is the same replay, with the same `run_id`, whenever it is repeated.
{_HEADERS}""",
    (ReplayBody,),
)


def body_of(model: type[BaseModel]) -> dict[str, Any]:
    """Describe the body of an endpoint that reads it itself."""
    schema = {"$ref": _REF.format(model=model.__name__)}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Describe the refusals of an endpoint."""
    return {status: {"model": ErrorAnswer, "description": HTTPStatus(status).phrase} for status in statuses}


def document(app: FastAPI, about: About = LIVE) -> Mapping[str, Any]:
    """Return the whole document, made once."""
    if app.openapi_schema is None:
        made = get_openapi(title=about.title, version=app.version, description=about.says, routes=app.routes)
        schemas = made.setdefault("components", {}).setdefault("schemas", {})
        for model in about.bodies:
            schema = model.model_json_schema(ref_template=_REF)
            schemas.update(schema.pop("$defs", {}))
            schemas[model.__name__] = schema
        made["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        made["security"] = [{"token": []}, {}]
        app.openapi_schema = made
    return app.openapi_schema

"""Query strings: a filter that is misspelled must never be a filter that is not there."""

from __future__ import annotations

from typing import Final

from fastapi import Request
from fastapi.routing import APIRoute

from adapters.doors.text import unknown_field
from ports.errors import InvalidInputError

_REPEATABLE: Final = "status"


async def check_query(request: Request) -> None:
    """Refuse a parameter that the endpoint does not know, and one that is given twice.

    Raises:
        InvalidInputError: names the parameter and its nearest neighbour.
    """
    route = request.scope.get("route")
    if not isinstance(route, APIRoute) or not request.query_params:
        return
    known = _parameters(route)
    seen: set[str] = set()
    for name, value in request.query_params.multi_items():
        if name not in known:
            raise unknown_field("", name, value, known)
        if name in seen and name != _REPEATABLE:
            raise InvalidInputError(name, value, "it is there twice: give it once")
        seen.add(name)


def _parameters(route: APIRoute) -> list[str]:
    """Return the names that an endpoint reads from its query, those inside a model of parameters too."""
    names: list[str] = []
    for parameter in route.dependant.query_params:
        model = getattr(parameter.field_info.annotation, "model_fields", None)
        if model is None:
            names.append(parameter.alias)
        else:
            names += [field.alias or name for name, field in model.items()]
    return names

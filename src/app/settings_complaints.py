"""From what pydantic says to what a person needs: the key's full path, the nearest known key, never a secret."""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Annotated, Any, Final, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from app.settings_environment import Expanded, dotted
from app.settings_problems import Problem, nearest
from app.settings_types import SecretText

_SHAPES: Final = {
    "model_type": "write an object: { … }",
    "dict_type": "write an object: { … }",
    "tuple_type": "write a list: [ … ]",
    "string_type": "write a text",
    "string_too_short": "write a text that is not empty",
}
_SHOWN: Final = 60


def problems_of(model: type[BaseModel], error: ValidationError, expanded: Expanded) -> Iterator[Problem]:
    """Say each error in our words; one that only comes from a variable that is not set is left to that."""
    for each in error.errors(include_url=False, include_context=False):
        path = tuple(part for part in each["loc"] if not _is_a_choice(part))
        if any(path == known[: len(path)] for known in expanded.incomplete):
            continue
        if each["type"] == "extra_forbidden":
            yield _unknown_key(model, path)
        elif each["type"] == "missing":
            yield Problem(where=dotted(path), what="it is missing", remedy="write it")
        else:
            yield Problem(
                where=dotted(path),
                what=_shown(model, path, each["input"], expanded),
                remedy=_SHAPES.get(each["type"]) or each["msg"].removeprefix("Value error, "),
            )


def _is_a_choice(part: int | str) -> bool:
    """Say whether a part of a location is pydantic's own note (a union's branch, a key's), not a key."""
    return isinstance(part, str) and (part == "[key]" or part.startswith(("literal[", "function-", "constrained-")))


def _shown(model: type[BaseModel], path: tuple[int | str, ...], value: object, expanded: Expanded) -> str:
    if path in expanded.referring:
        return "what its variable holds is not usable"
    if isinstance(value, dict | list | BaseModel) or _is_secret(model, path):
        return "it is not usable"
    text = repr(value) if isinstance(value, str) else str(value)
    return f"{text if len(text) <= _SHOWN else text[:_SHOWN] + '…'} is not usable"


def _unknown_key(model: type[BaseModel], path: tuple[int | str, ...]) -> Problem:
    parent = _at(model, path[:-1])
    known = list(parent.model_fields) if isinstance(parent, type) and issubclass(parent, BaseModel) else []
    like = nearest(str(path[-1]), known)
    elsewhere = next((place for place in _places(model, ()) if place[-1] == path[-1]), None)
    if like is not None:
        remedy = f"did you mean {dotted((*path[:-1], like))}?"
    elif elsewhere is not None:
        remedy = f"did you mean {dotted(elsewhere)}?"
    else:
        remedy = f"known here: {', '.join(known)}"
    return Problem(where=dotted(path), what="there is no such key", remedy=remedy)


def _places(model: type[BaseModel], above: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for name, info in model.model_fields.items():
        yield (*above, name)
        for inner in _candidates(info.annotation):
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                yield from _places(inner, (*above, name))


def _is_secret(model: type[BaseModel], path: tuple[int | str, ...]) -> bool:
    parent = _at(model, path[:-1]) if path else None
    if isinstance(parent, type) and issubclass(parent, BaseModel) and path[-1] in parent.model_fields:
        info = parent.model_fields[str(path[-1])]
        return _mentions_secret(info.annotation)
    return parent is None or _mentions_secret(parent)


def _mentions_secret(annotation: Any) -> bool:
    secret = get_args(SecretText)[0]
    return annotation is secret or any(_mentions_secret(each) for each in get_args(annotation))


def _at(model: type[BaseModel], path: tuple[int | str, ...]) -> Any:
    """Follow a path through models, lists and mappings to the type that stands there; None where none does."""
    here: Any = model
    for part in path:
        here = next((step for each in _candidates(here) if (step := _step(each, part)) is not None), None)
        if here is None:
            return None
    models = [each for each in _candidates(here) if isinstance(each, type) and issubclass(each, BaseModel)]
    return models[0] if models else here


def _step(annotation: Any, part: int | str) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        info = annotation.model_fields.get(str(part))
        return None if info is None else info.annotation
    if get_origin(annotation) is tuple and isinstance(part, int):
        return get_args(annotation)[0]
    if get_origin(annotation) is dict and isinstance(part, str):
        return get_args(annotation)[1]
    return None


def _candidates(annotation: Any) -> Iterator[Any]:
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _candidates(get_args(annotation)[0])
    elif origin in (Union, types.UnionType):
        for each in get_args(annotation):
            yield from _candidates(each)
    else:
        yield annotation

"""Holds what somebody configured against what a venue's factory says it takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from ports.errors import InvalidInputError
from ports.venue_settings import Setting


def read_settings(given: Mapping[str, str], schema: Sequence[Setting]) -> Mapping[str, str]:
    """Return every setting of a schema: what was given, else its default.

    Raises:
        InvalidInputError: one is unknown, missing or none of its choices; names it, and never shows a secret.
    """
    known = {one.name: one for one in schema}
    for name in given:
        if name not in known:
            like = get_close_matches(name, known, 1)
            remedy = f"did you mean {like[0]}?" if like else f"settings are: {', '.join(known)}"
            raise InvalidInputError(name, "", f"is no setting of this venue; {remedy}")
    read: dict[str, str] = {}
    for one in schema:
        value = given.get(one.name) or one.default
        if value is None:
            raise InvalidInputError(one.name, "", f"is required: {one.says}")
        if one.choices and value not in one.choices:
            shown = "" if one.is_secret else value
            raise InvalidInputError(one.name, shown, f"write one of: {', '.join(one.choices)}")
        read[one.name] = value
    return read


def said(schema: Sequence[Setting]) -> str:
    """Return a schema in one line: each key, whether it is required or secret, and its default."""
    return ", ".join(f"{one.name} ({_about(one)})" for one in schema)


def _about(one: Setting) -> str:
    if one.is_secret:
        return "required, secret" if one.default is None else "secret"
    return "required" if one.default is None else f"else {one.default}" if one.default else "may be left out"

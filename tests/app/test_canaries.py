"""A marked secret in every place of the configuration that may hold one, and nothing that is shown has it."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

import pytest

from app.settings import Settings, parse_settings
from app.settings_problems import SettingsError

CANARY = "c4n4ry"
KEYS = {"api_key": f"{CANARY}-key", "api_secret": f"{CANARY}-secret"}
WHOLE: Mapping[str, Any] = {
    "trading_node": {
        "data_clients": [{"name": "BINANCE_SPOT", **KEYS}],
        "exec_clients": [{"name": "OKX", **KEYS, "api_passphrase": f"{CANARY}-phrase"}],
        "live_trading_acknowledged": True,
    },
    "external_adapters": {"DERIBIT": KEYS, "ACME": {"token": f"{CANARY}-token"}},
    "redis": {"url": f"redis://:{CANARY}@127.0.0.1:6379/0"},
    "alerts": {"webhook_url": f"https://chat.example/{CANARY}", "sinks": {"acme_pager": {"key": f"{CANARY}-pager"}}},
    "database": {"url": f"postgresql://livexec:{CANARY}@127.0.0.1:5432/livexec"},
    "doors": {"tokens": {"anna": f"{CANARY}-anna", "tom": f"{CANARY}-tom"}},
}


def places(tree: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield where every canary sits."""
    children = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in children:
        yield from places(value, (*path, key))
    if isinstance(tree, str) and CANARY in tree:
        yield path


def spoiled(path: tuple[Any, ...], value: object) -> str:
    """Return the configuration with one secret made wrong, canary and all."""
    tree: Any = deepcopy(dict(WHOLE))
    inner = tree
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return json.dumps(tree)


def test_what_is_shown_of_a_configuration_has_none_of_its_secrets() -> None:
    settings = parse_settings(json.dumps(WHOLE), {})
    shown = [repr(settings), str(settings), json.dumps(settings.redacted()), str(settings.model_dump())]
    shown += [repr(getattr(settings, name)) for name in Settings.model_fields]
    assert len(list(places(WHOLE))) >= 12
    assert not [each for each in shown if CANARY in each]


def complaint(text: str) -> str:
    """Return everything that is said of a configuration; nothing where it is taken."""
    try:
        parse_settings(text, {})
    except SettingsError as error:
        return f"{error} {error!r} {error.args}"
    return ""


@pytest.mark.parametrize("wrong", [[f"{CANARY}"], {"x": CANARY}, f" {CANARY} \n", f"http://[{CANARY}"], ids=str)
def test_no_complaint_about_a_secret_repeats_it(wrong: object) -> None:
    said = {path: complaint(spoiled(path, wrong)) for path in places(WHOLE)}
    assert any(said.values())
    assert not [path for path, words in said.items() if CANARY in words]


def test_a_secret_is_never_pickled() -> None:
    settings = parse_settings(json.dumps(WHOLE), {})
    with pytest.raises(TypeError):
        pickle.dumps(settings.doors.tokens["anna"])

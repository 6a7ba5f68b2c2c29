"""What trips by itself, and who has the last word, reaches the core as it is written, or is refused by name."""

import json
from typing import Any

import pytest

from app.container import live_container
from app.recording import read_controls, rules_text
from app.settings import Settings, parse_settings
from app.settings_controls import control_rules
from app.settings_problems import SettingsError
from core.control_rules import ControlRules, CountedTrip, TimedTrip
from ports.commands import HaltMode

MS = 1_000_000
TOKENS = {"tokens": {"ann": "secret-of-ann", "ben": "secret-of-ben"}}
CONTROLS = {
    "risk_officers": ["ann"],
    "two_person_limits": True,
    "approval_within_ms": 5000,
    "trips": {
        "loss": {"mode": "FLATTEN"},
        "rejections": {"count": 5, "window_ms": 1000},
        "disconnect": {"after_ms": 30000, "mode": "cancel"},
        "failures": {"count": 2},
    },
}
RULES = ControlRules(
    loss=HaltMode.FLATTEN,
    rejections=CountedTrip(count=5, window_ns=1000 * MS, mode=HaltMode.HALT),
    disconnect=TimedTrip(after_ns=30_000 * MS, mode=HaltMode.CANCEL),
    failures=CountedTrip(count=2, window_ns=60_000 * MS, mode=HaltMode.HALT),
    risk_officers=("ann",),  # type: ignore[arg-type]
    two_person_limits=True,
    approval_within_ns=5000 * MS,
)


def settings(doors: Any = TOKENS, **controls: Any) -> Settings:
    return parse_settings(json.dumps({"controls": {**CONTROLS, **controls}, "doors": doors}), {})


def test_every_key_reaches_the_core() -> None:
    assert control_rules(settings().controls) == RULES
    assert live_container(settings()).controls() == RULES


def test_what_is_left_out_trips_nothing_and_needs_nobody() -> None:
    assert control_rules(parse_settings("{}", {}).controls) == ControlRules()


def test_a_recorded_session_is_led_again_by_the_rules_it_had() -> None:
    assert read_controls(rules_text(RULES)) == RULES
    assert read_controls("") == ControlRules()


@pytest.mark.parametrize(
    ("doors", "changed", "said"),
    [
        ({}, {"two_person_limits": False}, "ann has no token"),
        ({"tokens": {"ann": "x1"}}, {}, "two people need two tokens"),
        ({"tokens": {"config": "x1", "ann": "x2"}}, {}, "config is what the service calls itself"),
        ({"tokens": {"livexec": "x1", "ann": "x2"}}, {}, "livexec is what the service calls itself"),
        (TOKENS, {"trips": {"loss": {"mode": "panic"}}}, "reduce"),
        (TOKENS, {"trips": {"rejections": {"count": 0}}}, "count"),
        (TOKENS, {"trips": {"rejections": {"count": 5, "window_ms": 60001}}}, "window_ms"),
        (TOKENS, {"trips": {"disconnect": {}}}, "after_ms"),
        (TOKENS, {"trips": {"lost": {}}}, "loss"),
    ],
)
def test_what_cannot_be_used_is_named(doors: Any, changed: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        settings(doors, **changed)
    assert said in str(refusal.value)
    assert "secret-of" not in str(refusal.value)

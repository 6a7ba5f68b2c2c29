"""Every kind of fact survives being written as JSON and read; what is no fact is refused by name."""

import json
import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal
from enum import Enum
from typing import Any, NewType, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ports.errors import JournalCorruptError
from ports.facts import FACTS, Fact, HaltLifted, decode_fact, kind_of, status_after, version_of
from ports.facts.codec import UPCASTERS, Upcasters
from ports.instruments import InstrumentKey
from ports.values import OrderStatus

from fakes.desk import as_json, through_json
from fakes.sayings import INVERSE, PERP, SPOT

PLAIN: dict[object, st.SearchStrategy[Any]] = {
    Decimal: st.integers(-(10**36) + 1, 10**36 - 1).map(lambda digits: Decimal(f"{digits}E-18")),
    InstrumentKey: st.sampled_from([PERP, SPOT, INVERSE]),
    str: st.text(max_size=5),
    int: st.integers(-(2**63), 2**63 - 1),
    bool: st.booleans(),
}


def anything(declared: Any) -> st.SearchStrategy[Any]:
    """Any value of a type that facts are made of."""
    if isinstance(declared, NewType):
        return anything(declared.__supertype__)
    if declared in PLAIN:
        return PLAIN[declared]
    if isinstance(declared, type) and issubclass(declared, Enum):
        return st.sampled_from(list(declared))
    if is_dataclass(declared):
        hints = get_type_hints(declared)
        assert isinstance(declared, type)
        return st.builds(declared, **{field.name: anything(hints[field.name]) for field in fields(declared)})
    origin, args = get_origin(declared), get_args(declared)
    if origin in (types.UnionType, Union):
        return st.none() | st.one_of([anything(arg) for arg in args if arg is not types.NoneType])
    if origin is tuple:
        return st.lists(anything(args[0]), max_size=2).map(tuple)
    assert issubclass(origin, Mapping)
    return st.dictionaries(anything(args[0]), anything(args[1]), max_size=2)


@pytest.mark.parametrize("kind", FACTS, ids=lambda kind: kind.__name__)
def test_a_fact_of_every_kind_is_read_back_as_it_was_written(kind: type[Fact]) -> None:
    @settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow])
    @given(anything(kind))
    def is_read_back(fact: Fact) -> None:
        (read,) = through_json([fact])
        assert read == fact
        assert type(read) is type(fact)
        assert as_json(read) == as_json(fact)

    is_read_back()


def test_a_fact_is_known_by_the_name_and_version_of_its_kind() -> None:
    assert len({kind.__name__ for kind in FACTS}) == len(FACTS)
    assert all(version >= 1 for version in FACTS.values())


LIFTED = {"scope": "global", "value": "", "principal": "p", "reason": "r", "lifted_ns": 5}
TRADED: dict[str, Any] = {"account": "a", "instrument": PERP}


def test_a_body_in_plain_data_makes_its_fact() -> None:
    fact = decode_fact("HaltLifted", 1, LIFTED)
    assert (kind_of(fact), version_of(fact), json.loads(as_json(fact))) == ("HaltLifted", 1, LIFTED)


def test_a_kind_that_this_program_does_not_know_is_refused_by_name() -> None:
    with pytest.raises(JournalCorruptError, match="'OrderTeleported' is not known"):
        decode_fact("OrderTeleported", 1, {})


def test_a_version_that_this_program_does_not_know_is_refused() -> None:
    with pytest.raises(JournalCorruptError, match="HaltLifted version 2 is not known"):
        decode_fact("HaltLifted", 2, LIFTED)


def test_a_body_of_an_earlier_version_is_made_one_of_today_step_by_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FACTS, HaltLifted, 3)
    upcasters: Upcasters = {
        ("HaltLifted", 1): lambda body: {**body, "why": body["cause"]},
        ("HaltLifted", 2): lambda body: {
            **{name: body[name] for name in ("scope", "value", "principal", "lifted_ns")},
            "reason": body["why"],
        },
    }
    old = {name: LIFTED[name] for name in ("scope", "value", "principal", "lifted_ns")}
    today = decode_fact("HaltLifted", 3, LIFTED, upcasters)
    assert decode_fact("HaltLifted", 1, {**old, "cause": "r"}, upcasters) == today
    assert decode_fact("HaltLifted", 2, {**old, "why": "r"}, upcasters) == today


def test_every_earlier_version_of_a_kind_is_made_one_of_the_next() -> None:
    earlier = {(kind.__name__, version) for kind, newest in FACTS.items() for version in range(1, newest)}
    assert earlier == set(UPCASTERS)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("HaltLifted", {}),
        ("HaltLifted", {**LIFTED, "scope": "galaxy"}),
        ("HaltLifted", []),
        ("OrderRouted", {"operation_id": "o", "venue": "V", "account": "a", "instrument": "BTC", "reason": ""}),
        ("RiskDecided", {"operation_id": "o", "decision_id": "d", "allowed": True, "verdicts": [], "price": "many",
                         "notional_usd": None}),
    ],
    ids=["a field is missing", "an unknown word", "no body", "no instrument", "no number"],
)  # fmt: skip
def test_a_body_that_is_not_of_its_kind_is_refused(kind: str, body: Any) -> None:
    with pytest.raises(JournalCorruptError, match=kind):
        decode_fact(kind, 1, body)


def test_a_field_with_a_default_may_be_missing_in_what_older_releases_wrote() -> None:
    fact = decode_fact(
        "OrderRouted", 1, {"operation_id": "o", "venue": "V", "account": "a", "instrument": PERP, "reason": ""}
    )
    assert getattr(fact, "quotes") == ()  # noqa: B009 - which of the kinds it is, the name above says


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("OrderRecorded", OrderStatus.PENDING),
        ("OrderReleased", OrderStatus.SUBMITTED),
        ("OrderRefused", OrderStatus.REJECTED),
        ("OrderRejected", OrderStatus.REJECTED),
        ("OrderCanceled", OrderStatus.CANCELED),
        ("OrderExpired", OrderStatus.EXPIRED),
        ("OrderUnconfirmed", OrderStatus.UNCONFIRMED),
        ("RiskDecided", None),
        ("OrderRouted", None),
        ("OrderUnseen", None),
        ("PositionChanged", None),
        ("OrderTombstoned", None),
    ],
)
def test_a_fact_says_what_status_its_order_has_after_it(kind: str, status: OrderStatus | None) -> None:
    (declared,) = [one for one in FACTS if one.__name__ == kind]

    @settings(max_examples=3)
    @given(anything(declared))
    def says(fact: Fact) -> None:
        assert status_after(fact) is status

    says()


@pytest.mark.parametrize("kind", ["OrderAcknowledged", "OrderFilled", "CancelRequested", "CancelWasRefused"])
def test_a_fact_that_carries_a_status_means_it(kind: str) -> None:
    (declared,) = [one for one in FACTS if one.__name__ == kind]

    @settings(max_examples=20)
    @given(anything(declared))
    def says(fact: Fact) -> None:
        assert status_after(fact) is getattr(fact, "status")  # noqa: B009 - all four kinds have one

    says()

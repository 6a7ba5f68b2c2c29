"""The page of risk has every rule as its card says it, every control a rule or a plain "not there"."""

from __future__ import annotations

import re

from app.settings import Settings
from core.invariants.limits import VERDICT_ALONE
from core.risk.registry import BY_NAME, REGISTRY
from docs.test_configuration import keys
from ports.facts import TripKind
from ports.limits import LIMIT_FIELDS

from fakes.pages import REPOSITORY, page

PAGE = "docs/risk.md"
TEST = re.compile(r"\]\((\S+?)\) `(\w+)`")


def test_every_rule_stands_there_as_its_card_says_in_the_order_of_asking() -> None:
    rows = list(page(PAGE).rows("Every rule"))
    assert rows == [
        [
            f"`{card.name}`",
            card.says,
            card.unit,
            ", ".join(f"`{name}`" for name in card.settings) or "always asked",
            card.source,
        ]
        for card in REGISTRY
    ]


def test_every_control_names_a_rule_or_says_that_there_is_none() -> None:
    for control, _, ours, *_ in page(PAGE).rows("Controls against the rules of others"):
        named = {word for word in ours.replace(",", " ").replace(";", " ").split() if word.strip("`") in BY_NAME}
        other = ("not there", "no ", "limits changed live", "reservations", "tokens", "positions")
        assert named or any(word in ours for word in other), control


def test_the_page_owns_up_to_every_rule_that_facts_cannot_judge() -> None:
    text = page(PAGE).text.partition("## What is proven from the facts")[2]
    named = {name for name in VERDICT_ALONE if f"`{name}`" in text}
    losses = {name for name in VERDICT_ALONE if name.startswith(("max_daily_loss", "max_drawdown"))}
    assert named | losses | {"halt"} == set(VERDICT_ALONE)


def test_every_control_names_settings_and_tests_that_there_are() -> None:
    limits, keys_of = {field.name for field in LIMIT_FIELDS}, dict(keys(Settings))
    rows = list(page(PAGE).rows("Controls against the rules of others"))
    assert len(rows) > 30
    for control, _, ours, settings, test in rows:
        named = [name.strip(" `") for name in settings.split(",")] if settings not in ("", "always asked") else []
        assert not [name for name in named if name not in limits and name not in keys_of], control
        if ours.startswith("not there"):
            assert not test
            continue
        found = TEST.search(test)
        assert found, control
        assert f"def {found[2]}(" in (REPOSITORY / "docs" / found[1]).read_text(encoding="utf-8"), control


def test_every_trip_is_explained() -> None:
    assert {row[0] for row in page(PAGE).rows("What trips by itself")} == set(TripKind)

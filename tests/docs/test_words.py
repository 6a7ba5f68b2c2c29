"""Facts, invariants, metrics, refusals, events and venues are named as they are, and all of them."""

from __future__ import annotations

import re

from adapters.doors.errors import Kind
from adapters.ticks import PAPER_VENUES
from app.cli.entry import app
from app.settings_venues import LIVE_VENUES
from core.invariants import INVARIANTS
from ports.commands import AdjustmentKind, HaltMode, HaltScope
from ports.facts import FACTS, BreakKind, FoundBy

from fakes.metrics import metrics
from fakes.pages import events, page


def test_every_kind_of_fact_is_explained() -> None:
    spans = {span for name in ("docs/one-order.md", "docs/glossary.md") for span in page(name).spans}
    assert not {kind.__name__ for kind in FACTS} - spans


def test_the_front_page_names_every_invariant_and_no_other() -> None:
    assert [row[0].strip("`") for row in page("README.md").rows("What is promised")] == list(INVARIANTS)


def test_the_front_page_names_every_paper_venue() -> None:
    rows = {row[0].strip("`"): row[1:] for row in page("README.md").rows("Venues")}
    assert set(PAPER_VENUES) <= set(rows)
    live = {venue for venue in PAPER_VENUES if rows[venue][1] != "not yet"}
    assert live == {one.venue for one in LIVE_VENUES.values()}
    assert all("never yet against the venue" in rows[venue][1] for venue in live)


def test_every_metric_is_listed_and_no_other() -> None:
    known = {f"{each.name}_total" if each.type == "counter" else each.name for each in metrics().collect()}
    rows = [row[0] for row in page("docs/operate.md").rows("Health and metrics")]
    listed = {name for row in rows for name in re.findall(r"`((?:livexec|process)_\w+)`", row)}
    assert listed == known


def test_every_event_is_listed_and_no_other() -> None:
    rows = [row for row in page("docs/operate.md").rows("Health and metrics") if "_" not in row[0] or "." in row[0]]
    assert events()
    assert {event for row in rows for event in re.findall(r"`([a-z._]+)`", row[0])} == events()


def test_every_refusal_is_listed_with_both_doors_words() -> None:
    listed = [tuple(row[:3]) for row in page("docs/operate.md").rows("What refusals mean")]
    assert listed == [(kind.reason, str(kind.http_status), kind.grpc_status) for kind in Kind]


def test_every_scope_and_mode_of_a_halt_is_named() -> None:
    spans = set(page("docs/operate.md").spans)
    assert not {*map(str, HaltScope), *map(str, HaltMode)} - spans


def test_the_changelog_names_every_command() -> None:
    commands = {name for name in app if not name.startswith("-")}
    assert commands
    assert not commands - set(page("CHANGELOG.md").spans)


def test_kinds_of_breaks_are_named_as_they_are() -> None:
    rows = page("docs/operate.md").rows("Put right what differs")
    assert [row[0].strip("`") for row in rows] == [str(kind) for kind in BreakKind]


def test_every_kind_of_adjustment_is_named() -> None:
    said = page("docs/glossary.md").text
    assert not [kind for kind in AdjustmentKind if kind not in said]


def test_every_way_that_a_trade_is_found_is_named() -> None:
    said = page("docs/glossary.md").text
    assert not [way for way in FoundBy if way not in said]

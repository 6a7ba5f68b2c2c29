"""Breaks: which are open, what to do about each, and closing one by a person's word."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from adapters.doors.asking import change
from adapters.doors.render import Plain
from adapters.doors.service import BreakView, Service
from adapters.doors.text import read_name, read_note, read_reason, read_venue
from ports.commands import ResolveBreak
from ports.errors import InvalidInputError
from ports.facts import BreakKind
from ports.instruments import InstrumentKey
from ports.values import Principal, plain

DEFAULT_LIMIT: Final = 100
MAX_LIMIT: Final = 1000
LONGEST_ID: Final = 500
OPEN: Final = "OPEN"
SETTLED: Final = "SETTLED"

REMEDIES: Final[Mapping[BreakKind, str]] = {
    BreakKind.OVERFILL: (
        "the position counts what the venue filled; look at the order there, bust the trade if the venue annuls it, "
        "then resolve"
    ),
    BreakKind.FILL_AFTER_REJECT: (
        "the trade is booked to its order's strategy; ask the venue whether it stands, bust it if it does not, then "
        "resolve"
    ),
    BreakKind.UNATTRIBUTED_ORDER: (
        "find out who placed it, and cancel it at the venue if nobody wants it; its trades go to strategy "
        "UNATTRIBUTED; then resolve"
    ),
    BreakKind.UNATTRIBUTED_FILL: (
        "strategy UNATTRIBUTED holds it; transfer it to the strategy that it belongs to, or leave it there; then "
        "resolve"
    ),
    BreakKind.GONE_FROM_VENUE: (
        "look at the venue for trades of the order; statements bring those it still tells, adjust the position "
        "(CORRECTION) for those it does not; then resolve"
    ),
    BreakKind.POSITION_DIFFERS: (
        "find the trade that is missing, or adjust the position (OPENING where it was there before us, else "
        "CORRECTION); it settles itself with the next statement that agrees"
    ),
    BreakKind.BALANCE_DIFFERS: (
        "say what moved it, in the resolution: a deposit, a withdrawal, a transfer between accounts, a fee or interest "
        "that no trade carried, a conversion; if it is none of these, look for the missing trade; then resolve"
    ),
    BreakKind.FORCED_CLOSE: (
        "the trade is shared out over the strategies that held what it closed, by how much they held: look at margin "
        "and positions, transfer between strategies what should lie elsewhere, then resolve"
    ),
    BreakKind.FUNDING_UNSHARED: (
        "strategy UNATTRIBUTED holds the payment: compare the positions of the account with the venue's at that time, "
        "then resolve"
    ),
    BreakKind.STOP_FAILED: (
        "the position is open without its stop: close it or place another stop now; it settles itself when the "
        "position is closed"
    ),
    BreakKind.CLOSING_REFUSED: (
        "the venue does not take the orders that close the position, which go on at growing pauses: look at what it "
        "says, close the position there if need be; it settles itself when the position is closed"
    ),
    BreakKind.RULE_FAILED: (
        "a risk rule of a plugin raised and refuses every order that it is asked about: mend it or name its plugin in "
        "disabled_plugins, start again, then resolve"
    ),
    BreakKind.QUARANTINE: (
        "a message could not be processed: report the defect with its detail, check the instrument at the venue, "
        "resume it, then resolve"
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakFilter:
    """Which open breaks somebody asked for; empty means any."""

    kind: BreakKind | None
    venue: str
    account: str
    instrument: InstrumentKey | None
    limit: int
    after: tuple[int, str]  # the last break of the page before: when it was opened, and its id

    def passes(self, view: BreakView) -> bool:
        """Say whether a break is one of them, on this page or a later one."""
        return (
            (self.kind is None or view.kind is self.kind)
            and (not self.venue or view.venue == self.venue)
            and (not self.account or view.account == self.account)
            and (self.instrument is None or view.instrument == self.instrument)
            and (view.opened_ns, view.break_id) > self.after
        )


def read_break_filter(
    *, status: str = "", kind: str = "", venue: str = "", account: str = "", instrument_key: str = "",
    limit: int = 0, cursor: str = "",
) -> BreakFilter:  # fmt: skip
    """Read the filters of a list of breaks; empty and 0 do not filter.

    Raises:
        InvalidInputError: names the field, its value, and what would pass.
    """
    if status == SETTLED:
        raise InvalidInputError("status", status, f"settled breaks cannot be listed yet: {OPEN}, or leave it out")
    if status not in ("", OPEN):
        raise InvalidInputError("status", status, f"there is no such status; write {OPEN}, or leave it out")
    if kind and kind not in list(BreakKind):
        raise InvalidInputError("kind", kind, f"there is no such kind; write one of: {' '.join(BreakKind)}")
    if not 0 <= limit <= MAX_LIMIT:
        raise InvalidInputError("limit", limit, f"ask for 1 to {MAX_LIMIT} breaks a page; 0: {DEFAULT_LIMIT}")
    return BreakFilter(
        kind=BreakKind(kind) if kind else None,
        venue=read_venue("venue", venue) if venue else "",
        account=read_name("account", account) if account else "",
        instrument=InstrumentKey(instrument_key) if instrument_key else None,
        limit=limit or DEFAULT_LIMIT,
        after=_place(cursor),
    )


def list_breaks(service: Service, wanted: BreakFilter) -> tuple[list[Plain], str]:
    """Return a page of the open breaks, oldest first, and the cursor of the next one; empty: this was the last."""
    now_ns = service.clock()
    found = sorted(filter(wanted.passes, service.breaks()), key=lambda view: (view.opened_ns, view.break_id))
    page = found[: wanted.limit]
    cursor = f"{page[-1].opened_ns}|{page[-1].break_id}" if len(found) > len(page) else ""
    return [break_plain(view, now_ns) for view in page], cursor


def break_plain(view: BreakView, now_ns: int) -> Plain:
    """Return a `Break` as plain data, but for the sequence that the answer stands on."""
    return {
        "break_id": view.break_id,
        "kind": view.kind.value,
        "status": OPEN,
        "venue": view.venue or "",
        "account": view.account or "",
        "instrument_key": view.instrument or "",
        "operation_id": view.operation_id or "",
        "ours": "" if view.ours is None else plain(view.ours),
        "theirs": "" if view.theirs is None else plain(view.theirs),
        "detail": view.detail,
        "remedy": REMEDIES[view.kind],
        "opened_at_ns": view.opened_ns,
        "age_ns": max(now_ns - view.opened_ns, 0),
        "settled_at_ns": 0,
        "resolution": "",
        "principal": "",
    }


def read_resolve(break_id: str, how: str, principal: Principal) -> ResolveBreak:
    """Read a person's word on a break.

    Raises:
        InvalidInputError: names the field, its value, and what would pass.
    """
    if not break_id:
        raise InvalidInputError("break_id", break_id, "name an open break: they are listed with their ids")
    return ResolveBreak(
        break_id=read_note("break_id", break_id, LONGEST_ID), how=read_reason("how", how), principal=principal
    )


async def resolve(service: Service, command: ResolveBreak) -> Plain:
    """Close a break, and return it as it then is.

    Raises:
        RefusedError: no such break is open.
        MailboxFullError, JournalUnavailableError, ShuttingDownError: as the gateway.
    """
    known = [view for view in service.breaks() if view.break_id == command.break_id]
    changed = await change(service, command)
    now_ns = service.clock()
    before = break_plain(known[0], now_ns) if known else {"break_id": command.break_id}
    return before | {
        "status": SETTLED,
        "settled_at_ns": now_ns,
        "resolution": command.how,
        "principal": command.principal,
        "sequence": changed["sequence"],
    }


def _place(cursor: str) -> tuple[int, str]:
    opened, found, break_id = cursor.partition("|")
    if not cursor:
        return -1, ""
    if not found or not opened.isascii() or not opened.isdigit() or len(opened) > 19:
        raise InvalidInputError("cursor", cursor, "give next_cursor of the page before, as it was")
    return int(opened), break_id

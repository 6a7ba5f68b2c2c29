"""Breaks: which are open and which were settled, what to do about each, and closing one by a person's word."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from adapters.doors.asking import change, read_at
from adapters.doors.render import Plain
from adapters.doors.service import BreakView, Service
from adapters.doors.text import read_name, read_note, read_reason, read_venue
from ports.commands import BreakReason, ResolveBreak
from ports.errors import InvalidInputError
from ports.facts import BreakKind
from ports.history import SettledBreak, SettledFilter
from ports.instruments import InstrumentKey
from ports.values import AccountId, Principal, VenueId, plain

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
        "find out what moved it, and resolve it with that reason: DEPOSIT, WITHDRAWAL, TRANSFER between accounts, FEE "
        "or INTEREST that no trade carried, CONVERSION; if it is none of these, look for the missing trade "
        "(MISSING_TRADE)"
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
    """Which breaks somebody asked for, the open ones or the settled; empty means any."""

    settled: bool
    kind: BreakKind | None
    venue: str
    account: str
    instrument: InstrumentKey | None
    limit: int
    after: tuple[int, str]  # of open ones, the last of the page before: when it was opened, and its id
    cursor: str  # of settled ones, as the tables gave it

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
    if status not in ("", OPEN, SETTLED):
        raise InvalidInputError("status", status, f"there is no such status; write {OPEN} or {SETTLED}")
    if kind and kind not in list(BreakKind):
        raise InvalidInputError("kind", kind, f"there is no such kind; write one of: {' '.join(BreakKind)}")
    if not 0 <= limit <= MAX_LIMIT:
        raise InvalidInputError("limit", limit, f"ask for 1 to {MAX_LIMIT} breaks a page; 0: {DEFAULT_LIMIT}")
    settled = status == SETTLED
    return BreakFilter(
        settled=settled,
        kind=BreakKind(kind) if kind else None,
        venue=read_venue("venue", venue) if venue else "",
        account=read_name("account", account) if account else "",
        instrument=InstrumentKey(instrument_key) if instrument_key else None,
        limit=limit or DEFAULT_LIMIT,
        after=_place("" if settled else cursor),
        cursor=cursor,
    )


async def list_breaks(service: Service, wanted: BreakFilter, min_sequence: int) -> tuple[list[Plain], str, int]:
    """Return a page of breaks, the cursor of the next one (empty: this was the last), and what it stands on.

    Open ones come oldest first, settled ones with the last settled first.

    Raises:
        NotYetVisibleError: `min_sequence` is not reached.
        InvalidInputError: the cursor is not one that this service gave.
    """
    sequence = read_at(service, min_sequence)
    if wanted.settled:
        return await _list_settled(service, wanted, min_sequence, sequence)
    now_ns = service.clock()
    found = sorted(filter(wanted.passes, service.breaks()), key=lambda view: (view.opened_ns, view.break_id))
    page = found[: wanted.limit]
    cursor = f"{page[-1].opened_ns}|{page[-1].break_id}" if len(found) > len(page) else ""
    return [break_plain(view, now_ns) for view in page], cursor, sequence


async def _list_settled(
    service: Service, wanted: BreakFilter, min_sequence: int, sequence: int
) -> tuple[list[Plain], str, int]:
    venues = {account: each.venue for each in service.venues() for account in each.accounts}
    where = SettledFilter(
        kind=wanted.kind,
        venue=VenueId(wanted.venue) if wanted.venue else None,
        accounts=frozenset([AccountId(account) for account, venue in venues.items() if venue == wanted.venue]),
        account=AccountId(wanted.account) if wanted.account else None,
        instrument=wanted.instrument,
    )
    page = await service.queries.settled_breaks(where, wanted.limit, wanted.cursor, min_sequence)
    return [_settled_plain(one, venues) for one in page.breaks], page.cursor, sequence


def _settled_plain(one: SettledBreak, venues: Mapping[AccountId, VenueId]) -> Plain:
    venue = None if one.account is None else venues.get(one.account)
    if venue is None and one.instrument is not None:
        venue = one.instrument.venue
    view = BreakView(
        break_id=one.break_id,
        kind=one.kind,
        account=one.account,
        venue=venue,
        instrument=one.instrument,
        operation_id=None,
        detail=one.detail,
        opened_ns=one.opened_ns,
    )
    return break_plain(view, one.settled_ns) | {
        "status": SETTLED,
        "settled_at_ns": one.settled_ns,
        "resolution": one.how,
        "principal": one.principal or "",
        "reason": one.reason or "",
    }


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
        "reason": "",
    }


def read_resolve(break_id: str, how: str, principal: Principal, reason: str = "") -> ResolveBreak:
    """Read a person's word on a break.

    Raises:
        InvalidInputError: names the field, its value, and what would pass.
    """
    if not break_id:
        raise InvalidInputError("break_id", break_id, "name an open break: they are listed with their ids")
    if reason and reason not in list(BreakReason):
        raise InvalidInputError("reason", reason, f"there is no such reason; write one of: {' '.join(BreakReason)}")
    return ResolveBreak(
        break_id=read_note("break_id", break_id, LONGEST_ID),
        how=read_reason("how", how),
        principal=principal,
        reason=BreakReason(reason) if reason else None,
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
        "reason": command.reason or "",
        "sequence": changed["sequence"],
    }


def _place(cursor: str) -> tuple[int, str]:
    opened, found, break_id = cursor.partition("|")
    if not cursor:
        return -1, ""
    if not found or not opened.isascii() or not opened.isdigit() or len(opened) > 19:
        raise InvalidInputError("cursor", cursor, "give next_cursor of the page before, as it was")
    return int(opened), break_id

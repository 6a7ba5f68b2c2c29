"""The shapes of what operators ask and are answered: breaks, corrections, limits, exposure."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from adapters.http.models import Exact
from adapters.http.models_limits import LimitsDocument

_KEY = "BINANCE-FUTURES:PERPETUAL:BTC-USDT@LIN"
_REASON = "Required, for the record; at most 200 characters"
_ID = "Idempotency key, unique for ever: 1 to 128 of A-Z a-z 0-9 . _ : -"
_ACCOUNT = "It has to list the instrument"


class BreakAnswer(Exact):
    """A difference between our ledger and a venue's."""

    break_id: str
    kind: str
    status: Literal["OPEN", "SETTLED"]
    venue: str
    account: str
    instrument_key: str
    operation_id: str = Field(description="The order it is about; empty: none")
    ours: str = Field(description="Where it is about two amounts")
    theirs: str
    detail: str
    remedy: str = Field(description="What to do about a break of this kind")
    opened_at_ns: int
    age_ns: int
    settled_at_ns: int = Field(description="0 while open")
    resolution: str
    principal: str = Field(description="Who settled it; empty: evidence did, or it is open")
    reason: str = Field(description="What moved a balance, where it was about one")
    sequence: int


class BreaksAnswer(Exact):
    """One page: open breaks, oldest first, or settled ones, the last settled first."""

    breaks: list[BreakAnswer]
    next_cursor: str = Field(description="Give it as cursor; empty: this was the last page")
    sequence: int


class ResolveBody(Exact):
    """Close a break."""

    how: str = Field(description="Required: what you found out and did", examples=["traded by hand; transferred"])
    reason: Literal[
        "", "DEPOSIT", "WITHDRAWAL", "TRANSFER", "FEE", "INTEREST", "CONVERSION", "MISSING_TRADE", "OTHER"
    ] = Field(default="", description="Required of BALANCE_DIFFERS, and of no other: what moved the balance")


class AdjustBody(Exact):
    """Put a position right that no trade of ours explains."""

    adjustment_id: str = Field(description=_ID)
    kind: Literal["OPENING", "CORRECTION"] = Field(description="It was there before us, or evidence shows it")
    account: str = Field(description=_ACCOUNT, examples=["PAPER-BINANCE-FUTURES"])
    strategy_id: str
    instrument_key: str = Field(examples=[_KEY])
    quantity: str | float = Field(description="Not zero: what is added; negative: taken away", examples=["-0.25"])
    price: str | float = Field(description="As if it had been traded at it", examples=["64000.5"])
    reason: str = Field(description=_REASON)


class TransferBody(Exact):
    """Move a position between two strategies of one account."""

    transfer_id: str = Field(description=_ID)
    account: str = Field(description=_ACCOUNT, examples=["PAPER-BINANCE-FUTURES"])
    from_strategy: str = Field(examples=["UNATTRIBUTED"])
    to_strategy: str
    instrument_key: str = Field(examples=[_KEY])
    quantity: str | float = Field(description="Not zero; negative: a short position is moved", examples=["0.25"])
    price: str | float = Field(description="At which the one closes and the other opens", examples=["64000.5"])
    reason: str = Field(description=_REASON)


class BustBody(Exact):
    """Take back a trade that its venue has annulled."""

    account: str = Field(examples=["PAPER-BINANCE-FUTURES"])
    instrument_key: str = Field(examples=[_KEY])
    trade_id: str = Field(description="fill_id of a fill")
    reason: str = Field(description=_REASON)


class ChangeAnswer(Exact):
    """What a command did to the record."""

    changed: bool = Field(description="false: it was so already")
    sequence: int = Field(description="Give it as min_sequence to read what it did")


class LimitChangeAnswer(Exact):
    """One limit that a document changes; texts are empty where it is not set."""

    name: str
    old: str
    new: str
    loosens: bool = Field(description="It lets more through")


class ProposalAnswer(Exact):
    """Limits that wait for a second person."""

    proposal_id: str
    principal: str = Field(description="Who proposed them, and cannot approve them")
    reason: str
    proposed_ns: int
    expires_ns: int
    changes: list[LimitChangeAnswer]


class LimitsAnswer(Exact):
    """The limits in force."""

    limits: LimitsDocument
    warnings: list[str] = Field(description="In words: limits that hold nothing, since nobody here knows their venue")
    pending: ProposalAnswer | None = Field(description="What waits for a second person; null: nothing does")
    sequence: int


class SetLimitsAnswer(LimitsAnswer):
    """The limits in force after the command."""

    changed: bool = Field(description="false: it was so already, or it waits for a second person")


class ApproveLimitsBody(Exact):
    """A second person's word on limits that wait for it."""

    proposal_id: str
    decision: Literal["APPROVE", "REFUSE"]
    reason: str = Field(description=_REASON)


class SetLimitsBody(Exact):
    """Put limits in force; numbers may be text or JSON numbers. Every key of the document has to be there."""

    limits: LimitsDocument
    reason: str = Field(description=_REASON)


class ExposureGroup(Exact):
    """Exposure of one strategy, instrument, venue or base asset."""

    group: str = Field(description="Which one; empty: the whole")
    gross: str = Field(description="What is long and what is short, added up; nothing netted between strategies")
    net: str = Field(description="Long less short")
    worst_case: str = Field(description="Gross, if every open and unconfirmed order filled the worse way")
    unpriced: int = Field(description="Positions left out for want of a price: the figures are too low")
    stale: int = Field(description="Positions at a price older than a minute, or at our own last trade")


class ExposureAnswer(Exact):
    """Exposure in the reporting currency; each grouping adds up to the total."""

    currency: str
    total: ExposureGroup
    by_strategy: list[ExposureGroup]
    by_instrument: list[ExposureGroup]
    by_venue: list[ExposureGroup]
    by_base_asset: list[ExposureGroup]
    sequence: int

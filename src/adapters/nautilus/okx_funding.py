"""The funding that an account at OKX received and paid, as its bills tell it."""

from __future__ import annotations

import msgspec

from adapters.nautilus.live_words import NANOS_A_MILLI, decimal
from adapters.nautilus.okx_words import Interpreter
from ports.reports import FundingReport
from ports.values import Currency, Money, TradeId


class BillWords(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """One change of a balance."""

    inst_id: str
    bill_id: str
    ccy: str
    bal_chg: str
    ts: str


def funding_of(bill: BillWords, interpreter: Interpreter) -> FundingReport:
    """Return a funding payment: what the balance changed by, positive where the account received it."""
    return FundingReport(
        account=interpreter.account,
        instrument=interpreter.key(bill.inst_id),
        payment_id=TradeId(bill.bill_id),
        amount=Money(decimal(bill.bal_chg), Currency(bill.ccy)),
        position=None,
        venue_time_ns=int(decimal(bill.ts)) * NANOS_A_MILLI,
    )

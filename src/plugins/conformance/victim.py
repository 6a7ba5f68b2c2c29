"""A process that sends orders until it is killed; told what by one line of JSON on standard input."""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
from decimal import Decimal
from typing import Any

from plugins.conformance.inbox import Inbox
from ports.errors import LivexecError
from ports.instruments import InstrumentKey
from ports.requests import SendOrder
from ports.values import ClientOrderId, OrderType, Price, Quantity, Side, TimeInForce
from ports.venue import VenueFactory


async def send_until_killed(told: dict[str, Any]) -> None:
    """Connect, and send order after order, writing the name of each before it leaves."""
    module, _, name = told["factory"].partition(":")
    factory: VenueFactory = getattr(importlib.import_module(module), name)()
    session, inbox = factory.session(told["settings"]), Inbox(patience_s=30)
    await session.connect(inbox, inbox)
    for number in range(told["orders"]):
        order = SendOrder(
            account=session.account,
            instrument=InstrumentKey(told["instrument"]),
            client_order_id=ClientOrderId(f"{told['prefix']}n{number}"),
            side=Side.BUY,
            quantity=Quantity(Decimal(told["quantity"])),
            order_type=OrderType.LIMIT,
            price=Price(Decimal(told["price"])),
            time_in_force=TimeInForce.GTC,
            expire_time_ns=None,
            post_only=False,
        )
        sys.stdout.write(f"{order.client_order_id}\n")
        sys.stdout.flush()
        try:
            await session.send(order)
        except LivexecError:
            continue  # not sent, or in doubt: whoever comes after asks the venue
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(send_until_killed(json.loads(sys.stdin.readline())))

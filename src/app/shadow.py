"""Shadow mode: connected to the venue itself, deciding and recording as if it traded, and sending it nothing."""

from __future__ import annotations

from typing import Final, NoReturn

from app.passing import PassingSession
from core.book import Book
from ports.errors import InvalidInputError, NotSentError
from ports.requests import SendAmend, SendCancel, SendOrder

SHADOW: Final = "shadow mode: decided and recorded, and never sent to the venue"


class ShadowSession(PassingSession):
    """A live session whose orders, cancels and amends stay here; what is asked of the venue, and quotes, go on."""

    async def send(self, order: SendOrder) -> NoReturn:
        """Refuse: nothing is transmitted.

        Raises:
            NotSentError: always.
        """
        raise NotSentError(SHADOW)

    async def cancel(self, cancel: SendCancel) -> NoReturn:
        """Refuse, as `send`."""
        raise NotSentError(SHADOW)

    async def amend(self, amend: SendAmend) -> NoReturn:
        """Refuse, as `send`."""
        raise NotSentError(SHADOW)


def refuse_working_orders(book: Book) -> None:
    """Refuse a journal whose orders may work at a venue: in shadow mode nobody could take them back.

    Raises:
        InvalidInputError: there are some; names one.
    """
    working = [order for order in book.oms.open_orders() if order.release is not None]
    if working:
        remedy = (
            f"{len(working)} of its orders may work at a venue ({working[0].terms.operation_id}), and shadow mode "
            "sends no cancels; end them by a live start, or give shadow mode a journal of its own"
        )
        raise InvalidInputError("trading_node.shadow", "true", remedy)

"""What goes wrong on command."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """What happens to a request, or to a message of the user stream."""

    NO_ANSWER = "no_answer"  # requests: the connection stays open, and nothing comes
    TEAR = "tear"  # requests: the connection breaks off within the answer
    ERROR = "error"  # requests: `status` and `body`
    DELAY = "delay"  # both: `delay_ms`
    DROP = "drop"  # messages: never sent
    DUPLICATE = "duplicate"  # messages: sent twice
    DECORATE = "decorate"  # messages: with fields that nobody knows yet
    HOLD = "hold"  # messages: sent after the next one


@dataclass(slots=True, kw_only=True)
class Fault:
    """One fault, good for `times` cases. Requests: `where` is `POST /fapi/v1/order`; messages: `ORDER_TRADE_UPDATE`.

    `late` requests are carried out before they fail; others never reach the exchange. `only` has to be contained in
    the client order id. `execution` narrows messages down to NEW, TRADE, CANCELED, EXPIRED.
    """

    where: str
    kind: Kind
    times: int = 1
    late: bool = True
    status: int = 503
    body: str = ""
    retry_after_s: int = 0
    delay_ms: int = 0
    only: str = ""
    execution: str = ""


@dataclass(slots=True)
class Faults:
    """All that is to go wrong, oldest first."""

    waiting: list[Fault] = field(default_factory=list)
    silent: bool = False  # user streams tell nothing
    hidden_trades: set[int] = field(default_factory=set)  # left out of lists
    happened: list[str] = field(default_factory=list)

    def take(self, where: str, client_order_id: str, execution: str = "", *, late: bool | None = None) -> Fault | None:
        """Return the next fault that fits, and use it up by one."""
        for fault in self.waiting:
            fits = fault.where == where and fault.only in client_order_id and fault.execution in ("", execution)
            if fits and late in (None, fault.late) and fault.times > 0:
                fault.times -= 1
                self.happened.append(f"{fault.kind} {where} {client_order_id}".strip())
                return fault
        return None

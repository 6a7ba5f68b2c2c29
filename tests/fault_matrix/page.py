"""`docs/fault-matrix.md`: the table of the last run, and what a cell of it means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fault_matrix.faults import FAULTS
from fault_matrix.places import PLACES

PAGE = "docs/fault-matrix.md"
HELD, NOT_HELD = "held", "not held"
_HEAD = """# The fault matrix

Every fault at every live venue, as `make fault-matrix` found it last. It writes this page; `ARGS=--json` prints one
document. `make test` plays the same cells, each as a test.

In a cell the real book, host and venue worker trade through Nautilus's unmodified adapter, at Deribit and at
Interactive Brokers through their plugins, at the venue's [simulator](simulators.md), a process of its own, in which
the fault is set. The script is always the same: an order that rests, one at the market, one that is amended (not at
Binance Spot) and canceled, trades of the first; then calm; at the end a halt, an order that it refuses, and a cancel
that it lets pass. A cell is held where
afterwards

- the fault did happen, by the simulator's own log;
- every order reached the venue at most once, and ours and the venue's have the same state and the same filled amount;
- every trade of the venue stands in our book once, and no other; positions are the venue's;
- no order is in doubt, the account is ready, and nothing was quarantined;
- breaks are open only where the fault makes one (by hand: `UNATTRIBUTED_ORDER`, `UNATTRIBUTED_FILL`);
- all nine invariants hold over the recorded run, each over at least one case.

Orders go by HTTP at Binance, by websocket at Bybit and OKX: there a status of HTTP is that of the cancel, which goes by
HTTP, and the order is answered with the venue's own code (10016, 10006, 10000; 50001, 50011, 50004). A login of Bybit
lasts as long as its connection, so its key expires instead (33004). At Deribit everything goes by one websocket:
failures are its codes (11094, 10028 and then it hangs up, 13888), and an address that is turned away is hung up on and
gets 403 for its next connections. Amounts are in USD there, of the inverse perpetual.
At Interactive Brokers everything goes by TWS's one socket: failures are its codes (504, 100, 322), an address that is
turned away gets 1300 and no connection for a second, what expires is TWS's own connection to Interactive Brokers
(1100), and lists are answered by messages that cannot be read. Its requests carry no times, so a clock that is ahead
shows in its trades alone.

"""


def page(results: Mapping[str, Mapping[str, Sequence[str]]]) -> str:
    """Return the whole page."""
    return _HEAD + table(results)


def table(results: Mapping[str, Mapping[str, Sequence[str]]]) -> str:
    """Return the table: faults by venues."""
    rows = [["fault", "what goes wrong", *PLACES], ["---"] * (len(PLACES) + 2)]
    for fault in FAULTS:
        cells = [NOT_HELD if results[fault.name][venue] else HELD for venue in PLACES]
        rows.append([fault.name, fault.says, *cells])
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)

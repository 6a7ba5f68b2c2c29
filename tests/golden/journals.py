"""The committed journals of releases, and what a book that folds one says of itself."""

import json
from dataclasses import fields
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from adapters.sql.codec import NO_CHECKSUM, Row, decode_rows, encode_entries
from core.orchestrator import Orchestrator
from ports.journal import Entry
from ports.values import OperationId, exact, plain

_ASKED: Final = ("op-1", "op-never", "op-nothing")
FOLDER: Final = Path(__file__).parent / "journals"


def releases() -> list[str]:
    """Return the releases that have a journal here."""
    return sorted(path.stem for path in FOLDER.glob("*.jsonl"))


def write(release: str, entries: list[Entry]) -> None:
    """Write a release's journal, and the state that it made then."""
    lines = [json.dumps([*row[:7], row[7].decode(), row[8]]) for row in encode_entries(entries, NO_CHECKSUM)]
    (FOLDER / f"{release}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    state = state_of(folded(read(release)))
    (FOLDER / f"{release}.state.json").write_text(json.dumps(state, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def rows_of(release: str) -> list[Row]:
    """Return a journal's rows as a database holds them."""
    lines = (FOLDER / f"{release}.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    return [(*row[:7], row[7].encode(), row[8]) for row in rows]


def read(release: str) -> list[Entry]:
    """Return a journal's entries, its chain followed."""
    return decode_rows(rows_of(release), 0, NO_CHECKSUM)


def state_then(release: str) -> dict[str, Any]:
    """Return what the release itself made of its journal."""
    state: dict[str, Any] = json.loads((FOLDER / f"{release}.state.json").read_text(encoding="utf-8"))
    return state


def folded(entries: list[Entry]) -> Orchestrator:
    """Return a book that knows these entries and nothing else."""
    actor = Orchestrator()
    actor.apply([entry.fact for entry in entries])
    return actor


def state_of(actor: Orchestrator) -> dict[str, Any]:
    """Return what people read of a book: later releases may add to it, and may change none of it."""
    book = actor.book
    with exact():
        return {
            "sequence": book.sequence,
            "epoch": book.epoch,
            "orders": {order.terms.operation_id: _told(order.view()) for order in book.oms.all_orders()},
            "open": [order.terms.operation_id for order in book.oms.open_orders()],
            "held": [order.terms.operation_id for order in book.oms.contingent.all_held()],
            "reserved": {
                key: [plain(one.position), plain(one.open_buys), plain(one.open_sells)]
                for key, one in book.exposure.by_instrument().items()
            },
            "positions": {
                "|".join(key): [plain(one.holding.quantity), plain(one.holding.realized_pnl)]
                for key, one in book.positions
            },
            "accounts": {name: str(one.status) for name, one in book.accounts.all().items()},
            "breaks": {name: [str(one.kind), one.detail] for name, one in book.breaks.items()},
            "adjustments": sorted(book.adjustments),
            "left_memory": [book.oms.departed.may_have(OperationId(name)) for name in _ASKED],
        }


def _told(value: Any) -> Any:
    if isinstance(value, Decimal):
        return plain(value)
    if hasattr(value, "__dataclass_fields__"):
        return {field.name: _told(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, (list, tuple)):
        return [_told(one) for one in value]
    if isinstance(value, dict):
        return {str(key): _told(one) for key, one in value.items()}
    return value if value is None or isinstance(value, (bool, int)) else str(value)

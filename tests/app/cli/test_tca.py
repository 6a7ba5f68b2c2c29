"""`livexec tca`: a run named by its folder or its id, as a document, as text, as a page."""

import asyncio
import json
from decimal import Decimal
from pathlib import Path

import pytest

from adapters.storage import LocalObjectStore
from adapters.storage.tca_files import build_tca_files
from app.tca.session import analyse
from ports.values import OperationId, OrderStatus

from fakes.command import Livexec
from fakes.tca_market import SPOT, USD_PER, Session, at, quotes, tapes, volume

RUN = "BNF_BTC_20231114_22132000_018dd7_c54988"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run of one plain order, one TWAP with a child, and one order whose market nobody saw."""
    session = Session()
    session.order("plain", 1, quantity="2", strategy="<b>desk</b>")
    session.release("plain", 1)
    session.fill("plain", 1, "2", "101", fee="0.1", status=OrderStatus.FILLED)
    session.order("twap", 2, quantity="1", exec_algorithm="TWAP")
    session.start_parent("twap", 2)
    session.order("twap.1", 3, quantity="1", parent_operation_id=OperationId("twap"))
    session.release("twap.1", 3)
    session.fill("twap.1", 3, "1", "101", status=OrderStatus.FILLED)
    session.end_parent("twap", 3, OrderStatus.FILLED)
    session.order("unseen", 3, quantity="1", key=SPOT)
    session.release("unseen", 3, SPOT)
    session.fill("unseen", 3, "1", "101", key=SPOT, status=OrderStatus.FILLED)
    market = tapes(quotes((0, "99", "101"), (4, "100", "102")), until=20, volumes=[volume(2, "10", "1000")])
    tca = analyse(session.entries, market, USD_PER, at(20), (1, 10, 60))
    store = LocalObjectStore(tmp_path / "state" / "store")
    for name, content in build_tca_files(tca).items():
        asyncio.run(store.write(f"live_results/{RUN}/{name}", content))
    return tmp_path / "state" / "store" / "live_results" / RUN


def test_a_run_is_found_by_its_folder_and_by_its_id(livexec: Livexec, run: Path, tmp_path: Path) -> None:
    by_folder = json.loads(livexec("tca", str(run), "--json").out)
    by_id = json.loads(livexec("tca", RUN, "--state-dir", str(tmp_path / "state"), "--json").out)
    assert by_folder == by_id
    assert (by_id["ok"], by_id["run_id"]) == (True, RUN)
    assert [order["operation_id"] for order in by_id["orders"]] == ["plain", "twap", "twap.1", "unseen"]


def test_amounts_are_exact_text_and_what_nobody_knows_is_null(livexec: Livexec, run: Path) -> None:
    found = json.loads(livexec("tca", str(run), "--json").out)
    plain, _, _, unseen = found["orders"]
    assert (plain["spread"], plain["fees"], plain["shortfall"], plain["delay"]) == ("2", "0.1", "2.1", "0")
    assert (unseen["spread"], unseen["shortfall"]) == (None, None)
    assert unseen["unmeasured"].startswith("no quote at its arrival")
    (whole,) = found["whole"]
    assert (whole["orders"], whole["measured"]) == (3, 2)
    assert Decimal(whole["shortfall_usd"]) == Decimal("3.1")
    assert found["checks"] == [
        {"name": "orders_whose_parts_miss_the_whole", "value": 0, "limit": 0, "unit": "orders", "ok": True}
    ]


def test_people_read_the_same_figures(livexec: Livexec, run: Path) -> None:
    ran = livexec("tca", str(run))
    assert ran.code == 0
    assert "by_algorithm" in ran.out
    assert "3.1000" in ran.out


def test_the_page_is_one_file_that_asks_nobody_and_escapes_what_others_named(
    livexec: Livexec, run: Path, tmp_path: Path
) -> None:
    ran = livexec("tca", str(run), "--html", "--out", str(tmp_path / "page.html"), "--json")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert json.loads(ran.out)["html"] == str(tmp_path / "page.html")
    head, _, rest = page.partition("<script>")
    assert "default-src 'none'" in head
    assert "<script src" not in page
    assert "<b>desk" not in page
    assert "&lt;b&gt;desk" in rest
    assert "Plotly.newPlot" in rest
    assert "twap: TWAP BUY 1 of 1" in rest


def test_a_run_that_is_not_there_is_named(livexec: Livexec, tmp_path: Path) -> None:
    ran = livexec("tca", "NO_SUCH_RUN", "--state-dir", str(tmp_path))
    assert ran.code == 1
    assert "NO_SUCH_RUN/tca.parquet" in ran.err


def test_out_without_html_is_called_wrongly(livexec: Livexec, run: Path) -> None:
    assert livexec("tca", str(run), "--out", "page.html").code == 2

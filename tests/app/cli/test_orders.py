"""Orders from the command line, at a real REST door."""

from __future__ import annotations

import shlex
from dataclasses import replace

import pytest

from app.cli import main
from ports.commands import AmendOrder, CancelAll, SubmitOrder
from ports.errors import JournalCorruptError
from ports.replies import AmendReply, InvalidOrder, OrderReply
from ports.values import OperationId, OrderStatus

from fakes.bad_orders import GOOD
from fakes.command import Livexec, ServiceDesk
from fakes.doors import TOKEN
from fakes.gateway import blank

LIMIT = (
    *("submit", "--operation-id", "op-1", "--instrument-key", str(GOOD["instrument_key"]), "--side", "BUY"),
    *("--amount", "0.250", "--price", "64000.5", "--strategy-id", "momentum-btc-v1"),
)


def submitted(desk: ServiceDesk) -> list[SubmitOrder]:
    return [command for command in desk.memory.asked if isinstance(command, SubmitOrder)]


def amends(desk: ServiceDesk) -> list[AmendOrder]:
    return [command for command in desk.memory.asked if isinstance(command, AmendOrder)]


def test_a_submit_prints_the_order_and_the_line_that_places_it(livexec: Livexec, desk: ServiceDesk) -> None:
    ran = livexec(*LIMIT)
    assert ran.code == 0
    assert "operation_id" in ran.out
    assert "SUBMITTED" in ran.out
    assert shlex.split(ran.out.splitlines()[-1]) == [
        *("livexec", "submit", "--operation-id", "op-1", "--instrument-key", str(GOOD["instrument_key"])),
        *("--side", "BUY", "--amount", "0.250", "--price", "64000.5", "--strategy-id", "momentum-btc-v1"),
    ]
    assert str(submitted(desk)[0].terms.quantity) == "0.250"


def test_a_submit_in_json_is_one_document_with_the_fields_of_rest(livexec: Livexec, desk: ServiceDesk) -> None:
    ran = livexec(*LIMIT, "--json")
    assert (ran.code, ran.err) == (0, "")
    document = ran.document
    assert document["ok"] is True
    assert (document["operation_id"], document["status"], document["amount"]) == ("op-1", "SUBMITTED", "0.25")
    assert document["command_line"].startswith("livexec submit --operation-id op-1 ")
    assert len(submitted(desk)) == 1


def test_the_line_that_a_submit_prints_is_the_same_order_again(livexec: Livexec, desk: ServiceDesk) -> None:
    line = livexec(*LIMIT, "--tag", "note=a b=c", "--json").document["command_line"]
    again = livexec(*shlex.split(line)[1:], "--json")
    assert again.document["command_line"] == line
    assert "known before" in again.err
    assert submitted(desk)[0].terms == submitted(desk)[1].terms
    assert len(desk.memory.orders_by_id) == 1


def test_every_option_of_an_order_arrives(livexec: Livexec, desk: ServiceDesk) -> None:
    ran = livexec(
        *LIMIT, "--order-type", "LIMIT", "--time-in-force", "GTD", "--expire-time-ns", "1900000000000000001",
        "--post-only", "--account", "main", "--routing-venue", "OKX", "--routing-venue", "BYBIT", "--exec-algorithm",
        "NORMAL", "--param", "a=1.50", "--tag", "desk=x", "--tag", "empty=", "--max-age-ms", "1500", "--json",
    )  # fmt: skip
    assert ran.code == 0
    command = submitted(desk)[0]
    assert command.max_age_ns == 1_500_000_000
    assert command.terms.expire_time_ns == 1_900_000_000_000_000_001
    assert command.terms.post_only is True
    assert command.terms.account == "main"
    assert command.terms.venues == ("OKX", "BYBIT")
    assert command.terms.exec_algorithm_params == {"a": "1.50"}
    assert command.terms.tags == {"desk": "x", "empty": ""}


def test_without_an_operation_id_a_new_one_is_made_and_told_before_anything_else(
    livexec: Livexec, desk: ServiceDesk
) -> None:
    words = [word for word in LIMIT if word not in ("--operation-id", "op-1")]
    first, second = livexec(*words, "--json"), livexec(*words, "--json")
    made = first.document["operation_id"]
    assert first.err == f"operation_id {made}\n"
    assert second.document["operation_id"] != made
    assert f"--operation-id {made}" in first.document["command_line"]


def test_an_order_that_risk_refuses_exits_1_with_its_reason(livexec: Livexec, desk: ServiceDesk) -> None:
    livexec(*LIMIT)
    order = blank(submitted(desk)[0].terms)
    refused = OrderReply(order=replace(order, status=OrderStatus.REJECTED, reason="max_order_value: too much"))
    desk.memory.replies += [refused, refused]
    shown, told = livexec(*LIMIT), livexec(*LIMIT, "--json")
    assert (shown.code, told.code) == (1, 1)
    assert "max_order_value: too much" in shown.out
    assert (told.document["ok"], told.document["rejection_reason"]) == (False, "max_order_value: too much")


def test_what_the_service_refuses_is_said_with_field_value_and_remedy(livexec: Livexec, desk: ServiceDesk) -> None:
    ran = livexec(*LIMIT[:-4], "--price", "1e400", "--strategy-id", "s", "--json")
    assert ran.code == 1
    assert ran.document["ok"] is False
    assert (ran.document["reason_code"], ran.document["field"]) == ("INVALID_INPUT", "price")
    assert "1e400" in ran.document["value"]
    assert ran.document["remedy"]
    assert ran.err == f"error: {ran.document['error_message']}\n"
    assert not desk.memory.asked


def test_an_operation_id_with_another_content_is_a_conflict(livexec: Livexec, desk: ServiceDesk) -> None:
    livexec(*LIMIT)
    ran = livexec(*LIMIT, "--post-only", "--json")
    assert (ran.code, ran.document["reason_code"], ran.document["http_status"]) == (1, "OPERATION_CONFLICT", 409)


def test_an_order_that_the_book_finds_wrong_exits_1(livexec: Livexec, desk: ServiceDesk) -> None:
    desk.memory.replies.append(InvalidOrder(field="price", value="64000.5", remedy="use whole dollars"))
    ran = livexec(*LIMIT)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == "error: price: '64000.5' is not usable: use whole dollars\n"


def test_what_nobody_expected_tells_a_reference_and_nothing_else(livexec: Livexec, desk: ServiceDesk) -> None:
    desk.memory.failures.append(JournalCorruptError("a secret place"))
    ran = livexec(*LIMIT, "--json")
    assert (ran.code, ran.document["reason_code"]) == (1, "INTERNAL")
    assert "a secret place" not in ran.out + ran.err


def test_an_amend_prints_its_id_first_and_the_order_as_it_then_is(livexec: Livexec, desk: ServiceDesk) -> None:
    livexec(*LIMIT)
    ran = livexec("amend", "op-1", "--amount", "0.50", "--price", "63990", "--reason", "moved", "--json")
    assert (ran.code, ran.document["ok"], ran.document["operation_id"]) == (0, True, "op-1")
    assert ran.document["amend_id"] in ran.err
    (command,) = amends(desk)
    assert (str(command.quantity), str(command.price), command.reason) == ("0.50", "63990", "moved")
    assert command.amend_id == ran.document["amend_id"]


def test_an_amend_with_an_id_is_that_amend_again(livexec: Livexec, desk: ServiceDesk) -> None:
    livexec(*LIMIT)
    for _ in range(2):
        ran = livexec("amend", "op-1", "--price", "63990", "--amend-id", "a-1")
        assert (ran.code, ran.err) == (0, "")
        assert "SUBMITTED" in ran.out
    first, second = amends(desk)
    assert first == second
    assert (first.amend_id, first.quantity) == ("a-1", None)


def test_an_amend_of_nothing_is_called_wrongly_and_one_that_cannot_be_exits_1(
    livexec: Livexec, desk: ServiceDesk
) -> None:
    nothing = livexec("amend", "op-1", "--json")
    assert (nothing.code, nothing.document["reason_code"]) == (2, "USAGE")
    assert amends(desk) == []
    livexec(*LIMIT)
    order = desk.memory.orders_by_id[OperationId("op-1")]
    reply = AmendReply(operation_id=order.operation_id, order=order, code="ORDER_CLOSED", reason="the order is FILLED")
    desk.memory.replies.append(reply)
    closed = livexec("amend", "op-1", "--price", "63990", "--json")
    assert (closed.code, closed.document["reason_code"]) == (1, "ORDER_CLOSED")
    assert "the order is FILLED" in str(closed.document)


def test_a_cancel_prints_the_order_as_it_then_is(livexec: Livexec, desk: ServiceDesk) -> None:
    livexec(*LIMIT)
    ran = livexec("cancel", "op-1", "--reason", "enough", "--json")
    assert (ran.code, ran.document["ok"], ran.document["status"]) == (0, True, "PENDING_CANCEL")
    assert "PENDING_CANCEL" in livexec("cancel", "op-1").out


@pytest.mark.parametrize("operation_id", ["op-2", ".", "..", "a:b", "-x"])
def test_a_cancel_of_an_order_that_nobody_knows_exits_1(livexec: Livexec, desk: ServiceDesk, operation_id: str) -> None:
    ran = livexec("cancel", "--json", "--", operation_id)
    assert (ran.code, ran.document["reason_code"]) == (1, "NOT_FOUND")
    assert ran.document["value"] == repr(operation_id)


def test_a_cancel_of_all_names_the_orders_it_concerns(livexec: Livexec, desk: ServiceDesk) -> None:
    livexec(*LIMIT)
    assert livexec("cancel-all", "--strategy-id", "another", "--json").document["operation_ids"] == []
    assert livexec("cancel-all", "--all", "--json").document["operation_ids"] == ["op-1"]
    assert "op-1" in livexec("cancel-all", "--venue", "BINANCE-FUTURES").out
    assert "no open order" in livexec("cancel-all", "--venue", "OKX").out
    filters = [(each.strategy_id, each.venue) for each in desk.memory.asked if isinstance(each, CancelAll)]
    assert filters == [("another", None), (None, None), (None, "BINANCE-FUTURES"), (None, "OKX")]


def test_orders_are_listed_page_by_page_or_all_at_once(livexec: Livexec, desk: ServiceDesk) -> None:
    for number in range(5):
        livexec(*LIMIT[:2], f"op-{number}", *LIMIT[3:])
    page = livexec("orders", "--limit", "2", "--json").document
    rest = livexec("orders", "--limit", "2", "--cursor", page["next_cursor"], "--all-pages", "--json").document
    everything = livexec("orders", "--limit", "2", "--all-pages", "--json").document
    assert [order["operation_id"] for order in page["orders"]] == ["op-4", "op-3"]
    assert [order["operation_id"] for order in rest["orders"]] == ["op-2", "op-1", "op-0"]
    assert everything["orders"] == page["orders"] + rest["orders"]
    assert (everything["ok"], everything["next_cursor"]) == (True, "")
    shown = livexec("orders", "--limit", "2").out
    assert f"next_cursor  {page['next_cursor']}" in shown


def test_orders_are_filtered_as_over_rest(livexec: Livexec, desk: ServiceDesk) -> None:
    livexec(*LIMIT)
    filters = (
        ("--status", "SUBMITTED", "--status", "FILLED"),
        ("--strategy-id", "momentum-btc-v1"),
        ("--venue", "BINANCE-FUTURES"),
        ("--instrument-key", str(GOOD["instrument_key"])),
        ("--from", "2026-01-01T00:00:00Z", "--to", "2262-01-01"),
        ("--min-sequence", "1"),
    )
    for chosen in filters:
        assert len(livexec("orders", *chosen, "--json").document["orders"]) == 1
    assert livexec("orders", "--status", "FILLED").out == "no orders\n"
    assert livexec("orders", "--status", "FULL", "--json").document["field"] == "status"


def test_one_order_is_shown_with_its_life_and_the_decisions_on_it(livexec: Livexec, desk: ServiceDesk) -> None:
    livexec(*LIMIT)
    desk.call(lambda: desk.memory.acknowledge("op-1"))
    desk.call(lambda: desk.memory.fill("op-1", "0.1", "64000.5"))
    shown = livexec("order", "op-1").out
    told = livexec("order", "op-1", "--json").document
    assert [event["kind"] for event in told["timeline"]][-2:] == ["OrderAcknowledged", "OrderFilled"]
    for word in ("PARTIALLY_FILLED", "max_order_value", "the only listing", "OrderFilled", told["fills"][0]["fill_id"]):
        assert word in shown
    for title in ("fills", "risk_decision", "routing_decision", "timeline"):
        assert f"\n{title}\n" in shown


def test_a_service_that_asks_for_a_token_gets_it_from_the_environment(
    livexec: Livexec, guarded_desk: ServiceDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    without = livexec("orders", "--json")
    monkeypatch.setenv("LIVEXEC_TOKEN", TOKEN)
    allowed = livexec("orders", "--json")
    assert (without.code, without.document["reason_code"]) == (1, "UNAUTHENTICATED")
    assert (allowed.code, allowed.document["orders"]) == (0, [])


@pytest.mark.parametrize("token", ["line\nbreak", "späť", " spaced "])
def test_a_token_that_no_header_can_carry_is_refused_unseen(
    livexec: Livexec, desk: ServiceDesk, monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    monkeypatch.setenv("LIVEXEC_TOKEN", token)
    ran = livexec("orders", "--json")
    assert (ran.code, ran.document["field"]) == (2, "LIVEXEC_TOKEN")
    assert token.strip() not in ran.out + ran.err


def test_nothing_that_an_order_says_can_move_the_cursor(capsys: pytest.CaptureFixture[str], desk: ServiceDesk) -> None:
    main([*LIMIT])
    terms = submitted(desk)[0].terms
    desk.memory.orders_by_id[terms.operation_id] = replace(blank(terms), reason="\x1b[2J\x07gone\u202e")
    capsys.readouterr()
    assert main(["orders"]) == 0
    shown = capsys.readouterr().out
    assert "\\x1b[2J\\x07gone\\u202e" in shown
    assert "\x1b" not in shown

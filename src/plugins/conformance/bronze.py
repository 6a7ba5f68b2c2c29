"""Bronze: a session that connects, reads its venue exactly, and never takes silence for "none"."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable
from dataclasses import replace

from plugins.conformance.bench import Bench
from plugins.conformance.demands import demand, raises
from plugins.conformance.examined import Examined, only_if
from plugins.conformance.ground import Fault, Ground, cannot_show
from ports.errors import InvalidInputError, NotSentError, VenueUnavailableError
from ports.instruments import InstrumentKey
from ports.values import ZERO, AccountId, fits


class BronzeSuite(Examined):
    """What recordings of a venue are enough to show."""

    async def test_a_session_names_its_venue_and_account(self, connection: Bench, ground: Ground) -> None:
        session = connection.session
        demand(
            session.venue == ground.instrument.key.venue,
            "let `session.venue` be the venue as instrument keys spell it",
            session.venue,
        )
        demand(session.account, "let `session.account` name the account; two accounts never share a name")
        demand(
            session.capabilities.query_lag_ns >= 0,
            "let `capabilities.query_lag_ns` be how long after a send the venue may still not show an order",
            session.capabilities.query_lag_ns,
        )

    async def test_connecting_returns_what_the_venue_lists_by_its_own_name(self, bench: Bench, ground: Ground) -> None:
        listed, venue = bench.listed, bench.session.venue
        demand(ground.instrument in listed, f"list {ground.instrument}, exactly", [str(one.key) for one in listed][:5])
        demand(
            {one.key.venue for one in listed} == {venue},
            f"list instruments of {venue} alone",
            {one.key.venue for one in listed},
        )
        demand(len({one.key for one in listed}) == len(listed), "list each instrument once")

    async def test_ticks_and_lots_are_above_zero_and_exact(self, bench: Bench) -> None:
        for one in bench.listed:
            steps = (one.tick_size, one.lot_size, one.min_quantity)
            demand(
                all(fits(step) and step >= ZERO for step in steps) and one.tick_size > 0 and one.lot_size > 0,
                f"read tick, lot and least amount of {one.key} as decimals from the venue's own digits, never by float",
                steps,
            )

    async def test_without_a_connection_nothing_is_transmitted_and_that_is_said(self, bench: Bench) -> None:
        await bench.disconnect()
        order = bench.a_resting_buy()
        mend = "raise NotSentError from {} while there is no connection: nothing was transmitted, so say so"
        with raises(NotSentError, mend.format("send")):
            await bench.session.send(order)
        with raises(NotSentError, mend.format("cancel")):
            await bench.session.cancel(bench.cancel_of(order.client_order_id))
        with raises(NotSentError, mend.format("amend")):
            await bench.session.amend(bench.amend_of(order))

    async def test_without_a_connection_nothing_is_learnt(self, bench: Bench) -> None:
        await bench.disconnect()
        mend = 'raise VenueUnavailableError from {} while there is no connection; an empty answer means "none"'
        with raises(VenueUnavailableError, mend.format("open_orders")):
            await bench.session.open_orders()
        with raises(VenueUnavailableError, mend.format("fills_since")):
            await bench.session.fills_since(0)
        with raises(VenueUnavailableError, mend.format("query")):
            await bench.evidence("neverheardof")

    async def test_disconnecting_again_is_harmless(self, bench: Bench) -> None:
        await bench.disconnect()
        await bench.disconnect()
        await bench.connect()
        demand(bench.listed, "let `connect` work again after `disconnect`, as often as it is called")

    async def test_an_order_nobody_sent_is_answered_with_none(self, bench: Bench) -> None:
        found = await bench.evidence("neverheardof")
        demand(found is None, "return None from `query` where the venue answers that it knows no such order", found)
        demand(not bench.inbox.statuses(bench.a_resting_buy().client_order_id), "tell nothing of orders nobody sent")

    async def test_an_order_of_what_is_not_listed_is_not_sent(self, bench: Bench, ground: Ground) -> None:
        key = InstrumentKey(str(ground.instrument.key).replace(f"{ground.instrument.key.base}-", "NOSUCH-"))
        order = replace(bench.a_resting_buy(), instrument=key)
        with raises(NotSentError, "raise NotSentError from `send` for an instrument that is not listed"):
            await bench.session.send(order)
        demand(not bench.inbox.statuses(order.client_order_id), "report nothing of an order that was not sent")

    async def test_an_order_for_another_account_is_not_sent(self, bench: Bench) -> None:
        order = replace(bench.a_resting_buy(), account=AccountId("SOMEBODY-ELSES"))
        with raises(NotSentError, "raise NotSentError from `send` for an account that is not the session's"):
            await bench.session.send(order)

    async def test_what_the_account_holds_is_an_answer_and_exact(self, bench: Bench) -> None:
        for held in await bench.session.positions() or ():
            demand(held.quantity and fits(held.quantity), "leave flat positions out, and read exact decimals", held)
        for balance in await bench.session.balances() or ():
            whole = fits(balance.total) and fits(balance.free)
            demand(whole, "read balances as decimals of the venue's own digits, never by float", balance)
        for one in await bench.session.open_orders():
            demand(one.status == "ACCEPTED", "list open orders with status ACCEPTED alone", one.status)
        later = await bench.session.fills_since(time.time_ns() + 3_600_000_000_000)
        demand(list(later) == [], "return no fill before the time that `fills_since` was asked for", later)

    async def test_silence_is_never_taken_for_none(self, bench: Bench, ground: Ground) -> None:
        await ground.fault(Fault.UNANSWERED)
        found = await asyncio.gather(
            _is_unavailable("query", bench.evidence("neverheardof")),
            _is_unavailable("open_orders", bench.session.open_orders()),
            _is_unavailable("fills_since", bench.session.fills_since(time.time_ns())),
            return_exceptions=True,
        )
        for wrong in filter(None, found):  # in this order, whichever came first: an author is told the same each time
            raise wrong

    async def test_a_setting_that_there_is_not_is_refused_by_name_and_no_secret_is_shown(self, ground: Ground) -> None:
        only_if(ground.settings is not None, "the ground has no `factory` and `settings`")
        factory, settings = ground.factory, dict(ground.settings or {})
        if factory is None:
            cannot_show("settings: give the ground a `factory` beside `settings`")
        try:
            factory.session(settings | {"no_such_setting": "x"})
        except InvalidInputError as refused:
            demand(refused.field == "no_such_setting", "name the setting that is wrong in `field`", refused.field)
            shown = [name for name, value in settings.items() if "secret" in name and value in f"{refused!r} {refused}"]
            demand(not shown, "show no secret in an error", shown)
        else:
            demand(False, "raise InvalidInputError from `VenueFactory.session` for a setting that there is not")


async def _is_unavailable(question: str, asked: Awaitable[object]) -> None:
    with raises(
        VenueUnavailableError,
        f'raise VenueUnavailableError from `{question}` where the venue does not answer: silence is not "none"',
    ):
        await asked

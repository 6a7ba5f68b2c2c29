"""What every venue session promises; each of ours sits this suite."""

import itertools
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal

import pytest
import pytest_asyncio

from ports.errors import NotSentError
from ports.instruments import InstrumentKey
from ports.reports import AmendRefused, AmendReport, CancelRefused, OrderStatusReport, SessionDown, VenueOrderStatus
from ports.requests import QueryOrder, SendAmend, SendCancel, SendOrder
from ports.values import AccountId, ClientOrderId, OrderType, Price, Quantity, Side, TimeInForce, VenueId

from contract.venue.places import PLACES, Inbox, Place

pytestmark = pytest.mark.asyncio(loop_scope="module")
_NUMBERS = itertools.count(1)


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=list(PLACES))
async def place(request: pytest.FixtureRequest) -> AsyncIterator[Place]:
    """One venue for the whole module: some may be started once a process."""
    async with PLACES[request.param]() as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def inbox(place: Place) -> AsyncIterator[Inbox]:
    """A connected session's inbox; whatever still works at the end is canceled."""
    inbox = Inbox()
    await place.session.connect(inbox, inbox)
    yield inbox
    await place.session.connect(Inbox(), inbox)
    for left in await place.session.open_orders():
        await place.session.cancel(cancel_of(place, left.client_order_id))
    await place.session.disconnect()


def a_resting_buy(place: Place) -> SendOrder:
    return SendOrder(
        account=place.session.account,
        instrument=place.instrument.key,
        client_order_id=ClientOrderId(f"contract{next(_NUMBERS)}"),
        side=Side.BUY,
        quantity=least(place),
        order_type=OrderType.LIMIT,
        price=place.resting,
        time_in_force=TimeInForce.GTC,
        expire_time_ns=None,
        post_only=False,
    )


def least(place: Place) -> Quantity:
    """Return the smallest amount that the venue takes at the resting price, a tick lower too."""
    listed = place.instrument
    quantity, value = listed.min_quantity, listed.min_notional or Decimal(0)
    while quantity * (place.resting - listed.tick_size) < value:
        quantity = Quantity(quantity + listed.lot_size)
    return quantity


def cancel_of(place: Place, name: ClientOrderId) -> SendCancel:
    return SendCancel(
        account=place.session.account, instrument=place.instrument.key, client_order_id=name, venue_order_id=None
    )


def query_of(place: Place, name: str) -> QueryOrder:
    return QueryOrder(
        account=place.session.account, instrument=place.instrument.key, client_order_id=ClientOrderId(name)
    )


async def working(place: Place, inbox: Inbox) -> SendOrder:
    """Send an order that waits, and wait until the venue says so."""
    order = a_resting_buy(place)
    await place.session.send(order)
    await inbox.until(lambda: "ACCEPTED" in inbox.statuses(order.client_order_id))
    return order


async def filled(place: Place, inbox: Inbox) -> SendOrder:
    order = await working(place, inbox)
    place.trade_through(order)
    await inbox.until(lambda: bool(inbox.fills(order.client_order_id)))
    return order


async def is_listed_open(place: Place, order: SendOrder) -> bool:
    return order.client_order_id in {one.client_order_id for one in await place.session.open_orders()}


# -- connecting


async def test_connecting_returns_what_the_venue_lists_by_its_own_name(place: Place) -> None:
    inbox = Inbox()
    listed = await place.session.connect(inbox, inbox)
    assert place.instrument in listed
    assert {one.key.venue for one in listed} == {place.session.venue}
    assert len({one.key for one in listed}) == len(listed)
    await place.session.disconnect()


async def test_without_a_connection_nothing_is_transmitted_and_that_is_said(place: Place) -> None:
    order = a_resting_buy(place)
    with pytest.raises(NotSentError):
        await place.session.send(order)
    with pytest.raises(NotSentError):
        await place.session.cancel(cancel_of(place, order.client_order_id))
    with pytest.raises(NotSentError):
        await place.session.amend(amend_of(place, order))
    inbox = Inbox()
    await place.session.connect(inbox, inbox)
    assert await place.session.query(query_of(place, order.client_order_id)) is None
    await place.session.disconnect()


async def test_disconnecting_again_is_harmless_and_leaves_orders_as_they_are(place: Place, inbox: Inbox) -> None:
    order = await working(place, inbox)
    await place.session.disconnect()
    await place.session.disconnect()
    await place.session.connect(inbox, inbox)
    assert await is_listed_open(place, order)


async def test_a_session_that_reconnected_works_as_before(place: Place, inbox: Inbox) -> None:
    order = await working(place, inbox)
    await place.session.disconnect()
    again = Inbox()
    await place.session.connect(again, again)
    place.trade_through(order)
    await again.until(lambda: bool(again.fills(order.client_order_id)))
    assert inbox.fills(order.client_order_id) == []  # the old inbox hears nothing more


# -- orders


async def test_an_order_that_waits_is_accepted_under_an_id_of_the_venues(place: Place, inbox: Inbox) -> None:
    order = await working(place, inbox)
    assert inbox.statuses(order.client_order_id) == ["ACCEPTED"]
    assert await is_listed_open(place, order)
    evidence = await place.session.query(query_of(place, order.client_order_id))
    assert evidence is not None
    assert (evidence.status.status, list(evidence.fills)) == (VenueOrderStatus.ACCEPTED, [])
    assert evidence.status.venue_order_id


async def test_an_order_of_what_is_not_listed_is_not_sent(place: Place, inbox: Inbox) -> None:
    key = InstrumentKey(str(place.instrument.key).replace(f"{place.instrument.key.base}-", "NOSUCH-"))
    order = replace(a_resting_buy(place), instrument=key)
    with pytest.raises(NotSentError, match="NOSUCH"):
        await place.session.send(order)
    assert inbox.statuses(order.client_order_id) == []


async def test_an_order_for_another_account_is_not_sent(place: Place, inbox: Inbox) -> None:
    order = replace(a_resting_buy(place), account=AccountId("SOMEBODY-ELSES"))
    with pytest.raises(NotSentError):
        await place.session.send(order)
    assert not await is_listed_open(place, order)
    assert inbox.statuses(order.client_order_id) == []


async def test_an_id_that_was_sent_before_makes_no_second_order_and_no_rejection(place: Place, inbox: Inbox) -> None:
    order = await working(place, inbox)
    await place.session.send(order)
    await inbox.until(lambda: bool(inbox.reports))
    assert [one.client_order_id for one in await place.session.open_orders()].count(order.client_order_id) == 1
    assert set(inbox.statuses(order.client_order_id)) == {"ACCEPTED"}


# -- trades


async def test_a_trade_is_told_with_every_number_and_asking_tells_the_same(place: Place, inbox: Inbox) -> None:
    order = await filled(place, inbox)
    await inbox.until(lambda: sum(one.quantity for one in inbox.fills(order.client_order_id)) == order.quantity)
    told = inbox.fills(order.client_order_id)
    assert {(one.account, one.instrument, one.side) for one in told} == {
        (place.session.account, order.instrument, Side.BUY)
    }
    assert all(one.trade_id and one.fee.currency and one.venue_time_ns > 0 for one in told)
    assert len({one.trade_id for one in told}) == len(told)
    evidence = await place.session.query(query_of(place, order.client_order_id))
    assert evidence is not None
    assert evidence.status.status is VenueOrderStatus.FILLED
    assert evidence.status.filled_quantity in (None, order.quantity)
    assert list(evidence.fills) == told
    assert not await is_listed_open(place, order)


async def test_trades_are_found_by_their_time_oldest_first(place: Place, inbox: Inbox) -> None:
    first = await filled(place, inbox)
    second = await filled(place, inbox)
    (begin, *_), (*_, end) = inbox.fills(first.client_order_id), inbox.fills(second.client_order_id)
    since = await place.session.fills_since(begin.venue_time_ns)
    names = [one.client_order_id for one in since]
    assert begin in since
    assert end in since
    assert names.index(first.client_order_id) < names.index(second.client_order_id)
    assert [one.venue_time_ns for one in since] == sorted(one.venue_time_ns for one in since)
    assert list(await place.session.fills_since(end.venue_time_ns + 1)) == []  # "none", and an answer


async def test_positions_are_what_the_trades_add_up_to(place: Place, inbox: Inbox) -> None:
    before = await held(place)
    order = await filled(place, inbox)
    after = await held(place)
    if before is not None and after is not None:
        assert after - before == order.quantity
    else:
        assert (before, after) == (None, None)  # it keeps none, and says so every time


async def held(place: Place) -> Decimal | None:
    positions = await place.session.positions()
    if positions is None:
        return None
    assert all(one.quantity for one in positions)  # flat ones are left out
    return sum((one.quantity for one in positions if one.instrument == place.instrument.key), Decimal(0))


# -- cancels


async def test_a_canceled_order_is_canceled_by_stream_and_by_asking(place: Place, inbox: Inbox) -> None:
    order = await working(place, inbox)
    await place.session.cancel(cancel_of(place, order.client_order_id))
    await inbox.until(lambda: "CANCELED" in inbox.statuses(order.client_order_id))
    ends = [one for one in inbox.reports if isinstance(one, OrderStatusReport) and one.status == "CANCELED"]
    assert [one.filled_quantity for one in ends] == [Decimal(0)]  # an end says how much was filled
    assert not await is_listed_open(place, order)
    evidence = await place.session.query(query_of(place, order.client_order_id))
    assert evidence is not None
    assert (evidence.status.status, list(evidence.fills)) == (VenueOrderStatus.CANCELED, [])


@pytest.mark.parametrize("state", ["unknown", "filled", "canceled"])
async def test_a_cancel_of_what_does_not_work_is_refused_and_settles_nothing(
    place: Place, inbox: Inbox, state: str
) -> None:
    name = ClientOrderId("neverheardof")
    if state == "filled":
        name = (await filled(place, inbox)).client_order_id
    if state == "canceled":
        name = (await working(place, inbox)).client_order_id
        await place.session.cancel(cancel_of(place, name))
        await inbox.until(lambda: "CANCELED" in inbox.statuses(name))
    before = inbox.statuses(name)
    await place.session.cancel(cancel_of(place, name))
    await inbox.until(lambda: any(isinstance(one, CancelRefused) for one in inbox.reports))
    (refused,) = [one for one in inbox.reports if isinstance(one, CancelRefused)]
    assert refused.client_order_id == name
    assert refused.reason
    assert inbox.statuses(name) == before


# -- amends


def amend_of(place: Place, order: SendOrder) -> SendAmend:
    """Two lots more, a tick lower."""
    return SendAmend(
        account=order.account,
        instrument=order.instrument,
        client_order_id=order.client_order_id,
        venue_order_id=None,
        side=order.side,
        quantity=Quantity(order.quantity + 2 * place.instrument.lot_size),
        price=Price(place.resting - place.instrument.tick_size),
    )


@pytest.fixture
def amending(place: Place) -> None:
    """Only for venues that amend."""
    if not place.can_amend:
        pytest.skip(f"{place.session.venue} amends no prices; what it says then is tested for itself")


@pytest.mark.usefixtures("amending")
async def test_an_amended_order_works_with_its_new_quantity_and_price_by_stream_and_by_asking(
    place: Place, inbox: Inbox
) -> None:
    order = await working(place, inbox)
    wanted = amend_of(place, order)
    await place.session.amend(wanted)
    await inbox.until(lambda: any(isinstance(one, AmendReport) for one in inbox.reports))
    (told,) = [one for one in inbox.reports if isinstance(one, AmendReport)]
    assert (told.account, told.instrument, told.client_order_id) == (
        *(order.account, order.instrument, order.client_order_id),
    )
    assert (told.quantity, told.price) == (wanted.quantity, wanted.price)
    assert told.venue_time_ns > 0
    evidence = await place.session.query(query_of(place, order.client_order_id))
    assert evidence is not None
    status = evidence.status
    assert (status.status, status.quantity, status.price) == (
        *(VenueOrderStatus.ACCEPTED, wanted.quantity, wanted.price),
    )
    (listed,) = [one for one in await place.session.open_orders() if one.client_order_id == order.client_order_id]
    assert (listed.quantity, listed.price) == (wanted.quantity, wanted.price)
    assert inbox.statuses(order.client_order_id) == ["ACCEPTED"]  # nothing ended, nothing began


@pytest.mark.usefixtures("amending")
async def test_an_amended_order_fills_with_its_new_quantity(place: Place, inbox: Inbox) -> None:
    order = await working(place, inbox)
    wanted = amend_of(place, order)
    await place.session.amend(wanted)
    await inbox.until(lambda: any(isinstance(one, AmendReport) for one in inbox.reports))
    place.trade_through(order)
    await inbox.until(lambda: sum(one.quantity for one in inbox.fills(order.client_order_id)) == wanted.quantity)
    evidence = await place.session.query(query_of(place, order.client_order_id))
    assert evidence is not None
    assert evidence.status.status is VenueOrderStatus.FILLED


@pytest.mark.usefixtures("amending")
@pytest.mark.parametrize("state", ["unknown", "filled", "canceled"])
async def test_an_amend_of_what_does_not_work_is_refused_and_settles_nothing(
    place: Place, inbox: Inbox, state: str
) -> None:
    order = a_resting_buy(place)
    if state == "filled":
        order = await filled(place, inbox)
    if state == "canceled":
        order = await working(place, inbox)
        await place.session.cancel(cancel_of(place, order.client_order_id))
        await inbox.until(lambda: "CANCELED" in inbox.statuses(order.client_order_id))
    before = inbox.statuses(order.client_order_id)
    await place.session.amend(amend_of(place, order))
    await inbox.until(lambda: any(isinstance(one, AmendRefused) for one in inbox.reports))
    (refused,) = [one for one in inbox.reports if isinstance(one, AmendRefused)]
    assert (refused.account, refused.client_order_id) == (order.account, order.client_order_id)
    assert refused.reason
    assert inbox.statuses(order.client_order_id) == before


async def test_a_venue_that_cannot_amend_says_that_nothing_was_sent_and_the_order_works_on(
    place: Place, inbox: Inbox
) -> None:
    if place.can_amend:
        pytest.skip(f"{place.session.venue} amends")
    order = await working(place, inbox)
    with pytest.raises(NotSentError, match="amend"):
        await place.session.amend(amend_of(place, order))
    assert await is_listed_open(place, order)
    assert not [one for one in inbox.reports if isinstance(one, AmendReport | AmendRefused)]


# -- questions


async def test_an_order_nobody_sent_is_answered_with_none(place: Place, inbox: Inbox) -> None:
    assert await place.session.query(query_of(place, "neverheardof")) is None
    assert inbox.reports == []


async def test_no_open_orders_is_an_answer(place: Place, inbox: Inbox) -> None:
    assert list(await place.session.open_orders()) == []
    assert inbox.reports == []


# -- a reader that is full


async def test_a_report_that_finds_no_room_brings_the_session_down_and_nothing_is_sent_until_it_is_up_again(
    place: Place, inbox: Inbox
) -> None:
    order = await working(place, inbox)
    inbox.is_full = True
    place.trade_through(order)
    await inbox.until(lambda: inbox.turned_away > 0)
    with pytest.raises(NotSentError):
        await place.session.send(a_resting_buy(place))
    inbox.is_full = False
    await inbox.until(lambda: any(isinstance(one, SessionDown) for one in inbox.reports))
    (down,) = [one for one in inbox.reports if isinstance(one, SessionDown)]
    assert (down.account, down.venue) == (place.session.account, place.session.venue)
    assert down.reason
    await place.session.connect(inbox, inbox)
    evidence = await place.session.query(query_of(place, order.client_order_id))
    assert evidence is not None
    assert evidence.status.status is VenueOrderStatus.FILLED  # what was lost is found by asking


async def test_a_session_names_its_venue_and_account(place: Place) -> None:
    assert place.session.venue == VenueId(place.instrument.key.venue)
    assert place.session.account
    assert place.session.capabilities.query_lag_ns >= 0

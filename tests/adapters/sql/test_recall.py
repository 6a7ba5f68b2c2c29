"""An order read back from the tables is the order that was in memory, whole and with its family."""

from decimal import Decimal

import pytest

from core.orders.lives import lives_of
from core.orders.oms import Oms
from ports.commands import OrderTerms, SubmitOrder
from ports.errors import NotYetVisibleError
from ports.facts import OrderFilled
from ports.market_data import Quote
from ports.recall import LoadedOrders, LoadOrders
from ports.reports import VenueOrderStatus
from ports.values import OperationId, OrderType, Price, Quantity, Side, StrategyId

from fakes.databases import Asker, Writer
from fakes.story import DESK, INVERSE, LINEAR, SPOT, Story


def wanted(*operation_ids: str) -> LoadOrders:
    return LoadOrders(operation_ids=frozenset(OperationId(name) for name in operation_ids))


def orders_in(found: LoadedOrders) -> Oms:
    return lives_of([fact for _, fact in found.facts])


@pytest.fixture
async def story(projections: Writer) -> Story:
    """Tell of orders that ended, one with a parent, a tombstone and a trade of nobody's, and take them in."""
    story = Story()
    story.submit("op-1", SPOT)
    story.fill("op-1", "0.25")
    story.fill("op-1", "0.75", "101")
    story.submit("op-2", LINEAR)
    story.acknowledge("op-2")
    story.report("op-2", VenueOrderStatus.CANCELED, "by the user")
    story.stray_fill(INVERSE, Side.BUY, "10")
    story.cancel("op-never")
    story.tell(quote_now(story))
    story.tell(parent())
    story.fill("big.1", "1")
    await projections.take(story.entries)
    return story


def quote_now(story: Story) -> Quote:
    return Quote(
        instrument=SPOT,
        bid=Price(Decimal(99)),
        ask=Price(Decimal(100)),
        bid_size=Decimal(9),
        ask_size=Decimal(9),
        event_time_ns=story.now_ns,
        received_ns=story.now_ns,
    )


def parent() -> SubmitOrder:
    terms = OrderTerms(
        operation_id=OperationId("big"),
        strategy_id=StrategyId("momentum"),
        instrument=SPOT,
        side=Side.BUY,
        quantity=Quantity(Decimal(2)),
        order_type=OrderType.MARKET,
        price=None,
        exec_algorithm="TWAP",
        exec_algorithm_params={"horizon_secs": "20", "intervals": "2"},
    )
    return SubmitOrder(terms=terms, principal=DESK, received_ns=0)


async def test_an_order_is_read_back_as_it_was_in_memory(story: Story, queries: Asker) -> None:
    found = orders_in(await queries.load(wanted("op-1", "op-2"), len(story.entries)))
    for name in ("op-1", "op-2"):
        order = found.get(OperationId(name))
        assert order is not None
        assert (order.canonical(), order.view()) == (story.order(name).canonical(), story.order(name).view())
    assert len(list(found.all_orders())) == 2


async def test_it_is_found_by_what_its_venue_knows_it_by(story: Story, queries: Asker) -> None:
    name = story.order("op-1").client_order_id
    assert name is not None
    found = orders_in(await queries.load(LoadOrders(client_order_ids=frozenset([name])), 0))
    assert [order.terms.operation_id for order in found.all_orders()] == ["op-1"]


@pytest.mark.parametrize("name", ["big", "big.1"])
async def test_a_family_is_read_back_whole(story: Story, queries: Asker, name: str) -> None:
    found = orders_in(await queries.load(wanted(name), len(story.entries)))
    parent_of_it, child = found.recorded(OperationId("big")), found.recorded(OperationId("big.1"))
    assert child.parent is parent_of_it
    assert parent_of_it.canonical() == story.order("big").canonical()


async def test_trades_are_found_whosever_they_are_and_no_others(story: Story, queries: Asker) -> None:
    keys = [(fill.account, fill.instrument, fill.trade_id) for fill in story.order("op-1").fills]
    account, _, trade_id = keys[0]
    (stray,) = [
        (fact.account, fact.instrument, fact.trade_id)
        for entry in story.entries
        if isinstance(fact := entry.fact, OrderFilled) and fact.operation_id is None
    ]
    mistaken = (account, LINEAR, trade_id)
    found = await queries.load(LoadOrders(trades=frozenset([keys[1], stray, mistaken])), len(story.entries))
    assert {trade.key for trade in found.trades} == {keys[1], stray}
    (of_order,) = [trade for trade in found.trades if trade.key == keys[1]]
    assert (of_order.strategy_id, of_order.quantity, of_order.price) == ("momentum", Decimal("0.75"), Decimal(101))


async def test_a_tombstone_is_read_back_and_what_never_was_is_not(story: Story, queries: Asker) -> None:
    found = await queries.load(wanted("op-never", "op-nothing"), len(story.entries))
    assert orders_in(found).is_tombstoned(OperationId("op-never"))
    assert len(found.facts) == 1


async def test_tables_that_are_behind_say_so_instead_of_finding_nothing(story: Story, queries: Asker) -> None:
    with pytest.raises(NotYetVisibleError):
        await queries.load(wanted("op-1"), len(story.entries) + 1)


async def test_more_names_than_one_statement_takes_are_read_back(projections: Writer, queries: Asker) -> None:
    story = Story()
    story.submit("op-1", SPOT)
    await projections.take(story.entries)
    names = wanted(*[f"none-{number}" for number in range(1_200)], "op-1")
    assert len((await queries.load(names, 0)).facts) == 4

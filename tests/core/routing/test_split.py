"""The split against every split there is, on cases small enough to try them all."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import product
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.routing.split import cheapest_split
from core.routing.supply import Supply, capped, cost_of, whole_lots_down

D = Decimal


def supply(*steps: tuple[str, str], lot: str = "1", least: str = "1", most: str = "1000", fixed: str = "0") -> Supply:
    """A venue whose steps are (cost of a unit, size)."""
    made = [(D(cost), D(size)) for cost, size in steps]
    return Supply(steps=capped(made, D(most)), lot=D(lot), least=D(least), most=D(most), fixed=D(fixed))


@st.composite
def supplies(draw: st.DrawFn, lots: Sequence[str] = ("1", "2", "4")) -> list[Supply]:
    """Up to four venues with a few steps in half units, of lots that divide one another."""
    made = []
    for _ in range(draw(st.integers(1, 4))):
        lot = D(draw(st.sampled_from(list(lots))))
        costs = sorted(draw(st.lists(st.integers(1, 30), min_size=1, max_size=4)))
        steps = [(D(cost), D(draw(st.integers(1, 9))) / 2) for cost in costs]
        most = whole_lots_down(min(D(draw(st.integers(1, 14))), sum((size for _, size in steps), D(0))), lot)
        made.append(
            Supply(
                steps=capped(steps, most),
                lot=lot,
                least=lot * draw(st.integers(1, 2)),
                most=most,
                fixed=D(draw(st.integers(0, 6))),
            )
        )
    return made


def parts_possible(one: Supply) -> list[Decimal]:
    """Everything that a venue may be given, nothing included."""
    return [D(0)] + [one.lot * n for n in range(1, int(one.most // one.lot) + 1) if one.lot * n >= one.least]


def cheapest_of_all(offered: Sequence[Supply], quantity: Decimal, max_venues: int) -> Decimal | None:
    """Try every split there is; the cost of the cheapest."""
    costs = []
    for parts in product(*map(parts_possible, offered)):
        if sum(parts) == quantity and sum(1 for part in parts if part) <= max_venues:
            each = [cost_of(one.steps, part) for one, part in zip(offered, parts, strict=True)]
            fixed = [one.fixed for one, part in zip(offered, parts, strict=True) if part]
            costs.append(sum([cost for cost in each if cost is not None], D(0)) + sum(fixed, D(0)))
    return min(costs, default=None)


def test_the_cost_of_a_quantity_is_that_of_its_cheapest_steps_and_nobody_sells_more_than_there_is() -> None:
    steps = ((D(2), D(3)), (D(5), D(4)))
    told = [cost_of(steps, D(quantity)) for quantity in ("0", "1", "3", "4", "7", "7.5")]
    assert told == [0, 2, 6, 11, 26, None]


@given(supplies(), st.integers(1, 24), st.integers(1, 4))
def test_no_split_at_all_is_cheaper(offered: list[Supply], quantity: int, max_venues: int) -> None:
    found = cheapest_split(offered, D(quantity), max_venues)
    wanted = cheapest_of_all(offered, D(quantity), max_venues)
    assert (found.cost if found else None) == wanted
    assert found is None or found.is_proven


@given(supplies(lots=("1", "2", "3", "5")), st.integers(1, 24), st.integers(1, 4))
def test_lots_that_do_not_divide_one_another_are_kept_and_never_called_proven(
    offered: list[Supply], quantity: int, max_venues: int
) -> None:
    found = cheapest_split(offered, D(quantity), max_venues)
    if found is not None:
        assert all(part % one.lot == 0 for part, one in zip(found.parts, offered, strict=True))
        wanted = cheapest_of_all(offered, D(quantity), max_venues)
        assert wanted is not None
        assert found.cost >= wanted
        assert not found.is_proven or found.cost == wanted


@given(supplies(), st.integers(1, 24), st.integers(1, 4))
def test_parts_sum_to_the_order_and_keep_lots_least_most_and_number_of_venues(
    offered: list[Supply], quantity: int, max_venues: int
) -> None:
    found = cheapest_split(offered, D(quantity), max_venues)
    if found is not None:
        assert sum(found.parts) == quantity
        assert sum(1 for part in found.parts if part) <= max_venues
        for part, one in zip(found.parts, offered, strict=True):
            assert part == 0 or (one.least <= part <= one.most and part % one.lot == 0)
            assert part <= sum(size for _, size in one.steps)


@given(supplies(), st.integers(1, 24), st.integers(1, 4), st.data())
def test_more_depth_never_costs_more(
    offered: list[Supply], quantity: int, max_venues: int, data: st.DataObject
) -> None:
    before = cheapest_split(offered, D(quantity), max_venues)
    at = data.draw(st.integers(0, len(offered) - 1))
    more = D(data.draw(st.integers(1, 8)))
    one = offered[at]
    steps = [(one.steps[0][0], one.steps[0][1] + more), *one.steps[1:]] if one.steps else []
    most = whole_lots_down(one.most + more, one.lot)
    deeper = Supply(steps=capped(steps, most), lot=one.lot, least=one.least, most=most, fixed=one.fixed)
    depth = sum((size for _, size in deeper.steps), D(0))
    if depth < most:  # a most beyond the depth is no more than the depth
        deeper = Supply(
            steps=deeper.steps, lot=one.lot, least=one.least, most=depth // one.lot * one.lot, fixed=one.fixed
        )
    after = cheapest_split([*offered[:at], deeper, *offered[at + 1 :]], D(quantity), max_venues)
    assert before is None or (after is not None and after.cost <= before.cost)


def drawn(seed: int, lots: Sequence[str]) -> tuple[list[Supply], Decimal, int]:
    """Up to four venues, an amount and how many may take part: by seed, ten times as fast as field by field."""
    draw = Random(seed)
    made = []
    for _ in range(draw.randint(1, 4)):
        lot = D(draw.choice(lots))
        steps = [
            (D(cost), D(draw.randint(1, 9)) / 2) for cost in sorted(draw.choices(range(1, 31), k=draw.randint(1, 4)))
        ]
        most = whole_lots_down(min(D(draw.randint(1, 14)), sum((size for _, size in steps), D(0))), lot)
        least, fixed = lot * draw.choice((1, 1, 2)), D(draw.choice((0, 0, draw.randint(1, 6))))
        made.append(Supply(steps=capped(steps, most), lot=lot, least=least, most=most, fixed=fixed))
    return made, D(draw.randint(1, 24)), draw.choice((1, 2, 4, 4))


def test_over_two_thousand_markets_none_is_cheaper_and_each_part_is_in_whole_lots() -> None:
    for seed in range(2_000):
        offered, quantity, max_venues = drawn(seed, ("1", "2", "4") if seed % 4 else ("0.5", "1", "2"))
        found = cheapest_split(offered, quantity, max_venues)
        wanted = cheapest_of_all(offered, quantity, max_venues)
        assert (seed, found.cost if found else None) == (seed, wanted)
        if found is not None:
            costs = [cost_of(one.steps, part) for one, part in zip(offered, found.parts, strict=True)]
            paid = [cost for cost in costs if cost is not None]
            assert len(paid) == len(costs), seed  # None: more than there is
            fixed = [one.fixed for one, part in zip(offered, found.parts, strict=True) if part]
            assert (seed, sum(paid, D(0)) + sum(fixed, D(0))) == (seed, wanted)
            assert all(part % one.lot == 0 for one, part in zip(offered, found.parts, strict=True)), seed


def test_the_cheapest_steps_of_all_venues_are_taken_first() -> None:
    found = cheapest_split([supply(("10", "3"), ("12", "9")), supply(("11", "4"), ("13", "9"))], D(10), 4)
    assert found is not None
    assert (found.parts, found.cost) == ((D(6), D(4)), D(110))


def test_a_fixed_cost_keeps_an_order_in_one_place() -> None:
    apart = [supply(("10", "3"), ("12", "9")), supply(("11", "9"), fixed="5")]
    found = cheapest_split(apart, D(5), 4)
    assert found is not None
    assert found.parts == (D(5), D(0))


def test_where_only_one_venue_is_permitted_the_best_touch_need_not_win() -> None:
    found = cheapest_split([supply(("10", "1"), ("20", "9")), supply(("11", "9"))], D(5), 1)
    assert found is not None
    assert found.parts == (D(0), D(5))


def test_the_remainder_that_a_coarse_lot_cannot_take_goes_to_a_finer_one() -> None:
    coarse = supply(("10", "100"), lot="0.1", least="0.1")
    fine = supply(("11", "100"), lot="0.001", least="0.001")
    found = cheapest_split([coarse, fine], D("1.234"), 4)
    assert found is not None
    assert found.parts == (D("1.2"), D("0.034"))


def test_nothing_is_split_where_the_venues_cannot_take_it_all() -> None:
    assert cheapest_split([supply(("10", "3"), most="3"), supply(("10", "3"), most="3")], D(7), 4) is None
    assert cheapest_split([supply(("10", "9"), lot="2", least="2")], D(7), 4) is None
    assert cheapest_split([], D(7), 4) is None


@pytest.mark.parametrize(
    ("lots", "is_proven"),
    [
        ("1 1", True),
        ("2 2 1", True),
        ("1 2 4", True),
        ("3 3", True),
        ("2 3", False),
        ("1 2 3", False),
        ("3 2 1", False),
    ],
)
def test_a_split_is_proven_where_each_lot_divides_the_next(lots: str, is_proven: bool) -> None:
    found = cheapest_split([supply(("10", "9"), lot=lot, least=lot) for lot in lots.split()], D(6), 4)
    assert found is not None
    assert found.is_proven is is_proven


def test_a_search_that_was_cut_short_says_so_and_has_an_answer_all_the_same() -> None:
    few, many = ([supply((str(100 + n), "3"), fixed=str(50 - n)) for n in range(size)] for size in (4, 14))
    found, short = cheapest_split(few, D(10), 4), cheapest_split(many, D(20), 14)
    assert found is not None
    assert short is not None
    assert (found.is_proven, short.is_proven) == (True, False)
    assert (sum(found.parts), sum(short.parts)) == (10, 20)


def test_of_equally_cheap_ones_it_is_the_first_that_is_found() -> None:
    same = [supply(("10", "9")) for _ in range(3)]
    found = cheapest_split(same, D(6), 1)
    assert found is not None
    assert found.parts == (D(6), D(0), D(0))

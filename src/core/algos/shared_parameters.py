"""Parameters that several algorithms have in common: how the horizon is cut, and how children are placed."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from core.algos.manner import AtEnd, Manner
from core.algos.parameters import Given, Parameter, refusal
from core.algos.schedule import CatchUp, Slicing
from core.algos.situation import SECOND_NS
from ports.algorithms import OrderRules
from ports.values import plain

_MOST_SLICES: Final = 2_000
_DEFAULT_SLICES: Final = 10
_WEEK_S: Final = Decimal(7 * 86_400)
_SECOND, _TENTH = Decimal(1), Decimal("0.1")

_HORIZON: Final = Parameter(
    name="horizon_secs", unit="seconds", least=_SECOND, most=_WEEK_S, says="how long the order is worked"
)
OPTIONAL_HORIZON: Final = Parameter(
    name="horizon_secs", unit="seconds", least=_SECOND, most=_WEEK_S,
    says="how long the order is worked; without it, until it has traded",
)  # fmt: skip
SLICING: Final = (
    _HORIZON,
    Parameter(name="duration_sec", unit="seconds", least=_SECOND, most=_WEEK_S, says="another name of horizon_secs"),
    Parameter(
        name="interval_secs", unit="seconds", least=_TENTH, most=_WEEK_S,
        says="from one part to the next; without it the horizon is cut into equal parts",
    ),
    Parameter(
        name="intervals", unit="parts", least=Decimal(1), most=Decimal(_MOST_SLICES),
        says=f"how many equal parts the horizon is cut into; {_DEFAULT_SLICES} where nothing says otherwise",
    ),
    Parameter(
        name="max_slices", unit="parts", least=Decimal(1), most=Decimal(_MOST_SLICES), says="another name of intervals"
    ),
    Parameter(
        name="time_jitter_pct", unit="per cent", default="0", least=Decimal(0), most=Decimal(90),
        says="how far each part is moved in time by lot, of half an interval",
    ),
    Parameter(
        name="catch_up", unit="word", default=CatchUp.SPREAD, words=tuple(CatchUp),
        says="what is behind the schedule goes out with the next part, or is spread over all that are left",
    ),
)  # fmt: skip
PASSIVE: Final = Parameter(
    name="passive_secs", unit="seconds", default="0", least=Decimal(0), most=Decimal(86_400),
    says="how long a child rests at the touch before it is taken back and crosses; 0: it crosses at once",
)  # fmt: skip
MIN_CHILD: Final = Parameter(
    name="min_child", unit="amount", says="the smallest child; without it the venue's smallest order"
)
STALE: Final = Parameter(
    name="stale_secs", unit="seconds", default="10", least=_TENTH, most=Decimal(86_400),
    says="from which age on a quote is too old to place a child by",
)  # fmt: skip
CHILDREN: Final = (PASSIVE, MIN_CHILD, STALE)


def at_end(default: AtEnd) -> Parameter:
    """Return the parameter that says what becomes of the remainder."""
    return Parameter(
        name="at_end", unit="word", default=default, words=tuple(AtEnd),
        says="the remainder at the end of the horizon crosses within the limit, or is left",
    )  # fmt: skip


def read_slicing(given: Given) -> Slicing:
    """Read how the horizon is cut.

    Raises:
        InvalidInputError: no horizon, two names of one thing, or parts that do not fit into it.
    """
    horizon = given.one_of("horizon_secs", "duration_sec")
    if horizon is None:
        raise refusal("horizon_secs", "", f"is needed: {_HORIZON.says}")
    horizon_ns = given.nanoseconds(horizon)
    cut = given.one_of("interval_secs", "intervals", "max_slices")
    if cut == "interval_secs":
        interval_ns = given.nanoseconds(cut)
        slices = horizon_ns // interval_ns
        if not slices:
            raise refusal(cut, plain(given.number(cut)), f"must not be longer than {horizon}")
        if slices > _MOST_SLICES:
            raise refusal(cut, plain(given.number(cut)), f"cuts {horizon} into more than {_MOST_SLICES} parts")
    else:
        slices = _DEFAULT_SLICES if cut is None else given.whole(cut)
        interval_ns = horizon_ns // slices
        if interval_ns < _TENTH * SECOND_NS:
            name = cut or horizon
            raise refusal(name, plain(given.number(name)), f"leaves less than {plain(_TENTH)} seconds for each part")
    return Slicing(
        horizon_ns=horizon_ns,
        interval_ns=interval_ns,
        slices=slices,
        time_jitter_pct=given.whole("time_jitter_pct"),
        catch_up=CatchUp(given.word("catch_up")),
    )


def read_manner(given: Given, rules: OrderRules, slicing: Slicing | None = None) -> Manner:
    """Read how children are placed.

    Raises:
        InvalidInputError: a child would rest longer than its part lasts, or a bound is broken.
    """
    passive_ns = given.nanoseconds("passive_secs")
    if slicing is not None and passive_ns and passive_ns >= slicing.interval_ns:
        raise refusal("passive_secs", plain(given.number("passive_secs")), "must be shorter than a part of the horizon")
    return Manner(
        passive_ns=passive_ns,
        stale_ns=given.nanoseconds("stale_secs"),
        min_child=given.amount("min_child", rules) if given.has("min_child") else None,
        at_end=AtEnd(given.word("at_end")),
    )

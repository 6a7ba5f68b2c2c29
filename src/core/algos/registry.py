"""Every execution algorithm by its name: what it does, its parameters, and how they become a planner."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from core.algos import iceberg, implementation_shortfall, pov, twap, vwap
from core.algos.parameters import FIELD, Given, Parameter
from ports.algorithms import ParentTerms, Planner, PlannerParser
from ports.errors import InvalidInputError
from ports.records import record
from ports.replies import InvalidOrder
from ports.values import exact


@record
class Algorithm:
    """One algorithm as people read of it, and its reader."""

    name: str
    says: str
    parameters: tuple[Parameter, ...]
    read: Callable[[Given, ParentTerms], Planner]


_ALL: Final = (
    Algorithm(name="TWAP", says="equal parts over a horizon", parameters=twap.PARAMETERS, read=twap.read),
    Algorithm(
        name="VWAP",
        says="parts in proportion to the volume expected at that time of day, corrected by the volume observed",
        parameters=vwap.PARAMETERS,
        read=vwap.read,
    ),
    Algorithm(
        name="ICEBERG",
        says="one small part shows at a time, the next one when it has traded",
        parameters=iceberg.PARAMETERS,
        read=iceberg.read,
    ),
    Algorithm(
        name="POV", says="a steady share of the volume that trades publicly", parameters=pov.PARAMETERS, read=pov.read
    ),
    Algorithm(
        name="IS",
        says="faster at first, by how much risk weighs against impact (Almgren and Chriss, 2000)",
        parameters=implementation_shortfall.PARAMETERS,
        read=implementation_shortfall.read,
    ),
)
_NONE: Final[Mapping[str, PlannerParser]] = MappingProxyType({})
ALGORITHMS: Final[Mapping[str, Algorithm]] = MappingProxyType({each.name: each for each in _ALL})


def planner_of(
    name: str, params: Mapping[str, str], parent: ParentTerms, of_plugins: Mapping[str, PlannerParser] = _NONE
) -> Planner | InvalidOrder:
    """Return the planner of an algorithm with these parameters, or which of them is wrong and what would pass.

    `parent` is the order as it was submitted; its start and conditions are not looked at.
    """
    algorithm = ALGORITHMS.get(name)
    if algorithm is None and name in of_plugins:
        return of_plugins[name](params, parent)
    if algorithm is None:
        available = " ".join([*ALGORITHMS, *of_plugins])
        return InvalidOrder(field="exec_algorithm", value=name, remedy=f"available: {available}")
    try:
        with exact():
            return algorithm.read(Given(params, algorithm.parameters), parent)
    except InvalidInputError as wrong:
        given = params.get(wrong.field.removeprefix(f"{FIELD}."), "")
        return InvalidOrder(field=wrong.field, value=given, remedy=wrong.remedy)

"""Facts of an order that an algorithm works; its children's are those of any order."""

from __future__ import annotations

from decimal import Decimal

from ports.algorithms import Conditions
from ports.records import record
from ports.values import OperationId, OrderStatus


@record
class ParentStarted:
    """An algorithm works the order from here on, by children; no venue ever knows the order itself.

    `seed` decides what is drawn by lot, and `conditions` are the market as it was: a plan is made again from them.
    """

    operation_id: OperationId
    seed: int
    conditions: Conditions
    started_ns: int


@record
class ParentNoted:
    """Its plan is not worked as one would expect, and why."""

    operation_id: OperationId
    code: str
    text: str
    noted_ns: int


@record
class ParentVolumeSeen:
    """How much had traded publicly since the parent started, as its plan reckoned with it at that moment."""

    operation_id: OperationId
    traded: Decimal
    seen_ns: int


@record
class ParentProgressed:
    """A child of it has traded; all its children's trades together."""

    operation_id: OperationId
    status: OrderStatus
    filled_quantity: Decimal
    average_price: Decimal
    progressed_ns: int


@record
class ParentEnded:
    """Nothing more of it will be placed, and none of its children is open."""

    operation_id: OperationId
    status: OrderStatus
    code: str
    reason: str
    ended_ns: int

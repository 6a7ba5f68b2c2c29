"""Every rule there is, in the order in which they are asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from core.risk import (
    conduct,
    exposure_limit,
    funds,
    halt,
    hours,
    loss,
    order_rate,
    order_size,
    position_limit,
    price,
    self_trade,
)
from core.risk.rule import RuleCard

REGISTRY: Final[tuple[RuleCard, ...]] = (
    *halt.CARDS,
    *hours.CARDS,
    *order_rate.CARDS,
    *conduct.CARDS,
    *order_size.CARDS,
    *price.CARDS,
    *self_trade.CARDS,
    *position_limit.CARDS,
    *exposure_limit.CARDS,
    *funds.CARDS,
    *loss.CARDS,
)
BY_NAME: Final[Mapping[str, RuleCard]] = {card.name: card for card in REGISTRY}

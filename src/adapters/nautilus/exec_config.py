"""The configuration of our execution algorithms in somebody's own Nautilus system."""

from __future__ import annotations

from decimal import Decimal
from typing import Self

from nautilus_trader.common.config import NautilusConfig
from nautilus_trader.execution.config import ExecAlgorithmConfig

from ports.algorithms import VolumeCurve
from ports.values import parse_decimal, plain


class VolumeCurveConfig(NautilusConfig, frozen=True):
    """What an instrument trades on average by time of day: equal buckets from midnight UTC on, decimals as text."""

    bucket_secs: int
    volumes: list[str]

    @classmethod
    def of(cls, curve: VolumeCurve) -> Self:
        """Return a curve as a configuration."""
        return cls(bucket_secs=curve.bucket_ns // 1_000_000_000, volumes=[plain(each) for each in curve.volumes])

    def curve(self) -> VolumeCurve:
        """Return the curve.

        Raises:
            InvalidInputError: a volume is no plain number.
        """
        volumes: list[Decimal] = [parse_decimal("volume_curves.volumes", each) for each in self.volumes]
        return VolumeCurve(bucket_ns=self.bucket_secs * 1_000_000_000, volumes=tuple(volumes))


class PlannedExecAlgorithmConfig(ExecAlgorithmConfig, kw_only=True, frozen=True):
    """As Nautilus's own, and volume curves by instrument id. Without an id each algorithm has its own name's."""

    volume_curves: dict[str, VolumeCurveConfig] = {}  # noqa: RUF012  # msgspec copies an empty default

"""Our execution algorithms for anybody's Nautilus system: the planners of the core in the classes of the adapter.

Named in an `ImportableExecAlgorithmConfig` as `app.nautilus_algorithms:TWAPExecAlgorithm` and so on, with
`app.nautilus_algorithms:PlannedExecAlgorithmConfig`.
"""

from __future__ import annotations

from functools import partial

from adapters.nautilus.exec_algorithm import PlannedExecAlgorithm
from adapters.nautilus.exec_config import PlannedExecAlgorithmConfig, VolumeCurveConfig
from core.algos.draws import seed_of
from core.algos.registry import planner_of

__all__ = [
    "ISExecAlgorithm",
    "IcebergExecAlgorithm",
    "POVExecAlgorithm",
    "PlannedExecAlgorithmConfig",
    "TWAPExecAlgorithm",
    "VWAPExecAlgorithm",
    "VolumeCurveConfig",
]


class TWAPExecAlgorithm(PlannedExecAlgorithm):
    """Equal parts over a horizon; its id is `TWAP`."""

    def __init__(self, config: PlannedExecAlgorithmConfig | None = None) -> None:
        super().__init__("TWAP", partial(planner_of, "TWAP"), seed_of, config)


class VWAPExecAlgorithm(PlannedExecAlgorithm):
    """Parts in proportion to expected volume; its id is `VWAP`."""

    def __init__(self, config: PlannedExecAlgorithmConfig | None = None) -> None:
        super().__init__("VWAP", partial(planner_of, "VWAP"), seed_of, config)


class IcebergExecAlgorithm(PlannedExecAlgorithm):
    """One part shows at a time; its id is `ICEBERG`."""

    def __init__(self, config: PlannedExecAlgorithmConfig | None = None) -> None:
        super().__init__("ICEBERG", partial(planner_of, "ICEBERG"), seed_of, config)


class POVExecAlgorithm(PlannedExecAlgorithm):
    """A steady share of the volume that trades; its id is `POV`."""

    def __init__(self, config: PlannedExecAlgorithmConfig | None = None) -> None:
        super().__init__("POV", partial(planner_of, "POV"), seed_of, config)


class ISExecAlgorithm(PlannedExecAlgorithm):
    """The trajectory of Almgren and Chriss; its id is `IS`."""

    def __init__(self, config: PlannedExecAlgorithmConfig | None = None) -> None:
        super().__init__("IS", partial(planner_of, "IS"), seed_of, config)

"""Market data to trade against without a venue: recorded parquet files, windows of them, or a seeded generator."""

from adapters.ticks.day_files import Listed, read_instruments, read_signals
from adapters.ticks.day_volumes import DAY_S, day_volumes
from adapters.ticks.generated import GeneratedTicks
from adapters.ticks.kinds import Kind, day_of, day_window, signals_path, tick_paths
from adapters.ticks.optimising import Optimised, optimise
from adapters.ticks.paper_instruments import PAPER_VENUES, paper_instruments
from adapters.ticks.recorded import RecordedTicks
from adapters.ticks.tick_writer import write_ticks
from adapters.ticks.windows import WindowReader

__all__ = [
    "DAY_S",
    "PAPER_VENUES",
    "GeneratedTicks",
    "Kind",
    "Listed",
    "Optimised",
    "RecordedTicks",
    "WindowReader",
    "day_of",
    "day_volumes",
    "day_window",
    "optimise",
    "paper_instruments",
    "read_instruments",
    "read_signals",
    "signals_path",
    "tick_paths",
    "write_ticks",
]

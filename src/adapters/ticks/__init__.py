"""Market data to trade against without a venue: recorded parquet files, or a seeded generator."""

from adapters.ticks.generated import GeneratedTicks
from adapters.ticks.paper_instruments import PAPER_VENUES, paper_instruments
from adapters.ticks.recorded import RecordedTicks

__all__ = ["PAPER_VENUES", "GeneratedTicks", "RecordedTicks", "paper_instruments"]

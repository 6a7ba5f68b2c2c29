"""What benchmarks put in the place of the read tables, where they measure something else."""

from __future__ import annotations

from ports.recall import LoadedOrders, LoadOrders


class NoRecords:
    """Finds nothing; right where no order comes twice."""

    async def load(self, wanted: LoadOrders, min_sequence: int) -> LoadedOrders:
        """See `ports.recall.OrderRecords`."""
        del wanted, min_sequence
        return LoadedOrders()

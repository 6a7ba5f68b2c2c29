"""Deribit's plugin keeps every promise of a venue, up to gold."""

from plugins.conformance import GoldSuite

from simulators.deribit.ground import deribit_ground


class TestDeribit(GoldSuite):
    """At the simulated Deribit."""

    opened = staticmethod(deribit_ground)

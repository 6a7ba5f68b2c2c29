"""Interactive Brokers' plugin keeps every promise of a venue, up to gold."""

from plugins.conformance import GoldSuite

from simulators.ibkr.ground import ibkr_ground


class TestIbkr(GoldSuite):
    """At the simulated TWS."""

    opened = staticmethod(ibkr_ground)

"""What every venue promises, as suites of pytest that a plugin inherits in one small file.

`pip install livexec[conformance]`, write a `Ground`, and inherit the suite of the tier that is aimed at:

    from plugins.conformance import GoldSuite

    class TestAcme(GoldSuite):
        opened = staticmethod(acme_ground)  # an async context manager that yields the ground

Bronze can be earned with recordings, silver with a simulator, gold with one that also fails on command. Each suite
holds the ones below it.
"""

from plugins.conformance.bronze import BronzeSuite
from plugins.conformance.gold import GoldSuite
from plugins.conformance.ground import Fault, Ground, cannot_show
from plugins.conformance.silver import SilverSuite

__all__ = ["BronzeSuite", "Fault", "GoldSuite", "Ground", "SilverSuite", "cannot_show"]

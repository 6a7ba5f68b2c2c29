"""A tier is earned by every check of it and of those below, and by nothing less."""

import pytest

from plugins.conformance.tiers import Finding, Tier, earned, tier_of


def finding(tier: Tier, outcome: str = "passed", said: str = "") -> Finding:
    return Finding(name="TestAcme::test", tier=tier, outcome=outcome, said=said)


BRONZE, SILVER, GOLD = (finding(tier) for tier in (Tier.BRONZE, Tier.SILVER, Tier.GOLD))


@pytest.mark.parametrize(
    ("findings", "tier"),
    [
        ([], Tier.NONE),
        ([BRONZE], Tier.BRONZE),
        ([BRONZE, SILVER, GOLD], Tier.GOLD),
        ([SILVER, GOLD], Tier.NONE),
        ([BRONZE, finding(Tier.BRONZE, "failed", "mend it"), SILVER], Tier.NONE),
        ([BRONZE, SILVER, finding(Tier.SILVER, "skipped", "not shown: the fault SILENT"), GOLD], Tier.BRONZE),
        ([BRONZE, SILVER, finding(Tier.SILVER, "skipped", "does not apply: it amends nothing"), GOLD], Tier.GOLD),
        ([BRONZE, finding(Tier.SILVER, "skipped", "does not apply: it amends nothing")], Tier.BRONZE),
    ],
)
def test_a_tier_is_earned_with_all_below_it(findings: list[Finding], tier: Tier) -> None:
    assert earned(findings) is tier


def test_a_check_belongs_to_the_tier_of_the_module_that_defines_it() -> None:
    from plugins.conformance import BronzeSuite, GoldSuite, SilverSuite

    tiers = {name: tier_of(getattr(GoldSuite, name).__module__) for name in dir(GoldSuite) if name.startswith("test_")}
    bronze = {name for name in dir(BronzeSuite) if name.startswith("test_")}
    silver = {name for name in dir(SilverSuite) if name.startswith("test_")} - bronze
    assert {name for name, tier in tiers.items() if tier is Tier.BRONZE} == bronze
    assert {name for name, tier in tiers.items() if tier is Tier.SILVER} == silver
    assert Tier.NONE not in tiers.values()
    assert tier_of("somebody.elses.tests") is Tier.NONE

"""What installed plugins add to what the core decides, each guarded."""

from __future__ import annotations

from app.plugin_algorithms import algorithms_of
from app.plugin_policies import GuardedPolicy
from app.plugin_rules import rules_of
from core.extensions import Extensions
from plugins.discovery import Discovery
from ports.errors import InvalidInputError
from ports.telemetry import Telemetry


def extensions_of(found: Discovery, telemetry: Telemetry, policy: str | None) -> Extensions:
    """Return the rules and algorithms of every plugin, and the routing policy that is configured; None: ours.

    Raises:
        PluginsRefusedError: a rule has the name of another.
        InvalidInputError: no plugin brings the policy.
    """
    policies = {one.name: one for plugin in found.plugins for one in plugin.policies}
    if policy is not None and policy not in policies:
        known = f"plugins bring: {', '.join(sorted(policies))}" if policies else "no installed plugin brings one"
        raise InvalidInputError("router.policy", policy, known)
    return Extensions(
        rules=rules_of(found, telemetry),
        algorithms=algorithms_of(found, telemetry),
        policy=None if policy is None else GuardedPolicy(policies[policy], telemetry),
    )

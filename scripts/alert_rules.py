"""Write the alerts' conditions as Prometheus rules: what `deploy/prometheus/livexec.rules.yml` holds."""

from __future__ import annotations

import json
import sys

from adapters.telemetry.alert_engine import RUNBOOKS
from adapters.telemetry.conditions import CONDITIONS, Condition

DOWN = """\
      - alert: LivexecDown
        expr: "up{job=\\"livexec\\"} == 0 or absent(up{job=\\"livexec\\"})"
        for: 30s
        labels: {severity: critical}
        annotations:
          summary: "livexec does not answer Prometheus"
          runbook: "docs/runbooks.md#livexecdown"
"""


def rules() -> str:
    """Return the whole file."""
    head = "# Written by `make alert-rules` from src/adapters/telemetry/conditions.py: change it there.\n"
    groups = "groups:\n  - name: livexec\n    interval: 15s\n    rules:\n"
    return head + groups + DOWN + "".join(map(_rule, CONDITIONS))


def _rule(one: Condition) -> str:
    return (
        f"      - alert: {one.name}\n"
        f"        expr: {json.dumps(one.expr)}\n"
        f"        for: {one.for_s}s\n"
        f"        labels: {{severity: {one.severity.lower()}}}\n"
        "        annotations:\n"
        f"          summary: {json.dumps(one.summary)}\n"
        f'          runbook: "{RUNBOOKS}#{one.name.lower()}"\n'
    )


if __name__ == "__main__":
    sys.stdout.write(rules())

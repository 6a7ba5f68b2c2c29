"""Gold, kill -9: a process dies amid its orders, and another finds by asking what became of each."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from contextlib import suppress
from typing import Final

from plugins.conformance.bench import Bench
from plugins.conformance.demands import demand
from plugins.conformance.examined import Examined
from plugins.conformance.ground import Ground, cannot_show
from ports.values import ClientOrderId

KILLS: Final = int(os.environ.get("LIVEXEC_KILLS", "1"))
_ORDERS: Final = 30
_START_S: Final = 60.0


class Killing(Examined):
    """Processes of their own that are killed while they send."""

    async def test_a_killed_process_leaves_orders_that_are_found_and_none_twice(
        self, bench: Bench, ground: Ground
    ) -> None:
        if ground.factory is None or ground.settings is None:
            cannot_show("kill -9: give the ground `factory` and `settings`")
        for kill in range(KILLS):
            begun = await asyncio.to_thread(_die_while_sending, ground, 3 + kill * 7 % (_ORDERS - 3))
            demand(begun, "let a session of `factory.session(settings)` connect and send in a process of its own")
            for name in begun:
                arrived = await ground.arrivals(ClientOrderId(name))
                demand(arrived <= 1, "send an order once, whatever happens", f"{name} arrived {arrived} times")
                evidence = await bench.evidence(name)
                demand(
                    (evidence is not None) == (arrived == 1),
                    "let `query` find every order that arrived, and none that did not, after kill -9 too",
                    (name, arrived, evidence),
                )


def _die_while_sending(ground: Ground, after: int) -> list[str]:
    """Let a process send orders, kill it after so many, and return the names that it had begun with."""
    maker = type(ground.factory)
    told = {
        "factory": f"{maker.__module__}:{maker.__qualname__}",
        "settings": dict(ground.settings or {}),
        "instrument": str(ground.instrument.key),
        "price": str(ground.resting),
        "quantity": str(ground.instrument.min_quantity),
        "orders": _ORDERS,
        "prefix": f"k{os.getpid()}{os.urandom(3).hex()}",
    }
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    victim = subprocess.Popen(
        [sys.executable, "-m", "plugins.conformance.victim"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    names: list[str] = []
    try:
        if victim.stdin is None or victim.stdout is None:
            return names
        with suppress(BrokenPipeError):
            victim.stdin.write(json.dumps(told) + "\n")  # by pipe: settings hold secrets
            victim.stdin.close()
        for line in victim.stdout:
            names.append(line.strip())
            if len(names) > after:
                break
        victim.kill()
        names += [line.strip() for line in victim.stdout if line.endswith("\n")]
    finally:
        victim.kill()
        victim.wait(_START_S)
        if victim.stdout is not None:
            victim.stdout.close()
    return names

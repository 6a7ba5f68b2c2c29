"""What goes wrong at the simulated venue while the service is under load, drawn by lot."""

from __future__ import annotations

from random import Random

from chaos.grounds import Asked

from simulators.process import SimulatedVenue
from simulators.sites import Site

_ORDERS = 150  # faults laid out for one life; the rest of its orders find none
_CANCELS = 20
_MESSAGES = 6


async def storm(venue: SimulatedVenue, site: Site | Asked, chance: Random) -> None:
    """Lay out the faults of one life: most answers late, some never, some requests themselves late or lost."""
    await venue.command("calm")
    for _ in range(_ORDERS):
        await _of_a_request(venue, site.place, chance)
    for _ in range(_CANCELS):
        await _of_a_request(venue, site.cancel, chance)
    for _ in range(_MESSAGES):
        kind = chance.choice(("duplicate", "hold", "delay", "decorate"))
        await venue.fault(site.orders, kind, delay_ms=chance.randint(50, 2_000))
    if chance.random() < 0.3:
        await venue.fault(site.orders, "drop", execution="TRADE")


async def _of_a_request(venue: SimulatedVenue, where: str, chance: Random) -> None:
    what = chance.choices(
        ("answered late", "arrives late", "never answered", "never arrives", "torn", "503", "well"),
        (40, 15, 20, 5, 5, 5, 10),
    )[0]
    match what:
        case "answered late":
            await venue.fault(where, "delay", delay_ms=chance.randint(3_000, 7_000))
        case "arrives late":  # after the kill, or when the service is up again; beyond 5 s the venue refuses it
            await venue.fault(where, "delay", delay_ms=chance.randint(2_000, 6_000), late=False)
        case "never answered":
            await venue.fault(where, "no_answer")
        case "never arrives":
            await venue.fault(where, "no_answer", late=False)
        case "torn":
            await venue.fault(where, "tear")
        case "503":
            await venue.fault(where, "error", status=503, body="")
        case _:
            await venue.fault(where, "delay", delay_ms=0)

"""The main job, self-contained: start, work a book of orders of every kind, and prove what came of it."""

from app.demo.demonstration import run_demo
from app.demo.drill import run_drill
from app.demo.risk_scenario import run_risk_scenario
from app.demo.router_scenario import run_router_scenario
from app.demo.venues_scenario import run_venues_scenario
from app.demo.worlds_scenario import run_worlds_scenario

__all__ = [
    "run_demo",
    "run_drill",
    "run_risk_scenario",
    "run_router_scenario",
    "run_venues_scenario",
    "run_worlds_scenario",
]

"""`python -m fault_matrix`: play every fault at every venue, print the table, and write it into the documentation."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from app.checks import Check, as_json
from fault_matrix.faults import FAULTS
from fault_matrix.matrix import grounds
from fault_matrix.page import PAGE, page, table
from fault_matrix.places import PLACES

type Results = Mapping[str, Mapping[str, Sequence[str]]]  # what is wrong, by fault and venue
_REPOSITORY = Path(__file__).resolve().parents[2]


async def run() -> Results:
    """Play every cell."""
    results = {}
    async with grounds() as held:
        for fault in FAULTS:
            results[fault.name] = await held.row(fault)
            wrong = sum(map(bool, results[fault.name].values()))
            sys.stderr.write(f"{fault.name}: {len(PLACES) - wrong} of {len(PLACES)} held\n")
            sys.stderr.flush()
    return results


def document(results: Results) -> dict[str, Any]:
    """Return the matrix as one JSON document; `ok` only where every cell holds."""
    cells = [wrong for row in results.values() for wrong in row.values()]
    checks = [
        Check.equal("cells_not_held", sum(map(bool, cells)), 0, "cells"),
        Check.equal("cells_played", len(cells), len(FAULTS) * len(PLACES), "cells"),
    ]
    findings = {
        f"{fault} at {venue}": list(wrong) for fault, row in results.items() for venue, wrong in row.items() if wrong
    }
    return {
        "ok": all(check.ok for check in checks),
        "checks": as_json(checks),
        "faults": len(FAULTS),
        "venues": len(PLACES),
        "cells": len(cells),
        "findings": findings,
    }


def main() -> int:
    """Play, print, write, and exit 0 only where every cell holds."""
    parser = argparse.ArgumentParser(prog="python -m fault_matrix", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    given = parser.parse_args()
    results = asyncio.run(run())
    said = document(results)
    (_REPOSITORY / PAGE).write_text(page(results), encoding="utf-8")
    sys.stdout.write(json.dumps(said) + "\n" if given.json else table(results))
    for cell, wrong in said["findings"].items():
        sys.stderr.write(f"{cell}: {'; '.join(wrong)}\n")
    return 0 if said["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())

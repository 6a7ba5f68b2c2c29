"""What the console adds up and rounds, against this interpreter's own decimals: a wrong digit is a wrong amount."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from decimal import ROUND_HALF_UP, Context, Decimal
from pathlib import Path
from typing import Any

import pytest

MODULE = Path(__file__).resolve().parents[2] / "frontend/src/parts/decimal.ts"
NODE = Path(sys.executable).parent / "node"
PROGRAM = f"""
import * as decimal from {json.dumps(MODULE.as_uri())};
let text = "";
for await (const piece of process.stdin) text += piece;
const answers = JSON.parse(text).map(([name, ...given]) => decimal[name](...given));
process.stdout.write(JSON.stringify(answers));
"""
WIDE = Context(prec=80, rounding=ROUND_HALF_UP)


def asked(questions: list[list[Any]]) -> list[str]:
    """Ask the console's own functions."""
    done = subprocess.run(
        [NODE, "--input-type=module", "--eval", PROGRAM],
        input=json.dumps(questions), capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    answers: list[str] = json.loads(done.stdout)
    return answers


@pytest.fixture(scope="module")
def amounts() -> list[str]:
    """Return decimals of every size, in plain notation."""
    lot = random.Random(11)
    drawn = [Decimal(lot.randrange(1, 10 ** lot.randrange(1, 26))).scaleb(-lot.randrange(19)) for _ in range(300)]
    edges = ["0", "-0.0004", "0.005", "-0.005", "0.995", "999.995", "50000", "100", "1000000", "123456789012.5"]
    return [*edges, *[f"{each * lot.choice((1, -1)):f}" for each in drawn]]


def test_money_is_rounded_exactly_and_read_in_groups(amounts: list[str]) -> None:
    for currency, places in (("USDT", 2), ("BTC", 8)):
        shown = asked([["money", text, currency] for text in amounts])
        wanted = [WIDE.quantize(Decimal(text), Decimal(1).scaleb(-places)) for text in amounts]
        assert [each.replace(",", "") for each in shown] == [f"{each:f}" for each in wanted]
        assert shown == [f"{each:,f}" for each in wanted]


def test_sums_lose_no_digit_and_averages_keep_ten_figures(amounts: list[str]) -> None:
    (total,) = asked([["sum", [*amounts, ""]]])
    exact = Decimal(0)
    for text in amounts:
        exact = WIDE.add(exact, Decimal(text))
    assert Decimal(total) == exact
    for text, shown in zip(amounts, asked([["average", text] for text in amounts]), strict=True):
        assert abs(Decimal(shown) - Decimal(text)) * 2 <= Decimal(1).scaleb(max(Decimal(text).adjusted(), -30) - 9), (
            text
        )


def test_zeros_that_say_something_are_kept() -> None:
    given = {"50000": "50000", "100.50": "100.5", "7.000": "7", "0.10": "0.1", "1.5e-10": "1.5e-10", "": ""}
    assert asked([["trimmed", text] for text in given]) == list(given.values())

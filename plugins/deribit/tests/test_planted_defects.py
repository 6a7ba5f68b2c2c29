"""Six defects, each planted in a copy of this plugin, are caught by the shipped suites, which say what to mend."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from plugins.conformance.run import run_suites
from plugins.conformance.tiers import Finding, Tier

PACKAGE = Path(__file__).parents[1] / "src" / "livexec_deribit"


@dataclass(frozen=True)
class Defect:
    """What is written where, instead of what; which check catches it; and the words that tell the author."""

    file: str
    right: str
    wrong: str
    caught_by: str
    told: str
    tier: Tier


DEFECTS = {
    "a time-out is taken for a rejection": Defect(
        "link.py",
        "        except NoAnswerError as silence:\n            self._doubt(name, str(silence))\n",
        "        except NoAnswerError as silence:\n            self._owner.put(self._rejected(order, str(silence)))\n",
        "test_an_order_without_proof_is_in_doubt_and_settled_by_asking[order lost]",
        "never report REJECTED without a definitive refusal",
        Tier.GOLD,
    ),
    "an order is sent again": Defect(
        "session.py",
        "if order.client_order_id in self._sent:",
        "if order.client_order_id not in self._sent and order.quantity == 0:",
        "test_an_id_that_was_sent_before_makes_no_second_order_and_no_rejection",
        "never send one client order id twice",
        Tier.SILVER,
    ),
    "silence is taken for none": Defect(
        "questions.py",
        "        except (NotAskedError, RefusedError, NoAnswerError) as failure:\n",
        "        except NoAnswerError:\n            return []\n"
        "        except (NotAskedError, RefusedError, NoAnswerError) as failure:\n",
        "test_silence_is_never_taken_for_none",
        'raise VenueUnavailableError from `query` where the venue does not answer: silence is not "none"',
        Tier.BRONZE,
    ),
    "trades are counted in contracts": Defect(
        "words.py",
        'quantity=Quantity(number(trade, "amount")),',
        'quantity=Quantity(number(trade, "amount") / 10),',
        "test_a_trade_is_told_with_every_number_and_asking_tells_the_same",
        "put a FillReport for every trade, with its whole quantity",
        Tier.SILVER,
    ),
    "a trade has another id each time it is told": Defect(
        "words.py",
        'trade_id=TradeId(text(trade, "trade_id")),',
        'trade_id=TradeId(__import__("uuid").uuid4().hex),',
        "test_a_trade_is_told_with_every_number_and_asking_tells_the_same",
        "let `query` return each fill exactly as the stream told it: a fill is known by its `trade_id`",
        Tier.SILVER,
    ),
    "nobody asks what the stream keeps back": Defect(
        "link.py",
        '        self.start(probe.run(self._owner.fall), "probe")\n',
        "        del probe\n",
        "test_what_the_stream_keeps_back_is_noticed[missing]",
        "ask the venue now and then whether the stream kept something back",
        Tier.GOLD,
    ),
}


SUITE = """
from functools import partial

from plugins.conformance import GoldSuite

from simulators.deribit.ground import deribit_ground


class Test{number}(GoldSuite):
    opened = partial(deribit_ground, "livexec_deribit_{number}")
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Finding]:
    """Plant each defect in a copy of its own, and examine all copies in one process: to begin one takes seconds."""
    folder = tmp_path_factory.mktemp("planted")
    checks = [plant(folder, number, defect) for number, defect in enumerate(DEFECTS.values())]
    ini = f"[pytest]\nasyncio_mode = auto\npythonpath = {folder}\n"
    (folder / "pytest.ini").write_text(ini, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        patch.setenv("LIVEXEC_CONFORMANCE_PATIENCE_S", "4")  # what never comes need not be waited for long
        told = run_suites(checks, within_s=300, more=("-p", "pytest_asyncio.plugin"))
    return {name: told[number] for number, name in enumerate(DEFECTS)}


@pytest.mark.parametrize("name", DEFECTS)
def test_a_planted_defect_is_caught_and_its_author_told_what_to_mend(name: str, found: Mapping[str, Finding]) -> None:
    defect = DEFECTS[name]
    assert found[name].outcome == "failed"
    assert defect.caught_by in found[name].name
    assert defect.told in found[name].said
    assert found[name].tier is defect.tier


def plant(folder: Path, number: int, defect: Defect) -> Path:
    """Copy the plugin under a name of its own, with one defect, and return the check that has to catch it."""
    copied = folder / f"livexec_deribit_{number}"
    copied.mkdir()
    for file in PACKAGE.glob("*.py"):
        text = file.read_text(encoding="utf-8")
        if file.name == defect.file:
            assert text.count(defect.right) == 1, f"{defect.file} has changed: plant this defect anew"
            text = text.replace(defect.right, defect.wrong)
        (copied / file.name).write_text(text.replace("livexec_deribit", copied.name), encoding="utf-8")
    suite = folder / f"test_{number}.py"
    suite.write_text(SUITE.format(number=number), encoding="utf-8")
    return Path(f"{suite}::Test{number}::{defect.caught_by}")

"""`livexec kill`: the kill switch for when the service answers nobody."""

from __future__ import annotations

import asyncio
import os
from dataclasses import asdict
from typing import Final

from app.cli.failures import FAILED
from app.cli.options import Config, Json, StateDir, Whole
from app.cli.output import emit, note
from app.cli.service import overridden
from app.cli.tables import table
from ports.commands import HaltMode

_COLUMNS: Final = ("account", "venue", "found", "left", "problem")


def kill(
    *,
    reason: str,
    account: str = "",
    within_s: Whole = 60,
    config: Config = None,
    state_dir: StateDir = None,
    json: Json = False,
) -> int:
    """Take back every open order at the live venues over connections of its own, and leave a halt for the service.

    For a service that hangs or is gone: it touches neither the service nor its journal. First it writes the file HALT
    into the state folder, which halts the service that runs there within a second, if it can, and the one that starts
    there next before it does anything. Then it asks every venue what is open, cancels that, and asks again, until the
    venue itself says that nothing is. Positions stay as they are. Exit 0 only where every account is clear.

    Parameters
    ----------
    reason:
        For the record.
    account:
        Only this account's orders; the halt covers everything all the same.
    within_s:
        Seconds to go on cancelling.
    """
    from app.halt_file import write_halt_file
    from app.kill import take_back_everything
    from app.settings import load_settings

    settings = overridden(load_settings(config, os.environ), state_dir=state_dir)
    write_halt_file(settings.state_dir, HaltMode.CANCEL, reason)
    note(f"left {settings.state_dir / 'HALT'}")
    done = asyncio.run(take_back_everything(settings, account, float(within_s), note))
    is_ok = all(one.is_clear for one in done)
    rows = [asdict(one) for one in done]
    verdict = "every account is clear, by its venue's own word" if is_ok else "NOT CLEAR: see what is left"
    emit({"ok": is_ok, "accounts": rows}, f"{table(rows, _COLUMNS)}\n\n{verdict}", as_json=json)
    return 0 if is_ok else FAILED

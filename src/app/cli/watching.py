"""`livexec watch`: every fact as it happens, resumed where the connection breaks."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from app.cli.failures import FailedError, Failure
from app.cli.options import HERE, Connection, Whole
from app.cli.output import note, to_json
from app.cli.tables import moment, pairs

if TYPE_CHECKING:
    from app.cli.rest import Rest

_FAILURES_IN_A_ROW: Final = 8


def watch(*, after: Whole | None = None, limit: Whole = 0, connection: Connection = HERE) -> int:
    """Print every fact as it happens, one line each, until interrupted.

    With `--json` every line is a JSON document of its own (JSON lines), since this never ends.

    Parameters
    ----------
    after:
        The last sequence you have; 0: everything there is; without it: from now on.
    limit:
        Stop after so many; 0: never.
    """
    from app.cli.rest import Rest

    last = after
    with Rest.of(connection) as service, suppress(KeyboardInterrupt):
        for printed, event in enumerate(follow(service, after), start=1):
            print(to_json(event) if connection.json else _line(event), flush=True)
            last = event["sequence"]
            if printed == limit:
                return 0
    if last is not None:
        note(f"resume with --after {last}")
    return 0


def follow(service: Rest, after: int | None) -> Iterator[dict[str, Any]]:
    """Yield every fact after a sequence, none twice, over as many connections as it takes.

    Raises:
        FailedError: a refusal, or too many connections in a row broke before they brought anything.
    """
    import httpx

    last, failures = after, 0
    while True:
        try:
            with service.stream("/api/events", {} if last is None else {"after": last}) as lines:
                for message in messages(lines):
                    failures = 0
                    if message.data and (last is None or message.sequence > last):
                        yield json.loads(message.data)
                    last = max(message.sequence, last or 0)
            broke = "the service ended the stream"
        except httpx.TransportError as silence:
            broke = str(silence) or type(silence).__name__
        failures += 1
        if failures == _FAILURES_IN_A_ROW:
            raise _given_up(broke, last)
        note(f"disconnected ({broke}); resuming {'from now on' if last is None else f'after {last}'}")
        service.pause(failures)


@dataclass(frozen=True, slots=True)
class Message:
    """One server-sent event; without data it only says where the stream stands."""

    sequence: int
    data: str


def messages(lines: Iterable[str]) -> Iterator[Message]:
    """Read server-sent events; comments and what is cut off before its end say nothing."""
    sequence, data = "", []
    for line in lines:
        name, _, value = line.partition(":")
        match name:
            case "id":
                sequence = value.removeprefix(" ")
            case "data":
                data.append(value.removeprefix(" "))
            case "" if not line:
                if sequence.isascii() and sequence.isdigit():
                    yield Message(int(sequence), "\n".join(data))
                sequence, data = "", []


def _line(event: Mapping[str, Any]) -> str:
    when = moment(event["timestamp_ns"])
    return f"{event['sequence']}  {when}  {event['kind']}  {pairs(event['fact'])}"


def _given_up(broke: str, last: int | None) -> FailedError:
    remedy = "look after the service, then watch again" if last is None else f"resume with --after {last}"
    message = f"url: disconnected {_FAILURES_IN_A_ROW} times in a row ({broke}): {remedy}"
    return FailedError(Failure(reason_code="UNREACHABLE", message=message, field="url", remedy=remedy))

"""`livexec ticks curves`: volume curves made of recorded trades, and the file that the service reads them from."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray

from adapters.ticks import DAY_S, Kind, WindowReader, day_volumes
from app.checks import Check, as_json
from app.settings import Settings
from app.tick_files import Place
from ports.algorithms import VolumeCurve
from ports.errors import InvalidInputError, LivexecError, ObjectMissingError
from ports.instruments import InstrumentKey
from ports.market_data import VolumeProfile
from ports.object_store import LISTED
from ports.values import exact, parse_decimal, plain

_SECOND_NS: Final = 1_000_000_000
_TRADES: Final = f"/data_type-{Kind.TRADES}/"
_PLACES: Final = 8  # volumes were floats in the files; a curve is an estimate, and its proportions are what counts

type Progress = Callable[[str], None]


class DayFile(NamedTuple):
    """One instrument's trades of one day in a store."""

    instrument: InstrumentKey
    day: str


async def make_curves(source: Place, target: Path, bucket_s: int, progress: Progress) -> dict[str, Any]:
    """Average each instrument's recorded days of trades into a volume curve, and write them all to `target`.

    Raises:
        InvalidInputError: a bucket that does not divide a day, or `target` is there already.
        ObjectMissingError: there are no trades in `source`.
        ObjectStoreRefusedError, ObjectStoreUnavailableError: as the store.
    """
    if bucket_s <= 0 or DAY_S % bucket_s:
        raise InvalidInputError("--bucket-secs", bucket_s, "use a length that divides a day, such as 300")
    if await asyncio.to_thread(target.exists):
        raise InvalidInputError("target", str(target), "it is there already: name another, or move it away")
    days: defaultdict[InstrumentKey, dict[str, NDArray[np.float64]]] = defaultdict(dict)
    failed: list[dict[str, str]] = []
    reader = WindowReader(source.store)
    async for file in _day_files(source):
        progress(f"reading {file.instrument} of {file.day}")
        try:
            days[file.instrument][file.day] = await day_volumes(reader, file.instrument, file.day, bucket_s)
        except LivexecError as failure:
            failed.append({"instrument_key": file.instrument, "day": file.day, "error": str(failure)})
    if not days and not failed:
        raise ObjectMissingError(f"{source.path or 'the folder'}: there are no trades")
    curves = {str(key): _curve(found, bucket_s) for key, found in sorted(days.items())}
    await asyncio.to_thread(target.write_bytes, orjson.dumps(curves, option=orjson.OPT_INDENT_2))
    checks = [Check.equal("failed", len(failed), 0, "files"), Check.at_least("curves", len(curves), 1, "instruments")]
    return {
        "ok": all(check.ok for check in checks),
        "file": str(target),
        "curves": [
            {"instrument_key": key, "made_of": one["made_of"], "daily_volume": _sum(one["volumes"])}
            for key, one in curves.items()
        ],
        "failed": failed,
        "checks": as_json(checks),
    }


def read_curves(path: Path) -> list[VolumeProfile]:
    """Return the curves of a file that `make_curves` wrote.

    Raises:
        InvalidInputError: no such file, or something in it is no curve; names it.
    """
    try:
        document = orjson.loads(path.read_bytes())
        return [_profile(key, one) for key, one in document.items()]
    except OSError as failure:
        raise InvalidInputError("algorithms.volume_curves", str(path), f"it cannot be read: {failure}") from failure
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError) as wrong:
        remedy = "make it anew with livexec ticks curves"
        raise InvalidInputError("algorithms.volume_curves", str(path), f"{wrong!r} in it: {remedy}") from wrong


def configured_curves(settings: Settings) -> Sequence[VolumeProfile]:
    """Return the curves that the configuration names; empty: it names none.

    Raises:
        InvalidInputError: as `read_curves`.
    """
    path = settings.algorithms.volume_curves
    return () if path is None else read_curves(path)


def _profile(key: str, one: Mapping[str, Any]) -> VolumeProfile:
    volumes = tuple(parse_decimal(f"volume_curves.{key}.volumes", text) for text in one["volumes"])
    bucket_s = one["bucket_secs"]
    if not volumes or len(volumes) * bucket_s != DAY_S or min(volumes) < 0:
        remedy = f"{len(volumes)} volumes of {bucket_s} seconds are no day"
        raise InvalidInputError(f"volume_curves.{key}", key, remedy)
    curve = VolumeCurve(bucket_ns=bucket_s * _SECOND_NS, volumes=volumes)
    return VolumeProfile(instrument=InstrumentKey(key), curve=curve, made_of=str(one["made_of"]))


async def _day_files(source: Place) -> AsyncIterator[DayFile]:
    """Yield each file of trades once; where a day has both spellings of an instrument, they are one."""
    seen: set[DayFile] = set()
    after = ""
    while page := await source.store.list(source.path, after):
        for info in page:
            folder, found, name = f"/{info.path}".rpartition(_TRADES)
            if not found or not name.endswith(".parquet"):
                continue
            file = DayFile(InstrumentKey(name.removesuffix(".parquet")), folder.rpartition("day-")[2])
            if file not in seen:
                seen.add(file)
                yield file
        if len(page) < LISTED:
            return
        after = page[-1].path


def _curve(days: Mapping[str, NDArray[np.float64]], bucket_s: int) -> dict[str, Any]:
    names = sorted(days)
    mean = np.mean([days[name] for name in names], axis=0)
    made_of = f"{len(names)} days, {names[0]} to {names[-1]}" if len(names) > 1 else names[0]
    volumes = [plain(Decimal(repr(round(float(one), _PLACES))).quantize(Decimal(1).scaleb(-_PLACES))) for one in mean]
    return {"bucket_secs": bucket_s, "made_of": made_of, "volumes": volumes}


def _sum(volumes: Sequence[str]) -> str:
    with exact():
        return plain(sum(map(Decimal, volumes), Decimal(0)))

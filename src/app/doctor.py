"""Examines what the service would start with, and says what to mend. Changes nothing, and sends nothing anywhere.

Where buckets are the cloud's (`gcs.use_direct`), each is asked for the name of one object.
"""

from __future__ import annotations

import asyncio
import os
import socket
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from adapters.sql import PostgresAddress, PostgresDatabase, SqliteJournalReader, database_at, survey
from adapters.ticks import RecordedTicks
from app.buckets import Bucket, name_of, open_bucket
from app.external import external_accounts
from app.settings import Mode, Settings, load_settings
from app.settings_live import not_available
from app.settings_problems import SettingsError
from app.venues_of_limits import of_unknown_venues
from plugins.discovery import discover
from plugins.problems import PluginsRefusedError
from plugins.settings_schema import said
from ports.capabilities import Capability, stated
from ports.errors import (
    InvalidInputError,
    JournalCorruptError,
    JournalUnavailableError,
    ObjectMissingError,
    ObjectStoreRefusedError,
    ObjectStoreUnavailableError,
)
from ports.venue_settings import HasSettings

_BUCKET_REMEDY: Final = (
    "set GOOGLE_APPLICATION_CREDENTIALS to an account that may list and read it, mend its name in `gcs`, or set "
    "`gcs.use_direct` to false"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing examined. `remedy` is what to do; it is empty where nothing has to be done."""

    name: str
    ok: bool
    detail: str
    remedy: str = ""


def examine(path: Path | None, environ: Mapping[str, str]) -> list[Check]:
    """Examine the configuration at `path` (as `load_settings` finds it) and what it names, in the order of a start.

    Where the configuration cannot be used, each problem and each missing variable is a check of its own, and nothing
    further is examined: what it would name is not known. Not for use inside a running event loop.
    """
    try:
        settings = load_settings(path, environ)
    except SettingsError as refusal:
        return [*_of_problems(refusal), *_of_missing(refusal)]
    return [
        Check(name="configuration", ok=True, detail=f"{path or environ.get('LIVE_TRADING_CONFIG_PATH') or 'defaults'}"),
        Check(name="environment", ok=True, detail="every variable that the configuration refers to is set"),
        _folder("state", settings.state_dir, "set `state_dir` to a folder that can be written"),
        _journal(settings),
        _folder("results", settings.store_path, "set `results.local_path` to a folder that can be written"),
        *_buckets(settings),
        *_doors(settings),
        *_plugins(settings),
        *_venues(settings),
        *(Check(name=one.where, ok=False, detail=one.what, remedy=one.remedy) for one in of_unknown_venues(settings)),
        *_ticks(settings),
    ]


def _of_problems(refusal: SettingsError) -> Iterator[Check]:
    for problem in refusal.problems:
        yield Check(name=f"configuration {problem.where}", ok=False, detail=problem.what, remedy=problem.remedy)


def _of_missing(refusal: SettingsError) -> Iterator[Check]:
    for name in refusal.missing:
        yield Check(
            name=f"environment {name}", ok=False, detail="it is not set", remedy=f"set the environment variable {name}"
        )


def _folder(name: str, folder: Path, remedy: str) -> Check:
    """Write and forget a file where the folder is, or would be made."""
    there = next((each for each in (folder, *folder.absolute().parents) if each.exists()), folder)
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as refusal:
        return Check(name=name, ok=False, detail=f"{there}: {refusal.strerror}", remedy=remedy)
    return Check(name=name, ok=True, detail=f"{folder} can be {'written' if there == folder else 'made'}")


def _journal(settings: Settings) -> Check:
    database = database_at(settings.database_url.reveal())
    if isinstance(database, PostgresDatabase):
        return _journal_at(database.address)
    path = database.files.journal
    if not path.exists():
        made = _folder("journal", path.parent, "set `database.url` to a file that can be made")
        return Check(name="journal", ok=made.ok, detail=f"{path} is not there yet; {made.detail}", remedy=made.remedy)
    try:
        seq = asyncio.run(_last_seq(path))
    except JournalCorruptError as damage:
        return Check(name="journal", ok=False, detail=str(damage), remedy="see `livexec db check`; restore a copy")
    except JournalUnavailableError as away:
        return Check(name="journal", ok=False, detail=str(away), remedy="see `livexec db upgrade`, or mend the path")
    if not os.access(path, os.W_OK):
        return Check(name="journal", ok=False, detail=f"{path} cannot be written", remedy="give its owner the right")
    return Check(name="journal", ok=True, detail=f"{path} holds {seq} entries")


def _journal_at(address: PostgresAddress) -> Check:
    try:
        found = asyncio.run(survey(address))
    except JournalCorruptError as damage:
        return Check(name="journal", ok=False, detail=str(damage), remedy="see `livexec db check`; restore a copy")
    except JournalUnavailableError as away:
        return Check(name="journal", ok=False, detail=str(away), remedy="start the server, or mend `database.url`")
    where = f"{address.name} (PostgreSQL {found.version})"
    if found.careless:
        detail = f"{where}: {' and '.join(found.careless)} off: a power loss takes what the server had confirmed"
        return Check(name="journal", ok=False, detail=detail, remedy="switch it on in postgresql.conf")
    if found.entries is not None:
        return Check(name="journal", ok=True, detail=f"{where} holds {found.entries} entries")
    remedy = "" if found.may_make else "give its user the right to create tables there"
    return Check(name="journal", ok=found.may_make, detail=f"{where} has no tables of livexec yet", remedy=remedy)


async def _last_seq(path: Path) -> int:
    reader = SqliteJournalReader(path)
    await reader.open()
    try:
        rows = await reader.rows("SELECT coalesce(max(seq), 0) FROM journal", ())
        return int(rows[0][0])
    finally:
        await reader.close()


def _buckets(settings: Settings) -> Iterator[Check]:
    for bucket in Bucket:
        name = name_of(settings, bucket)
        opened = open_bucket(settings, name)
        detail = f"{name}: {opened.reach}, {opened.where}"
        try:
            if settings.gcs.use_direct:
                asyncio.run(opened.store.list("", limit=1))
        except (ObjectStoreRefusedError, ObjectStoreUnavailableError) as failure:
            yield Check(name=f"bucket {bucket}", ok=False, detail=f"{detail}: {failure}", remedy=_BUCKET_REMEDY)
        else:
            answered = ", it answers" if settings.gcs.use_direct else ""
            yield Check(name=f"bucket {bucket}", ok=True, detail=f"{detail}{answered}")


def _doors(settings: Settings) -> Iterator[Check]:
    doors = settings.doors
    for name, port in (("http", doors.http_port), ("grpc", doors.grpc_port)):
        yield _door(name, doors.host, port)


def _door(name: str, host: str, port: int) -> Check:
    remedy = f"stop what listens there, or set `doors.{name}_port` (0: any free one)"
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as door:
            door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            door.bind(address)
    except OSError as taken:
        return Check(name=f"{name} door", ok=False, detail=f"{host}:{port}: {taken.strerror}", remedy=remedy)
    return Check(name=f"{name} door", ok=True, detail=f"{host}:{port} is free" if port else f"{host}, any free port")


def _plugins(settings: Settings) -> Iterator[Check]:
    try:
        found = discover(disabled=settings.disabled_plugins)
    except PluginsRefusedError as refusal:
        for each in refusal.problems:
            detail = f"of {each.distribution}: {each.what}"
            yield Check(name=f"plugin {each.plugin}", ok=False, detail=detail, remedy=each.remedy)
        return
    named = ", ".join(f"{each.name} ({each.distribution} {each.version})" for each in found.plugins)
    yield Check(name="plugins", ok=True, detail=named or "none is installed")
    for plugin in found.plugins:
        for note in plugin.notes:
            yield Check(name=f"plugin {plugin.name}", ok=True, detail=f"it was written for an older livexec; {note}")
        for factory in plugin.factories:
            if isinstance(factory, HasSettings):
                yield Check(name=f"settings of {factory.venue}", ok=True, detail=said(factory.settings))
    rules = [rule.name for each in found.plugins for rule in each.rules]
    if rules:
        yield Check(name="risk rules of plugins", ok=True, detail=", ".join(sorted(rules)))
    named_things = [one for each in found.plugins for one in each.by_name]
    if named_things:
        yield Check(name="more of plugins", ok=True, detail=", ".join(sorted(named_things)))
    policies = [one.name for each in found.plugins for one in each.policies]
    if settings.router.policy not in (None, *policies):
        remedy = f"write one of: {', '.join(policies) or 'none is installed'}"
        yield Check(name="router.policy", ok=False, detail=f"no plugin brings {settings.router.policy}", remedy=remedy)


def _venues(settings: Settings) -> Iterator[Check]:
    if settings.mode is Mode.PAPER:
        yield Check(name="venues", ok=True, detail=f"paper: {', '.join(settings.paper.venues)}")
    elif settings.refusal is None:
        yield from _live(settings)
    else:
        # Where this release cannot follow a right configuration, nothing is to be mended in it.
        is_right = bool(not_available(settings.trading_node, settings.external_adapters))
        detail = f"{'valid, but ' if is_right else ''}`livexec run` will refuse"
        yield Check(name="venues", ok=is_right, detail=detail, remedy=settings.refusal)


def _live(settings: Settings) -> Iterator[Check]:
    """Examine the accounts that would be traded, without a word to their venue."""
    from app.live_accounts import live_accounts, warning

    where = "`trading_node.exec_clients`"
    try:
        warnings = {
            account.account: warning(account, is_shadow=settings.is_shadow) for account in live_accounts(settings)
        }
        where = "`external_adapters`"
        external = external_accounts(settings)
        warnings |= {one.session.account: one.warning(is_shadow=settings.is_shadow) for one in external}
        abilities = {one.session.account: stated(one.session.capabilities) for one in external}
    except (InvalidInputError, PluginsRefusedError) as wrong:
        yield Check(name="venues", ok=False, detail=str(wrong), remedy=f"mend it in {where}")
        return
    yield Check(name="venues", ok=True, detail="live: " + ", ".join(warnings))
    for account, line in warnings.items():
        said = f"{line}; key and secret are there, the venue was not asked"
        yield Check(name=f"account {account}", ok=True, detail=said)
    for account, all_of_it in abilities.items():
        does = ", ".join(one.name for one in all_of_it if one.is_open)
        detail = "; ".join([f"it does {does}", *_closed(all_of_it)])
        yield Check(name=f"capabilities of {account}", ok=True, detail=detail)


def _closed(capabilities: Iterable[Capability]) -> Iterator[str]:
    """Yield what a venue does not do, by what is done instead."""
    instead: dict[str, list[str]] = {}
    for one in capabilities:
        if not one.is_open:
            instead.setdefault(one.says, []).append(one.name)
    for says, names in instead.items():
        yield f"{', '.join(names)}: {says}"


def _ticks(settings: Settings) -> Iterator[Check]:
    folder = settings.paper.ticks
    if folder is None or settings.mode is not Mode.PAPER:
        return
    try:
        recorded = RecordedTicks(folder)
    except (ObjectMissingError, InvalidInputError) as refusal:
        yield Check(
            name="ticks", ok=False, detail=str(refusal), remedy="set `paper.ticks` to a recording, or leave it out"
        )
        return
    yield Check(name="ticks", ok=True, detail=", ".join(each.key for each in recorded.instruments()))

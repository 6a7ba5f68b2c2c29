"""The replays of a backtest server: a bounded queue, so many at once, each a process of its own."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

import orjson

from adapters.storage import TABLE_FILES, RowsWanted, read_rows
from app.backtest_server.records import JobFiles, JobRecord, State, to_json
from app.backtest_server.worker import Work
from app.replay import PREFIX, ReplaySpec
from app.replay.merging import path_of_summary
from app.replay.parts import done_in
from app.replay.places import store_at
from app.replay.planning import plan_replay
from ports.object_store import ObjectStore

MOST_WAITING: Final = 100
_LONGEST_LINE: Final = 16 * 1024 * 1024
_COMMAND: Final = (sys.executable, "-m", "app.backtest_server.worker")
_OTHERWISE: Final = "the signals or the program have changed since it was begun, and it became another run"

type Plain = dict[str, Any]
type Read = Callable[[Mapping[str, Any]], tuple[ReplaySpec, int]]  # from a request to a replay and its workers


class ReplayJobs:
    """Implements `adapters.http.replays.Replays`. What a server left undone, the next one begins again."""

    def __init__(self, files: JobFiles, read: Read, at_once: int) -> None:
        """Take up what the files have.

        Raises:
            InvalidInputError: a file is damaged.
        """
        self._files = files
        self._read = read
        self._jobs = files.read()
        self._queue: asyncio.Queue[str] = asyncio.Queue(MOST_WAITING + len(self._jobs))
        self._at_once = at_once
        self._news = asyncio.Event()
        self._working: list[asyncio.Task[None]] = []

    def begin_working(self) -> None:
        """Begin to work, first of all what was left."""
        left = [job for job in self._jobs.values() if job.state in (State.QUEUED, State.RUNNING)]
        for job in sorted(left, key=lambda each: each.created_ns):
            self._change(replace(job, state=State.QUEUED))
            self._queue.put_nowait(job.run_id)
        self._working = [asyncio.create_task(self._work(), name=f"replays {number}") for number in range(self._at_once)]

    async def stop(self) -> None:
        """End the processes; their replays go on where they are when a server starts again."""
        for task in self._working:
            task.cancel()
        await asyncio.gather(*self._working, return_exceptions=True)

    async def begin(self, given: Mapping[str, Any]) -> tuple[Plain, bool] | None:
        """Begin a replay, and say whether it is new (see the protocol)."""
        spec, workers = self._read(given)
        plan = await plan_replay(spec, store_at("signals", spec.signals, spec.endpoint))
        known = self._jobs.get(plan.run_id)
        if known is not None and known.state is not State.FAILED:
            return _shown(known), False
        if self._queue.qsize() >= MOST_WAITING:
            return None
        done = await done_in(store_at("out", spec.out, spec.endpoint), plan.parts)
        job = JobRecord(
            run_id=plan.run_id,
            spec=spec,
            workers=workers,
            state=State.QUEUED,
            tasks=len(plan.tasks),
            done=len(done),
            created_ns=time.time_ns(),
        )
        self._change(job)
        self._queue.put_nowait(job.run_id)
        return _shown(job), known is None

    def listed(self) -> Sequence[Plain]:
        """Return every replay, the newest first."""
        return [_shown(job) for job in sorted(self._jobs.values(), key=lambda each: -each.created_ns)]

    def find(self, run_id: str) -> Plain | None:
        """Return one replay; None: there is none."""
        job = self._jobs.get(run_id)
        return None if job is None else _shown(job)

    async def summary(self, run_id: str) -> Plain:
        """Return the summary (see the protocol)."""
        found: Plain = orjson.loads(await self._out(run_id).read(path_of_summary(run_id)))
        return found

    async def read(self, run_id: str, table: str, **wanted: Any) -> Plain:
        """Return rows of a table (see the protocol)."""
        asked = RowsWanted(**wanted)
        rows, found = await read_rows(self._out(run_id), f"{PREFIX}/{run_id}", table, asked)
        return {"run_id": run_id, "rows": rows, "after": asked.after, "all": found}

    async def file(self, run_id: str, table: str) -> bytes:
        """Return a table's file (see the protocol)."""
        store = self._out(run_id)
        await store.info(path_of_summary(run_id))
        return await store.read(f"{PREFIX}/{run_id}/{TABLE_FILES[table]}")

    def _out(self, run_id: str) -> ObjectStore:
        spec = self._jobs[run_id].spec
        return store_at("out", spec.out, spec.endpoint)

    async def _work(self) -> None:
        while True:
            run_id = await self._queue.get()
            try:
                await self._work_one(self._jobs[run_id])
            except (OSError, ValueError) as failure:
                # No process, no room for a record, or a process that says what nobody understands: the others are
                # worked all the same.
                self._set(replace(self._jobs[run_id], state=State.FAILED, error=str(failure)))

    async def _work_one(self, job: JobRecord) -> None:
        self._change(replace(job, state=State.RUNNING, error="", told=""))
        process = await asyncio.create_subprocess_exec(
            *_COMMAND, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=_LONGEST_LINE
        )
        try:
            await self._hear(process, job.run_id)
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()
        if self._jobs[job.run_id].state is State.RUNNING:
            self._end(job.run_id, State.FAILED, error=f"its process ended with {process.returncode}")

    async def _hear(self, process: asyncio.subprocess.Process, run_id: str) -> None:
        """Tell the process what to do, and take what it says until it has said all."""
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("the process was made with pipes")
        job = self._jobs[run_id]
        process.stdin.write(to_json(Work(spec=job.spec, workers=job.workers)) + b"\n")
        await process.stdin.drain()
        while line := await process.stdout.readline():
            said = orjson.loads(line)
            if "done" in said:
                self._set(replace(self._jobs[run_id], done=said["done"]))
            elif "error" in said:
                self._end(run_id, State.FAILED, error=said["error"])
            elif "told" in said:
                told = said["told"]
                if told["run_id"] != run_id:
                    self._end(run_id, State.FAILED, error=f"{_OTHERWISE}: {told['run_id']}")
                    continue
                state = State.DONE if told["ok"] else State.FAILED
                failed = "; ".join(f"{each['name']}: {each['error']}" for each in told["failed"])
                self._end(run_id, state, error=failed, told=orjson.dumps(told).decode())

    def _end(self, run_id: str, state: State, *, error: str, told: str = "") -> None:
        ended = replace(self._jobs[run_id], state=state, ended_ns=time.time_ns(), error=error, told=told)
        self._change(ended)

    async def changed(self, within_s: float) -> None:
        """Return when any replay has changed, or the time is up."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._news.wait(), within_s)

    def _change(self, job: JobRecord) -> None:
        self._files.write(job)
        self._set(job)

    def _set(self, job: JobRecord) -> None:
        self._jobs[job.run_id] = job
        news, self._news = self._news, asyncio.Event()
        news.set()


def _shown(job: JobRecord) -> Plain:
    return {
        "run_id": job.run_id,
        "state": str(job.state),
        "tasks": job.tasks,
        "done": job.done,
        "created_at_ns": job.created_ns,
        "ended_at_ns": job.ended_ns,
        "error": job.error,
        "out": job.spec.out,
        "outcome": orjson.loads(job.told) if job.told else None,
    }

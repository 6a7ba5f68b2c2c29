"""One replay from its plan to its files: what is there already stays, one task that fails is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future, as_completed
from contextlib import AbstractContextManager
from typing import Any, Final

import orjson

from adapters.storage import ResultFiles
from app.checks import Check
from app.checks import as_json as checks_as_json
from app.replay.merging import judged, path_of_summary, results_of
from app.replay.parts import Part, done_in, path_of, read_part
from app.replay.places import store_at
from app.replay.planning import Plan, plan_replay
from app.replay.spec import PREFIX, Failed, ReplaySpec, ReplayTask
from ports.errors import ObjectMissingError
from ports.object_store import ObjectStore

_BAR: Final = 30

type Progress = Callable[[str], None]
type Counted = Callable[[int], None]
type Pool = Callable[[], AbstractContextManager[Executor]]  # opened where there is anything to work


def run_replay(
    spec: ReplaySpec, pool: Pool, progress: Progress = lambda line: None, counted: Counted = lambda done: None
) -> dict[str, Any]:
    """Work a replay in `pool` and write its results; return what there is to tell of it (`ok` at its head).

    `counted` is told how many tasks have been looked at, those done before too.

    Begun again after a kill it does only what was left: every task that is done is kept in the store of the results.
    Where a task fails the results have the others, and the same replay begun again tries that one alone.

    Raises:
        ObjectMissingError: there are no signals.
        InvalidInputError: a place, a signal or the size cannot be used.
        ObjectStoreRefusedError, ObjectStoreUnavailableError: as the stores, outside of a task.
        ObjectExistsError: other results are there under this run id.
    """
    signals = store_at("--signals", spec.signals, spec.endpoint)
    out = store_at("--out", spec.out, spec.endpoint)
    plan = asyncio.run(plan_replay(spec, signals))
    done = asyncio.run(done_in(out, plan.parts))
    left = [task for task in plan.tasks if path_of(plan.parts, task) not in done]
    progress(f"{plan.run_id}: {len(plan.tasks)} tasks, {len(plan.tasks) - len(left)} of them done before")
    counted(len(plan.tasks) - len(left))
    failed = [*plan.failed, *(_work(plan, left, pool, progress, counted) if left else ())]
    return asyncio.run(_finish(plan, out, failed, len(left)))


def _work(plan: Plan, left: Sequence[ReplayTask], pool: Pool, progress: Progress, counted: Counted) -> list[Failed]:
    """Work the tasks that are left, and return those that failed."""
    from app.replay.task import run_task  # Nautilus, which a replay that is done need not wait for

    failed: list[Failed] = []
    before = len(plan.tasks) - len(left)
    with pool() as executor:
        names: dict[Future[Failed | int], str] = {
            executor.submit(run_task, plan.spec, plan.parts, task): task.name for task in left
        }
        for number, future in enumerate(as_completed(names), start=1):
            error = future.exception()  # whatever it is: the other tasks go on
            outcome = Failed(name=names[future], error=repr(error)) if error is not None else future.result()
            if isinstance(outcome, Failed):
                failed.append(outcome)
            counted(before + number)
            progress(_bar(before + number, len(plan.tasks), len(failed), names[future]))
    return sorted(failed, key=lambda each: each.name)


def _bar(done: int, of: int, failed: int, name: str) -> str:
    full = _BAR * done // of
    told = f", {failed} failed" if failed else ""
    return f"[{'#' * full}{'.' * (_BAR - full)}] {done} of {of}{told}: {name}"


async def _finish(plan: Plan, out: ObjectStore, failed: Sequence[Failed], worked: int) -> dict[str, Any]:
    undone = {each.name for each in failed}
    parts = [await read_part(out, path_of(plan.parts, task)) for task in plan.tasks if task.name not in undone]
    results = results_of(plan, parts, failed)
    files = ResultFiles(out, PREFIX)
    before = await _summary(out, plan.run_id)
    if before is not None and before["metadata"]["failed"]:
        folder = await files.complete(results)
    else:
        folder = await files.write(results)
    return _told(plan, parts, failed, results.summary, folder, worked)


async def _summary(out: ObjectStore, run_id: str) -> Mapping[str, Any] | None:
    try:
        found: Mapping[str, Any] = orjson.loads(await out.read(path_of_summary(run_id)))
    except ObjectMissingError:
        return None
    return found


def _told(
    plan: Plan, parts: Sequence[Part], failed: Sequence[Failed], summary: Mapping[str, Any], folder: str, worked: int
) -> dict[str, Any]:
    invariants = judged(parts)
    checks = [
        Check.equal("failed", len(failed), 0, "tasks"),
        Check.equal("tasks_done", len(parts), len(plan.tasks), "tasks"),
    ]
    return {
        "ok": all(check.ok for check in checks) and all(each["ok"] for each in invariants.values()),
        "run_id": plan.run_id,
        "results": folder,
        "tasks": len(plan.tasks),
        "worked_now": worked,
        "failed": summary["metadata"]["failed"],
        "signals": plan.signals,
        "windows": plan.changes,
        "not_traded": summary["metadata"]["not_traded"],
        "quotes": summary["metadata"]["quotes"],
        "trades": summary["metadata"]["trades"],
        "busy_s": summary["execution_time"],
        "summary": summary["summary"],
        "invariants": invariants,
        "checks": checks_as_json(checks),
    }

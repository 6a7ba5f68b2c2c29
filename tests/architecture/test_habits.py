"""Habits that a reviewer would otherwise have to look for, in every file."""

import ast
from collections.abc import Iterator

from architecture.source import REPOSITORY, Source, plugin_folders, sources

# A supervisor keeps the service alive whatever one actor, worker or request does; nobody else may catch everything.
SUPERVISORS = frozenset(
    {
        "src/app/alerting.py",  # whoever watches over everything goes on, whatever a look meets
        "src/app/external.py",  # makes a session with code that is not ours, and says whose it is that failed
        "src/app/plugin_algorithms.py",  # a firm's own algorithm that raises, however, ends its parent
        "src/app/plugin_policies.py",  # a firm's own policy that raises, however, refuses its order
        "src/app/plugin_rules.py",  # a firm's own rule that raises, however, refuses its order
        "src/adapters/doors/supervision.py",  # a caller is always answered, and the door stays open
        "src/adapters/runtime/margins.py",  # a margin that is not stated, however, lets nothing pass
        "src/adapters/runtime/statements.py",  # a part that fails, however, makes no statement
        "src/adapters/runtime/stepping.py",  # hands on whatever is thrown at the call it measures
        "src/adapters/runtime/supervision.py",
        "src/adapters/runtime/venue_worker.py",  # whatever a venue's code raises is a report, and the worker goes on
        "src/plugins/alerting.py",  # whatever a way to people raises, the others are told
        "src/plugins/conformance/demands.py",  # a plugin that raises something else is told what it should have been
        "src/plugins/examination.py",  # runs code that is not ours, and says whose it is that failed
    }
)
BROAD = {"Exception", "BaseException"}
# Run in processes of their own; to be slow is one of their faults.
SIMULATED = (
    "tests/simulators/binance_futures/",
    "tests/simulators/bybit/",
    "tests/simulators/deribit/",
    "tests/simulators/ibkr/",
    "tests/simulators/okx/",
)


def test_no_test_sleeps() -> None:
    files = [file for file in files_of_tests() if not file.name.startswith(SIMULATED)]
    assert files
    assert not [f"{file.name}:{line}" for file in files for line in sleeps(file)]


def test_a_sleep_is_recognised_however_it_is_spelled() -> None:
    text = "time.sleep(0.1)\nasyncio.sleep(0)\nawaitable = asyncio.sleep(delay)\nsleep(1)\nanyio.sleep(0.0)\nnap(3)\n"
    assert list(sleeping_calls(ast.parse(text))) == [1, 3, 4]


def test_no_folder_of_tests_is_a_package() -> None:
    packages = [file.name for file in files_of_tests() if file.path.name == "__init__.py"]
    assert not packages


def test_only_a_supervisor_catches_everything() -> None:
    files = sources("src", "client/livexec", *plugin_folders("src"))
    broad = [
        f"{file.name}:{line}" for file in files if file.name not in SUPERVISORS for line in broad_handlers(file.tree)
    ]
    assert files
    assert not broad


def test_a_broad_handler_is_recognised_unless_it_raises_again() -> None:
    text = (
        "try: a()\nexcept Exception: pass\n"  # line 2
        "try: b()\nexcept (KeyError, BaseException) as e: log(e)\n"  # line 4
        "try: c()\nexcept: pass\n"  # line 6
        "try: d()\nexcept BaseException:\n    undo()\n    raise\n"
        "try: e()\nexcept KeyError: pass\n"
    )
    assert list(broad_handlers(ast.parse(text))) == [2, 4, 6]


def test_every_supervisor_on_the_list_needs_to_be_there() -> None:
    idle = [name for name in SUPERVISORS if (REPOSITORY / name).exists() and not catches_everything(name)]
    assert not idle


def files_of_tests() -> list[Source]:
    return sources("tests", *plugin_folders("tests"))


def sleeps(file: Source) -> Iterator[int]:
    return sleeping_calls(file.tree)


def sleeping_calls(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and called(node) == "sleep" and not is_zero(node):
            yield node.lineno


def called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def is_zero(call: ast.Call) -> bool:
    return len(call.args) == 1 and isinstance(call.args[0], ast.Constant) and call.args[0].value == 0


def broad_handlers(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and is_broad(node.type) and not raises_again(node):
            yield node.lineno


def is_broad(caught: ast.expr | None) -> bool:
    if isinstance(caught, ast.Tuple):
        return any(is_broad(each) for each in caught.elts)
    return caught is None or (isinstance(caught, ast.Name) and caught.id in BROAD)


def raises_again(handler: ast.ExceptHandler) -> bool:
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def catches_everything(name: str) -> bool:
    return any(broad_handlers(Source(REPOSITORY / name).tree))

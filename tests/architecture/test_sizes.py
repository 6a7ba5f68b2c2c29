"""A file holds one idea, and a function fits on a screen."""

from architecture.source import Source, plugin_folders, sources

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 60


def test_no_file_is_longer_than_400_lines() -> None:
    files = ours()
    long = {file.name: lines for file in files if (lines := len(file.text.splitlines())) > MAX_FILE_LINES}
    assert files
    assert not long


def test_no_function_is_longer_than_60_lines() -> None:
    functions = [(file, function) for file in ours() for function in file.functions]
    long = {
        f"{file.name}:{function.lineno} {function.name}": lines
        for file, function in functions
        if (lines := (function.end_lineno or function.lineno) - function.lineno + 1) > MAX_FUNCTION_LINES
    }
    assert functions
    assert not long


def ours() -> list[Source]:
    return sources("src", "client", *plugin_folders("src"))

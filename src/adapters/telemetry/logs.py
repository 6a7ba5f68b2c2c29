"""Structured logs: a line an event, JSON in a file and on standard error, and for people where that is a terminal."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import structlog


def configure_logs(level: str, file: Path | None = None, *, quiet: bool = False) -> None:
    """Send every log line of this process to standard error (unless `quiet`) and `file` as JSON; call once.

    A terminal is told the same in columns and colours, for people. Standard output stays clean: commands print their
    results there.
    """
    as_json = structlog.processors.JSONRenderer(default=str)
    # What a venue says may hold anything: shown by its representation, it cannot write to the terminal as it likes.
    for_people = structlog.dev.ConsoleRenderer(repr_native_str=True, sort_keys=False)
    outlets: list[tuple[logging.Handler, structlog.types.Processor]] = []
    if not quiet:
        outlets.append((logging.StreamHandler(sys.stderr), for_people if sys.stderr.isatty() else as_json))
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        outlets.append((logging.FileHandler(file, encoding="utf-8"), as_json))
    shared: list[structlog.types.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    for handler, renderer in outlets:
        formatter = structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
        handler.setFormatter(formatter)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # a line a request tells nothing that our own do not
    logging.basicConfig(level=level.upper(), handlers=[handler for handler, _ in outlets], force=True)
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )

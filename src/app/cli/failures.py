"""What a command that did not do its work says: the same words for people on stderr and for programs in JSON."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Any, Final

from app.settings_problems import SettingsError
from ports.errors import InvalidInputError, LivexecError

FAILED: Final = 1
USAGE: Final = 2
_WORDS: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One failure, under the names that the service's own refusals have; `more` stands beside them in JSON."""

    reason_code: str
    message: str
    field: str = ""
    value: str = ""
    remedy: str = ""
    exit_code: int = FAILED
    more: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """Return it as one JSON document."""
        return {
            "ok": False,
            "reason_code": self.reason_code,
            "error_message": self.message,
            "field": self.field,
            "value": self.value,
            "remedy": self.remedy,
            **self.more,
        }


class FailedError(LivexecError):
    """A command did not do its work; `failure` says why."""

    def __init__(self, failure: Failure) -> None:
        self.failure = failure
        super().__init__(failure.message)


def usage(where: str, value: str, remedy: str) -> FailedError:
    """Say that a command was not called as it must be."""
    message = f"{where}: {value!r} is not usable: {remedy}" if value else f"{where}: {remedy}"
    return FailedError(
        Failure(reason_code="USAGE", message=message, field=where, value=value, remedy=remedy, exit_code=USAGE)
    )


def failure_of(error: LivexecError | OSError) -> Failure:
    """Return what is said of an expected error."""
    match error:
        case FailedError():
            return error.failure
        case SettingsError():
            return _of_settings(error)
        case InvalidInputError():
            return Failure(
                reason_code="INVALID_INPUT",
                message=str(error),
                field=error.field,
                value=error.value,
                remedy=error.remedy,
            )
        case OSError():
            place = f"{error.filename}: " if error.filename is not None else ""
            return Failure(reason_code="OS_ERROR", message=f"{place}{error.strerror or error}")
        case _:
            code = _WORDS.sub("_", type(error).__name__.removesuffix("Error")).upper()
            return Failure(reason_code=code, message=str(error))


def _of_settings(error: SettingsError) -> Failure:
    problems = [{"where": each.where, "what": each.what, "remedy": each.remedy} for each in error.problems]
    return Failure(
        reason_code="SETTINGS",
        message=f"the configuration cannot be used:\n{error}",
        more={"problems": problems, "missing": list(error.missing)},
    )

"""What a door encrypts with: certificates as files, so that secrets stay where they are kept."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ports.errors import InvalidInputError


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """A certificate (PEM, with its chain) and its key; `client_ca`: gRPC talks to nobody whom it did not certify."""

    certificate: Path
    key: Path
    client_ca: Path | None = None

    def check(self) -> None:
        """Look whether every file can be read.

        Raises:
            InvalidInputError: one cannot; names its key.
        """
        for name in ("certificate", "key", "client_ca"):
            path = getattr(self, name)
            if path is not None:
                read_pem(f"doors.tls.{name}", path)


def read_pem(field: str, path: Path) -> bytes:
    """Return what a file holds.

    Raises:
        InvalidInputError: it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as wrong:
        raise InvalidInputError(field, path, f"{wrong.strerror}; name a PEM file that this process can read") from None

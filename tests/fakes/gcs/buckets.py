"""What a bucket holds, and when it refuses: objects with generations, preconditions, pages of a listing."""

from __future__ import annotations

import base64
import hashlib
import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import google_crc32c

FIRST_GENERATION = 1_700_000_000_000_000


class RefusedError(Exception):
    """The service says no: an HTTP status and the words it has for it."""

    def __init__(self, status: int, message: str) -> None:
        self.status = status
        self.message = message
        super().__init__(message)


@dataclass(frozen=True)
class Stored:
    """One generation of one object."""

    name: str
    content: bytes
    generation: int
    crc32c: str
    md5: str

    def resource(self, bucket: str) -> dict[str, Any]:
        """The object's metadata, as the JSON API words it."""
        return {
            "kind": "storage#object",
            "id": f"{bucket}/{self.name}/{self.generation}",
            "name": self.name,
            "bucket": bucket,
            "generation": str(self.generation),
            "metageneration": "1",
            "size": str(len(self.content)),
            "crc32c": self.crc32c,
            "md5Hash": self.md5,
            "contentType": "application/octet-stream",
            "storageClass": "STANDARD",
            "timeCreated": "2026-01-01T00:00:00.000Z",
            "updated": "2026-01-01T00:00:00.000Z",
        }


def stored(name: str, content: bytes, generation: int) -> Stored:
    """Make an object with the hashes that the service computes."""
    crc = base64.b64encode(google_crc32c.Checksum(content).digest()).decode()
    md5 = base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()
    return Stored(name, content, generation, crc, md5)


@dataclass
class Bucket:
    """Objects by name. Every write makes a new generation; the one before is gone."""

    name: str
    objects: dict[str, Stored] = field(default_factory=dict)
    page_limit: int = 1_000
    _generations: itertools.count[int] = field(default_factory=lambda: itertools.count(FIRST_GENERATION))

    def get(self, name: str, conditions: Mapping[str, str]) -> Stored:
        """Return an object, or refuse: 404 not there, 412 another generation than asked for."""
        found = self.objects.get(name)
        wanted = conditions.get("generation")
        if found is None or (wanted is not None and int(wanted) != found.generation):
            raise RefusedError(404, f"No such object: {self.name}/{name}")
        self._check(found, conditions)
        return found

    def put(self, name: str, content: bytes, conditions: Mapping[str, str]) -> Stored:
        """Write an object, whole; 412 where a precondition does not hold."""
        self._check(self.objects.get(name), conditions)
        self.objects[name] = made = stored(name, content, next(self._generations))
        return made

    def delete(self, name: str, conditions: Mapping[str, str]) -> None:
        """Remove an object; 404 where there is none."""
        del self.objects[self.get(name, conditions).name]

    def page(self, query: Mapping[str, str]) -> dict[str, Any]:
        """Return one page of a listing and the token of the next one."""
        after = query.get("pageToken", "")
        start = query.get("startOffset", "")
        names = sorted(
            (name for name in self.objects if name.startswith(query.get("prefix", "")) and after < name >= start),
            key=str.encode,
        )
        limit = min(int(query.get("maxResults", self.page_limit)), self.page_limit)
        found: dict[str, Any] = {
            "kind": "storage#objects",
            "items": [self.objects[name].resource(self.name) for name in names[:limit]],
        }
        if len(names) > limit:
            found["nextPageToken"] = names[limit - 1]
        return found

    def resource(self) -> dict[str, Any]:
        """The bucket's metadata."""
        return {
            "kind": "storage#bucket",
            "id": self.name,
            "name": self.name,
            "location": "US",
            "storageClass": "STANDARD",
        }

    @staticmethod
    def _check(found: Stored | None, conditions: Mapping[str, str]) -> None:
        generation = 0 if found is None else found.generation
        wanted = conditions.get("ifGenerationMatch")
        refused = conditions.get("ifGenerationNotMatch")
        if (wanted is not None and int(wanted) != generation) or (refused is not None and int(refused) == generation):
            raise RefusedError(412, "At least one of the pre-conditions you specified did not hold.")

"""An object store in memory, which can be told to stop answering."""

from collections.abc import Sequence

from adapters.storage.paths import check_path, check_range
from ports.errors import ObjectExistsError, ObjectMissingError, ObjectStoreUnavailableError


class MemoryObjectStore:
    """A bucket in memory. While `away` is true, it answers nothing and takes nothing."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.away = False

    async def read(self, path: str, start: int = 0, length: int | None = None) -> bytes:
        check_range(start, length)
        check_path(path)
        self._answer(path)
        if path not in self.objects:
            raise ObjectMissingError(f"{path}: there is no such object")
        content = self.objects[path]
        return content[start : len(content) if length is None else start + length]

    async def write(self, path: str, content: bytes) -> None:
        check_path(path)
        self._answer(path)
        if self.objects.setdefault(path, content) != content:
            raise ObjectExistsError(f"{path}: it is already there with other content")

    async def list(self, prefix: str) -> Sequence[str]:
        self._answer(prefix)
        return sorted(path for path in self.objects if path.startswith(prefix))

    def _answer(self, path: str) -> None:
        if self.away:
            raise ObjectStoreUnavailableError(f"{path}: the store does not answer")

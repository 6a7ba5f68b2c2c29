"""The stores that a replay reads and writes, opened where its work is done."""

from __future__ import annotations

from app.settings import Settings
from app.settings_models import Gcs
from app.tick_files import place_at
from ports.errors import InvalidInputError
from ports.object_store import ObjectStore


def store_at(option: str, text: str, endpoint: str | None) -> ObjectStore:
    """Open a folder, or the bucket `gs://BUCKET`, at whose root the layout begins; nothing is asked of it yet.

    Raises:
        InvalidInputError: a path inside a bucket, or one file.
    """
    place = place_at(text, Settings(gcs=Gcs(endpoint=endpoint)))
    if place.path:
        raise InvalidInputError(option, text, "write a folder, or gs://BUCKET: the layout begins at its root")
    return place.store

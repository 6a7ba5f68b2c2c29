"""What traded of an instrument by time of day: the stuff that volume curves are made of."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from adapters.ticks.kinds import Kind, day_window
from adapters.ticks.stamps import ns_per_unit
from adapters.ticks.windows import WindowReader
from ports.errors import InvalidInputError
from ports.instruments import InstrumentKey

DAY_S: Final = 86_400
_SECOND_NS: Final = 1_000_000_000


async def day_volumes(reader: WindowReader, instrument: InstrumentKey, day: str, bucket_s: int) -> NDArray[np.float64]:
    """Return what traded in each bucket of a recorded day, from midnight UTC on, by the venue's clock.

    Raises:
        ObjectMissingError: that day is not there.
        InvalidInputError: the file is torn or has a time that is none.
        ObjectStoreRefusedError, ObjectStoreUnavailableError: as the store.
    """
    start_ns, end_ns = day_window(day)
    table = await reader.read_window(Kind.TRADES, instrument, start_ns, end_ns, ("timestamp", "amount"))
    volumes = np.zeros(DAY_S // bucket_s)
    if not table.num_rows:
        return volumes
    stamps = table.column("timestamp").to_numpy()
    scale = ns_per_unit(int(stamps[0]))
    if scale is None:
        raise InvalidInputError(f"{instrument} of {day}: timestamp", int(stamps[0]), "mend or remove the file")
    seconds = stamps // (_SECOND_NS // scale) % DAY_S
    np.add.at(volumes, seconds // bucket_s, table.column("amount").to_numpy())
    return volumes

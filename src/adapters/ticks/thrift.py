"""As much of Thrift's compact protocol as parquet needs (apache/thrift, doc/specs/thrift-compact-protocol.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_I32: Final = 5
_I64: Final = 6
_BINARY: Final = 8
_LIST: Final = 9
_STRUCT: Final = 12
_SHORT_LIST: Final = 15
_LONGEST_STEP: Final = 15
_STOP: Final = b"\x00"

type Field = tuple[int, bytes]  # a type and its value, encoded
type Value = int | bytes | Mapping[int, Value] | None


def varint(number: int) -> bytes:
    """Write an unsigned number, seven bits a byte."""
    made = bytearray()
    while number > 0x7F:
        made.append(number & 0x7F | 0x80)
        number >>= 7
    made.append(number)
    return bytes(made)


def whole(number: int, *, wide: bool = False) -> Field:
    """A number of 32 bits, or of 64."""
    return _I64 if wide else _I32, varint(number << 1 if number >= 0 else (-number << 1) - 1)


def text(content: bytes) -> Field:
    """Bytes, with their length before them."""
    return _BINARY, varint(len(content)) + content


def struct(fields: Mapping[int, Field]) -> Field:
    """A structure of fields by their numbers, which ascend."""
    made = bytearray()
    last = 0
    for number, (kind, value) in fields.items():
        step = number - last
        if not 0 < step <= _LONGEST_STEP:
            raise ValueError(f"field {number} does not follow {last}")
        made.append(step << 4 | kind)
        made += value
        last = number
    return _STRUCT, bytes(made) + _STOP


def several(values: list[Field]) -> Field:
    """A list of values of one kind; of structures, where it is empty."""
    kind = values[0][0] if values else _STRUCT
    head = bytes([len(values) << 4 | kind]) if len(values) < _SHORT_LIST else bytes([0xF0 | kind]) + varint(len(values))
    return _LIST, head + b"".join(value for _, value in values)


class Reader:
    """Reads structures from the beginning of `content`; `place` is where it stands.

    Raises:
        IndexError: the content ends before what it begins.
        ValueError: a kind of value that page headers do not have.
    """

    def __init__(self, content: bytes | memoryview, place: int = 0) -> None:
        self._content = content
        self.place = place

    def struct(self) -> dict[int, Value]:
        """Return a structure's fields by number; a flag reads as 1 or 0."""
        fields: dict[int, Value] = {}
        number = 0
        while head := self._byte():
            step, kind = head >> 4, head & 0x0F
            number = number + step if step else self._whole()
            fields[number] = self._value(kind)
        return fields

    def _value(self, kind: int) -> Value:
        match kind:
            case 1 | 2:
                return 2 - kind
            case 4 | 5 | 6:
                return self._whole()
            case 8:
                length = self._varint()
                self.place += length
                return bytes(self._content[self.place - length : self.place])
            case 12:
                return self.struct()
            case _:
                raise ValueError(f"no value of kind {kind} was expected")

    def _whole(self) -> int:
        number = self._varint()
        return number >> 1 ^ -(number & 1)

    def _varint(self) -> int:
        number = shift = 0
        while True:
            byte = self._byte()
            number |= (byte & 0x7F) << shift
            if byte < 0x80:
                return number
            shift += 7

    def _byte(self) -> int:
        byte = self._content[self.place]
        self.place += 1
        return byte

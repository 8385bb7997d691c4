"""One value <-> bytes, in msgpack; temporal values, points and vectors are extension types.

Codes: `format.VALUE_EXTENSIONS`. Integers are 64 bits, floats are doubles (NaN and infinities too), maps have
string keys, strings may hold lone surrogates. A vector is a one-dimensional float32 array.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Final

import msgpack
import numpy as np

from neuralgraph.errors import CorruptionError, QueryTypeError
from neuralgraph.values.instants import Date, DateTime, Duration, LocalDateTime, LocalTime, Time
from neuralgraph.values.points import Point

if TYPE_CHECKING:
    from typing_extensions import Buffer

_VECTOR: Final = 8
_CODES: Final[dict[type, int]] = {
    Date: 1,
    LocalTime: 2,
    Time: 3,
    LocalDateTime: 4,
    DateTime: 5,
    Duration: 6,
    Point: 7,
}
_CLASSES: Final[dict[int, Any]] = {code: value_class for value_class, code in _CODES.items()}


class _Packers(threading.local):
    """A packer for each thread: making one costs three times what packing a small value does."""

    def __init__(self) -> None:
        self.pack = msgpack.Packer(
            default=_to_extension, strict_types=True, unicode_errors="surrogatepass"
        ).pack


def encode(value: Any) -> bytes:
    """The bytes of a value that may be stored (`values.types.storable` says which may).

    Costs about 0.1 us for a plain scalar, 1 us for a temporal value.

    Raises:
        QueryTypeError: it may not be stored after all.
    """
    try:
        packed: bytes = _packers.pack(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise QueryTypeError(
            f"a value of this kind cannot be stored: {error}", detail="InvalidPropertyType"
        ) from error
    return packed


def decode(data: Buffer) -> Any:
    """The value that `encode` gave these bytes for; lists and maps are fresh.

    Raises:
        CorruptionError: they are no value.
    """
    try:
        return _unpack(
            data, ext_hook=_from_extension, strict_map_key=False, unicode_errors="surrogatepass"
        )
    except (ValueError, TypeError, msgpack.UnpackException) as error:
        raise CorruptionError(f"a stored value cannot be read: {error}") from error


def split(data: bytes, count: int) -> tuple[list[Any], bytes]:
    """The first `count` values of an encoded list, and the bytes of the one that is left.

    Raises:
        CorruptionError: that is not what they are.
    """
    try:
        unpacker = msgpack.Unpacker(
            ext_hook=_from_extension,
            strict_map_key=False,
            unicode_errors="surrogatepass",
            max_buffer_size=len(data),
        )
        unpacker.feed(data)
        length = unpacker.read_array_header()
        values = [unpacker.unpack() for _ in range(count)]
    except (ValueError, TypeError, msgpack.UnpackException) as error:
        raise CorruptionError(f"a stored value cannot be read: {error}") from error
    if length != count + 1:
        raise CorruptionError(f"a stored list has {length} values, not {count + 1}")
    return values, data[unpacker.tell() :]


_unpack: Final = msgpack.unpackb


def _to_extension(value: Any) -> Any:
    """What msgpack does not know by itself, as something that it knows."""
    code = _CODES.get(type(value))
    if code is not None:
        return msgpack.ExtType(code, msgpack.packb(value.to_fields()))
    if isinstance(value, np.ndarray):
        if value.ndim != 1 or value.dtype.kind not in "fiu":
            raise TypeError(f"an array of shape {value.shape} and type {value.dtype}")
        return msgpack.ExtType(_VECTOR, value.astype("<f4", copy=False).tobytes())
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, bytearray | memoryview):
        return bytes(value)
    raise TypeError(type(value).__name__)


def _from_extension(code: int, data: bytes) -> Any:
    if code == _VECTOR:
        return np.frombuffer(data, dtype="<f4")
    value_class = _CLASSES.get(code)
    if value_class is None:
        raise ValueError(f"unknown type {code}")
    return value_class.from_fields(tuple(_unpack(data)))


_packers: Final = _Packers()

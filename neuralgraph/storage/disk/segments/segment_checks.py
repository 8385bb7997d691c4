"""Does a column segment's description fit its blocks, and what it says of its values the values?

The checksum of a manifest says that it is what was written, not that it was right. These checks are for
`verify`: they read the whole segment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from neuralgraph.storage.disk.blocks import BlockRef
from neuralgraph.storage.disk.format import ColumnEncoding, Presence
from neuralgraph.storage.disk.segments.column_segment import ENCODINGS, bounds_of, valid_of
from neuralgraph.storage.disk.segments.parts import WIDTHS, load_part
from neuralgraph.values import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from neuralgraph.storage.disk.segments.column_segment import ColumnSegment
    from neuralgraph.storage.disk.segments.parts import BlockStore, Part

_SENSELESS = (LookupError, ValueError, TypeError)


def problems_of_segment(segment: ColumnSegment, blocks: BlockStore) -> Iterator[str]:
    """What does not hold, in words.

    Args:
        segment: is read completely.
        blocks: where it stands.

    Raises:
        CorruptionError: a block is not what was written.
    """
    try:
        what = _of_description(segment.descriptor(), blocks) or _of_values(segment)
    except _SENSELESS as error:
        what = f"is described in a way that makes no sense: {error}"
    if what:
        yield what


def _of_values(segment: ColumnSegment) -> str:
    column = segment.whole()
    if column.count != segment.count:
        return f"says that it has {segment.count} rows, and has {column.count}"
    valid = valid_of(column)
    null_count = 0 if valid is None else column.count - int(np.count_nonzero(valid))
    if null_count != segment.null_count:
        return f"says that {segment.null_count} values are null, and {null_count} are"
    bounds = (None, None) if null_count == column.count else bounds_of(column, valid)
    told = (segment.minimum, segment.maximum)
    if told != bounds or [*map(type, told)] != [*map(type, bounds)]:
        return (
            f"says that its values go from {told[0]} to {told[1]},"
            f" and they go from {bounds[0]} to {bounds[1]}"
        )
    return ""


def _of_description(descriptor: Sequence[Any], blocks: BlockStore) -> str:
    """Are there as many bytes in each part as there have to be?"""
    kind, count, null_count, _, _, presence, width, encoding, settings, parts = descriptor
    first, *rest = parts
    known = [ENCODINGS[Kind(kind)]]
    if kind == Kind.TEXT:
        known.append(ColumnEncoding.LONG_TEXTS)
    if encoding not in known:
        return f"has values of kind {kind} in encoding {encoding}"
    if not 0 <= null_count <= count:
        return f"says that {null_count} of {count} values are null"
    if presence != Presence.ROWS and width != 0:
        return f"has rows {width} bytes wide, and no rows"
    if presence == Presence.NONE:
        is_right = null_count == count and first == b"" and not rest and not settings
        return "" if is_right else "says that all is null, and tells of values"
    marked = {
        Presence.ALL: 0,
        Presence.BITMAP: -(-count // 8),
        Presence.ROWS: (count - null_count) * (np.dtype(WIDTHS[width]).itemsize if width else 1),
    }
    if presence not in marked:
        return f"has a presence {presence}, which there is not"
    if _length(first) != marked[presence]:
        return f"has {_length(first)} bytes of presence, not {marked[presence]}"
    stored = count - null_count if presence == Presence.ROWS else count
    if presence == Presence.ROWS:
        rows = load_part(first, WIDTHS[width], blocks).astype(np.int64)
        if len(rows) and (int(rows[-1]) >= count or bool((rows[1:] <= rows[:-1]).any())):
            return "has rows out of order"
    return _of_parts(encoding, settings, rest, stored, blocks)


def _of_parts(
    encoding: int, settings: Sequence[Any], parts: Sequence[Part], count: int, blocks: BlockStore
) -> str:
    lengths = [_length(part) for part in parts]
    match encoding:
        case ColumnEncoding.INTEGERS:
            width, _base = settings
            wanted = [width * count]
        case ColumnEncoding.FLOATS:
            () = settings
            wanted = [8 * count]
        case ColumnEncoding.BOOLEANS:
            () = settings
            wanted = [count]
        case ColumnEncoding.VECTORS:
            (dimension,) = settings
            wanted = [4 * dimension * count]
        case ColumnEncoding.OBJECTS:
            (width,) = settings
            wanted = [width * (count + 1), _end(parts[0], width, blocks)]
        case ColumnEncoding.LONG_TEXTS:
            width, ends_width, stride = settings
            ends = _end(parts[1], ends_width, blocks)
            wanted = [width * (count + 1), ends_width * -(-count // stride), ends]
        case _:
            codes_width, width = settings
            strings = count if codes_width == 0 else lengths[1] // width - 1
            wanted = [codes_width * count, width * (strings + 1), _end(parts[1], width, blocks)]
            if codes_width:
                codes = load_part(parts[0], WIDTHS[codes_width], blocks)
                if len(codes) and int(codes.max()) >= strings:
                    return f"has codes of more than its {strings} strings"
    return "" if lengths == wanted else f"has parts of {lengths} bytes, not of {wanted}"


def _length(part: Part) -> int:
    return len(part) if isinstance(part, bytes) else BlockRef(*part).raw_length


def _end(part: Part, width: int, blocks: BlockStore) -> int:
    """The last of ascending offsets."""
    offsets = load_part(part, WIDTHS[width], blocks).astype(np.int64)
    if bool((offsets[1:] < offsets[:-1]).any()):
        raise ValueError("its offsets are not in order")
    return int(offsets[-1])

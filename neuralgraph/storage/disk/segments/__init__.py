"""segments: immutable arrays in blocks, the material of the base.

    parts              a segment's arrays: a block each, or bytes in the descriptor
    string_tables      strings as one buffer and offsets
    decoded_texts      large decoded dictionaries, kept within a budget
    value_stores       an encoding each for integers, floats, booleans, texts, vectors, objects
    text_encoding      which texts get a dictionary
    column_segment     ColumnSegment: values of a property by row, with nulls

A segment is mapped at its first use and verified then; after that, reading costs no system call. Every
`write` gives a segment that reads from the blocks just written; `descriptor` is what a manifest keeps.
"""

from neuralgraph.storage.disk.segments.column_segment import ColumnSegment
from neuralgraph.storage.disk.segments.parts import BlockStore

__all__ = ["BlockStore", "ColumnSegment"]

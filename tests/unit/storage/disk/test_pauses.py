"""Pieces cover every row once."""

import pytest

from neuralgraph.storage.disk.pauses import PIECE_ROWS, in_pieces


@pytest.mark.parametrize(
    ("start", "stop"),
    [(0, 0), (3, 3), (0, 1), (5, PIECE_ROWS + 5), (7, 3 * PIECE_ROWS), (0, 2 * PIECE_ROWS)],
)
def test_pieces_cover_every_row_once(start, stop):
    rows = list(range(stop))
    assert [row for piece in in_pieces(start, stop) for row in rows[piece]] == rows[start:]
    assert all(piece.stop - piece.start <= PIECE_ROWS for piece in in_pieces(start, stop))

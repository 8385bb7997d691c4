"""Terms of a corpus, and how many documents have them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neuralgraph.access.search import TermCount
from neuralgraph.errors import QueryArgumentError
from neuralgraph.storage.indexes.text.term_choice import terms_near

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neuralgraph.access import TermRequest
    from neuralgraph.storage.indexes.text.corpus import Corpus, CorpusPart
    from neuralgraph.values.arrays import Int64Array


def count_terms(corpus: Corpus, keys: Sequence[str], request: TermRequest) -> list[TermCount]:
    """See `GraphReader.search_terms`."""
    if request.field is not None and request.field not in keys:
        raise QueryArgumentError(
            f"there is no field {request.field!r}; there are {', '.join(keys)}"
        )
    found: list[TermCount] = []
    if request.limit == 0:
        return found
    for place, key in enumerate(keys):
        if request.field in (None, key):
            found.extend(_of_field(corpus, place, key, request))
    found.sort(key=lambda one: (-one.documents, one.term, one.field))
    return found[: request.limit]


def _of_field(corpus: Corpus, place: int, key: str, request: TermRequest) -> list[TermCount]:
    known: dict[str, TermCount] = {}
    for part in corpus.parts:
        numbers = _chosen(part, place, request)
        documents, occurrences, examples = _counted(part, place, numbers)
        terms = part.segment.fields[place].terms
        living = np.flatnonzero(documents)
        if len(corpus.parts) == 1 and len(living) > request.limit:
            # No other part adds to these: the most common can be told by now.
            least = np.partition(documents, len(documents) - request.limit)[-request.limit]
            living = np.flatnonzero(documents >= least)
        names = terms.table.texts(numbers[living].tolist())
        ids = part.segment.ids_of(examples[living]).tolist()
        counts = documents[living].tolist(), occurrences[living].tolist()
        for term, held, often, example in zip(names, *counts, ids, strict=True):
            before = known.get(term)
            if before is not None:
                known[term] = before._replace(
                    documents=before.documents + held, occurrences=before.occurrences + often
                )
            else:
                known[term] = TermCount(key, term, held, often, example)
    return list(known.values())


def _chosen(part: CorpusPart, place: int, request: TermRequest) -> Int64Array:
    terms = part.segment.fields[place].terms
    low, high = terms.range_of(request.prefix)
    if request.near is None:
        return np.arange(low, high)
    near = terms_near(terms, request.near, request.distance)
    numbers = np.array(sorted(terms.number_of(term) for term, _ in near), dtype=np.int64)
    return numbers[(numbers >= low) & (numbers < high)]


def _counted(
    part: CorpusPart, place: int, numbers: Int64Array
) -> tuple[Int64Array, Int64Array, Int64Array]:
    """Of each term: visible documents, occurrences in them, and one of them (where there is one)."""
    field = part.segment.fields[place]
    starts = field.posting_starts.array.astype(np.int64)
    places = field.posting_places(numbers)
    rows = np.repeat(np.arange(len(numbers)), starts[numbers + 1] - starts[numbers])
    documents = field.documents.array[places].astype(np.int64)
    frequencies = field.frequencies.array[places].astype(np.float64)
    if part.alive is not None:
        keep = part.alive[documents]
        rows, documents, frequencies = rows[keep], documents[keep], frequencies[keep]
    examples = np.zeros(len(numbers), dtype=np.int64)
    examples[rows] = documents
    counts = np.bincount(rows, minlength=len(numbers))
    occurrences = np.bincount(rows, weights=frequencies, minlength=len(numbers)).astype(np.int64)
    return counts, occurrences, examples

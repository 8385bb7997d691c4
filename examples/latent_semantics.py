"""Latent semantic analysis: vectors of short texts from the texts alone, with numpy.

Texts that use words which go together elsewhere come out near each other, though they share none.

Source: S. Deerwester, S. Dumais, G. Furnas, T. Landauer, R. Harshman: Indexing by Latent Semantic Analysis,
JASIS 41 (1990). The decomposition is randomised: N. Halko, P. Martinsson, J. Tropp: Finding Structure with
Randomness, SIAM Review 53 (2011).
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Float32Array = NDArray[np.float32]

TERMS_MAX = 4_000
_WORD = re.compile(r"[a-z]{3,}")
_PARTS = re.compile(r"([a-z0-9])([A-Z])")


def words_of(text: str) -> list[str]:
    """Words of three letters and more, without case, identifiers taken apart, plurals cut."""
    lowered = _PARTS.sub(r"\1 \2", text).replace("_", " ").lower()
    return [
        word[:-1] if word[-1] == "s" and word[-2] != "s" and len(word) > 3 else word
        for word in _WORD.findall(lowered)
    ]


@dataclass
class Semantics:
    """What was learned from some texts.

    Attributes:
        terms: words in use.
        vectors: shape (terms, dimension); the vector of a text is the sum of those of its words.
    """

    terms: list[str]
    vectors: Float32Array

    @staticmethod
    def learn(
        texts: Sequence[str], dimension: int, seed: int = 1
    ) -> tuple[Semantics, Float32Array]:
        """From texts; gives the vectors of the texts too, shape (texts, dimension), of length 1 or 0."""
        counts = [Counter(words_of(text)) for text in texts]
        documents = Counter(word for count in counts for word in count)
        common = documents.most_common(TERMS_MAX)
        terms = [word for word, number in common if number > 1 or len(texts) < 100]
        places = {word: place for place, word in enumerate(terms)}
        weights = np.array([math.log(1 + len(texts) / documents[word]) for word in terms])
        matrix = np.zeros((len(texts), len(terms)), dtype=np.float32)
        for row, count in enumerate(counts):
            for word, number in count.items():
                place = places.get(word)
                if place is not None:
                    matrix[row, place] = (1 + math.log(number)) * weights[place]
        matrix /= np.maximum(np.linalg.norm(matrix, axis=1, keepdims=True), 1e-12)
        directions = _directions(matrix, min(dimension, *matrix.shape), seed)
        vectors = (weights[:, None] * directions).astype(np.float32)
        return Semantics(terms, vectors), normalised(matrix @ directions)

    def vector(self, text: str) -> Float32Array:
        """The vector of a text; all zeros when none of its words is known."""
        places = {word: place for place, word in enumerate(self.terms)}
        rows = [places[word] for word in words_of(text) if word in places]
        found: Float32Array = normalised(self.vectors[rows].sum(axis=0, keepdims=True))[0]
        return found


def normalised(vectors: Float32Array) -> Float32Array:
    """Each row of length 1; rows of zeros stay."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Float32Array = (vectors / np.maximum(lengths, 1e-12)).astype(np.float32)
    return unit


def _directions(matrix: Float32Array, dimension: int, seed: int) -> Float32Array:
    """The right singular vectors of the greatest singular values; shape (columns, dimension)."""
    random = np.random.default_rng(seed)
    width = min(dimension + 16, *matrix.shape)
    sample = matrix @ random.standard_normal((matrix.shape[1], width)).astype(np.float32)
    for _ in range(2):
        basis, _ = np.linalg.qr(sample)
        sample = matrix @ (matrix.T @ basis)
    basis, _ = np.linalg.qr(sample)
    _, _, right = np.linalg.svd(basis.T @ matrix, full_matrices=False)
    found: Float32Array = np.ascontiguousarray(right[:dimension].T, dtype=np.float32)
    return found

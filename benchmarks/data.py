"""The graph that is asked: persons who know each other, posts, and who likes them.

Made from a seed, the same every time. Ids are sparse (1000, 1007, 1014, ...; 5, 8, 11, ...), so that no
database can use them as places in an array. KNOWS is a simple directed graph without loops; degrees
follow a power law, and nearly half of the edges stay near their source, which makes triangles.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

SIZES = {  # persons, KNOWS, posts, LIKES
    "tiny": (300, 3_000, 400, 2_000),
    "S": (10_000, 180_000, 20_000, 100_000),
    "M": (100_000, 1_800_000, 100_000, 1_000_000),
    "L": (1_000_000, 18_000_000, 100_000, 1_000_000),
}
DIMENSION = 128
Columns = dict[str, np.ndarray[Any, Any]]


@dataclass(frozen=True)
class Data:
    """Five tables, a dict of columns each, and the folder with the same as Parquet files."""

    size: str
    folder: Path
    person: Columns
    knows: Columns
    post: Columns
    created: Columns
    likes: Columns

    def parquet(self, table: str) -> str:
        """Path of a table's file."""
        return str(self.folder / f"{table}.parquet")

    def tables(self) -> dict[str, Columns]:
        """All tables by name."""
        names = ("person", "post", "knows", "created", "likes")
        return {name: getattr(self, name) for name in names}

    def rows(self) -> int:
        """Rows in all tables."""
        return sum(len(next(iter(columns.values()))) for columns in self.tables().values())


def make(size: str, folder: Path, seed: int = 7) -> Data:
    """The data; Parquet files are written when they are not there."""
    persons, edges, posts, likes = SIZES[size]
    random = np.random.default_rng(seed)
    person_ids = 1_000 + 7 * np.arange(persons, dtype=np.int64)
    post_ids = 5 + 3 * np.arange(posts, dtype=np.int64)
    person = _persons(random, person_ids)
    sources, targets = _acquaintances(random, persons, edges)
    knows = {
        "src": person_ids[sources],
        "dst": person_ids[targets],
        "since": random.integers(1990, 2026, edges),
    }
    post = _posts(random, post_ids)
    created = {"src": person_ids[random.integers(0, persons, posts)], "dst": post_ids}
    liked = np.unique(random.integers(0, persons * posts, int(likes * 1.2)))
    liked = random.permutation(liked)[:likes]
    likes_columns = {
        "src": person_ids[liked // posts],
        "dst": post_ids[liked % posts],
        "at": 1_600_000_000 + random.integers(0, 10**8, len(liked)),
    }
    data = Data(size, folder, person, knows, post, created, likes_columns)
    _write_parquet(data)
    return data


def _persons(random: np.random.Generator, ids: Any) -> Columns:
    count = len(ids)
    first, last = _words(random, 500), _words(random, 2_000)
    cities = np.array([word.capitalize() for word in _words(random, 200)], dtype=object)
    names = zip(random.integers(0, 500, count), random.integers(0, 2_000, count), strict=True)
    return {
        "id": ids,
        "name": np.array(
            [f"{first[a].capitalize()} {last[b].capitalize()}" for a, b in names], dtype=object
        ),
        "age": np.clip(random.normal(38, 14, count), 13, 95).astype(np.int64),
        "city": cities[_skewed(random, 200, count)],
        "created": 1_500_000_000 + 13 * random.permutation(count).astype(np.int64),
    }


def _posts(random: np.random.Generator, ids: Any) -> Columns:
    count = len(ids)
    words = np.array(_words(random, 5_000), dtype=object)
    titles = words[_skewed(random, len(words), count * 6)].reshape(count, 6)
    bodies = words[_skewed(random, len(words), count * 40)].reshape(count, 40)
    body = np.array([" ".join(row) for row in bodies], dtype=object)
    vectors = random.normal(0, 0.7, (count, DIMENSION)) + _centres(random, count)
    vectors = vectors.astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return {
        "id": ids,
        "title": np.array([" ".join(row) for row in titles], dtype=object),
        "body": body,
        "length": np.array([len(text) for text in body], dtype=np.int64),
        "embedding": vectors,
    }


def _centres(random: np.random.Generator, count: int) -> Any:
    """For each post its subject as a vector: embeddings lie in groups, not evenly in all directions."""
    (own,) = random.spawn(1)
    centres = own.normal(0, 1, (max(20, count // 400), DIMENSION))
    return centres[own.integers(0, len(centres), count)]


def _acquaintances(random: np.random.Generator, count: int, wanted: int) -> tuple[Any, Any]:
    """Different pairs without loops: a power law in both directions, and neighbourhoods."""
    weights = np.minimum(random.pareto(1.7, count) + 0.35, 60)
    outgoing = np.cumsum(weights) / weights.sum()
    popularity = weights**0.8 * random.lognormal(0, 0.6, count)
    incoming = np.cumsum(popularity) / popularity.sum()
    pairs = np.empty(0, dtype=np.int64)
    while len(pairs) < wanted:
        tries = int((wanted - len(pairs)) * 1.2) + 1_000
        sources = np.minimum(np.searchsorted(outgoing, random.random(tries)), count - 1)
        targets = np.minimum(np.searchsorted(incoming, random.random(tries)), count - 1)
        is_near = random.random(tries) < 0.45
        steps = np.rint(random.laplace(0, 18, tries)).astype(np.int64)
        targets = np.where(is_near, (sources + steps) % count, targets)
        fresh = (sources * count + targets)[sources != targets]
        pairs = np.unique(np.concatenate([pairs, fresh]))
    pairs = random.permutation(pairs)[:wanted]
    return pairs // count, pairs % count


def _skewed(random: np.random.Generator, choices: int, count: int) -> Any:
    """Places 0..choices-1, the first ones far more often."""
    weights = 1.0 / np.arange(1, choices + 1)
    cumulated = np.cumsum(weights) / weights.sum()
    return np.minimum(np.searchsorted(cumulated, random.random(count)), choices - 1)


def _words(random: np.random.Generator, count: int) -> list[str]:
    consonants, vowels = "bdfgklmnprtvz", "aeiou"
    words: dict[str, None] = {}
    while len(words) < count:
        syllables = int(random.integers(2, 5))
        parts = (
            consonants[random.integers(len(consonants))] + vowels[random.integers(len(vowels))]
            for _ in range(syllables)
        )
        words["".join(parts)] = None
    return list(words)


def _write_parquet(data: Data) -> None:
    arrow: Any = import_module("pyarrow")
    parquet: Any = import_module("pyarrow.parquet")
    data.folder.mkdir(parents=True, exist_ok=True)
    for name, columns in data.tables().items():
        arrays = {
            key: arrow.array(values)
            if values.ndim == 1
            else arrow.FixedSizeListArray.from_arrays(arrow.array(values.reshape(-1)), DIMENSION)
            for key, values in columns.items()
        }
        parquet.write_table(arrow.table(arrays), data.parquet(name))


class Reference:
    """The right answers, by numpy over arrays in memory."""

    def __init__(self, data: Data) -> None:
        self.data = data
        self.ids = data.person["id"]
        sources = np.searchsorted(self.ids, data.knows["src"])
        targets = np.searchsorted(self.ids, data.knows["dst"])
        order = np.lexsort((targets, sources))
        self.targets = targets[order]
        self.since = data.knows["since"][order]
        self.offsets = np.searchsorted(sources[order], np.arange(len(self.ids) + 1))

    def place(self, person_id: int) -> int:
        """Where a person is in the columns."""
        return int(np.searchsorted(self.ids, person_id))

    def edges(self, place: int) -> slice:
        """The person's edges."""
        return slice(int(self.offsets[place]), int(self.offsets[place + 1]))

    def reached(self, places: Any) -> Any:
        """Different places one step from any of `places`."""
        parts = [self.targets[self.edges(int(place))] for place in places]
        return np.unique(np.concatenate(parts)) if parts else np.empty(0, dtype=np.int64)

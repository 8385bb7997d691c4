"""Analyzer: from a text to its terms. The same analyzer reads the texts of an index and the queries.

    WordAnalyzer      cuts a text at white space into chunks, finds words in a chunk by a regular expression,
                      and makes terms of a word: lower case, no stop words, stems, ...
    WholeAnalyzer     one term: the text as it is
    CallableAnalyzer  a Python function, or an analyzer of whoosh

Texts repeat their words. A WordAnalyzer looks at each distinct chunk once and keeps what it found in tables
(chunk -> terms and positions); the texts themselves are only cut, numbered and looked up, by numpy.
"""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np

from neuralgraph.errors import QueryArgumentError
from neuralgraph.text.tokens import GAP, EncodedTexts, TermNumbers, Token
from neuralgraph.text.words import lower_case

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from neuralgraph.text.words import WordTerms
    from neuralgraph.values.arrays import Int64Array

WORDS_KEPT_MAX: Final = 50_000
"""Words that an analyzer remembers between calls; some 10 MB."""

CHUNKS_KEPT_MAX: Final = 10_000
"""Chunks, alike; an `encode` has a table of its own for all that it meets."""

TERM_LENGTH_MAX: Final = 255
"""Longer words are cut: nobody searches for them, and a dictionary of them would outgrow the texts."""

POSITION_MAX: Final = 1 << 24
"""The last position that an analyzer of the user's may give in a text."""

TEXTS_AT_ONCE: Final = 1 << 22
"""Characters that are joined and cut in one go: bounds the memory of an index build."""

ITEM_BREAK: Final = "\x01"
"""Between the items of a list of strings that are analysed as one text."""

_POSITION_STORED_MAX: Final = (1 << 31) - 1
_TEXT_BREAK: Final = "\x00"
_CHUNK: Final = re.compile("\x01|[^\\s\x00\x01]+")
# ASCII that no word contains: cutting at it, too, keeps the number of distinct chunks low.
_BLANKED: Final = str.maketrans(dict.fromkeys(map(ord, '!"#$%&()*+,/:;<=>?@[\\]^`{|}~-'), " "))


class Analyzer(Protocol):
    """From texts to terms."""

    @property
    def name(self) -> str:
        """As indexes remember it."""
        ...

    def tokens(self, text: str) -> list[Token]:
        """The tokens of one text, by position."""
        ...

    def encode(self, texts: Sequence[str], numbers: TermNumbers) -> EncodedTexts:
        """The tokens of many texts, as arrays; new terms get numbers.

        Args:
            texts: the items of a list of strings stand between `ITEM_BREAK`.
            numbers: of terms; added to.
        """
        ...

    def normalised(self, word: str) -> str:
        """A word in the form of terms, but whole: for prefixes, wildcards and ranges."""
        ...


class WordAnalyzer:
    """Words by a pattern, and terms by word."""

    __slots__ = (
        "_counts_letters",
        "_cuts_punctuation",
        "_kept",
        "_normalise",
        "_pattern",
        "_terms_of",
        "_words",
        "name",
    )

    def __init__(
        self,
        name: str,
        pattern: Any,
        terms_of: WordTerms,
        normalise: Callable[[str], str] = lower_case,
        *,
        cuts_punctuation: bool = True,
        counts_letters: bool = False,
    ) -> None:
        """Make one.

        Args:
            name: as indexes remember it.
            pattern: compiled; finds words. No word has white space in it.
            terms_of: terms by word.
            normalise: the part of `terms_of` that keeps a word whole.
            cuts_punctuation: no word has ASCII punctuation in it, but for the dot, apostrophe and underscore.
            counts_letters: a term at position n after its word's begins n characters after it.
        """
        self.name = name
        self._pattern = pattern
        self._terms_of = terms_of
        self._normalise = normalise
        self._cuts_punctuation = cuts_punctuation
        self._counts_letters = counts_letters
        self._words: dict[str, tuple[tuple[tuple[str, int], ...], int]] = {}
        self._kept: dict[str, tuple[tuple[Token, ...], int]] = {}

    def normalised(self, word: str) -> str:
        """See `Analyzer`."""
        return self._normalise(word)

    def tokens(self, text: str) -> list[Token]:
        """See `Analyzer`."""
        found: list[Token] = []
        position = 0
        for chunk in _CHUNK.finditer(text):
            if chunk[0] == ITEM_BREAK:
                position += GAP
                continue
            tokens, width = self._chunk(chunk[0])
            shift = chunk.start()
            found.extend(
                Token(term, position + offset, shift + start, shift + end)
                for term, offset, start, end in tokens
            )
            position += width
        return found

    def encode(self, texts: Sequence[str], numbers: TermNumbers) -> EncodedTexts:
        """See `Analyzer`."""
        table = _ChunkTable(self._chunk, numbers)
        pieces: list[Any] = []
        for group in _groups(texts):
            chunks = self._cut(group)
            codes = np.fromiter(map(table.__getitem__, chunks), dtype=np.int32, count=len(chunks))
            del chunks
            pieces.append(table.expand(codes))
        if not pieces:
            none = np.empty(0, dtype=np.int32)
            return EncodedTexts(none, none.astype(np.int64), none, none.astype(np.int64))
        found, positions, lengths = (np.concatenate(parts) for parts in zip(*pieces, strict=True))
        rows = np.repeat(np.arange(len(lengths)), lengths)
        return EncodedTexts(found, rows, positions, lengths)

    def _cut(self, texts: Sequence[str]) -> list[str]:
        """Chunks; each text ends in a chunk that is `_TEXT_BREAK`."""
        joined = f" {_TEXT_BREAK} ".join(texts)
        if joined.count(_TEXT_BREAK) != len(texts) - 1:
            joined = f" {_TEXT_BREAK} ".join([text.replace(_TEXT_BREAK, " ") for text in texts])
        if ITEM_BREAK in joined:
            joined = joined.replace(ITEM_BREAK, f" {ITEM_BREAK} ")
        if self._cuts_punctuation and joined.isascii():
            joined = joined.translate(_BLANKED)
        chunks = joined.split()
        chunks.append(_TEXT_BREAK)
        return chunks

    def _chunk(self, chunk: str) -> tuple[tuple[Token, ...], int]:
        """Tokens of a chunk, by position in it, and how many positions it takes."""
        kept = self._kept.get(chunk)
        if kept is None:
            found: list[Token] = []
            position = 0
            for match in self._pattern.finditer(chunk):
                terms, width = self._word(match[0][:TERM_LENGTH_MAX])
                start, end = match.span()
                for term, at in terms:
                    low, high = start, end
                    if self._counts_letters:
                        # At the end of the word at most: some marks are letters of their own in it.
                        low, high = min(start + at, end - 1), min(start + at + len(term), end)
                    found.append(Token(term, position + at, low, high))
                position += width
            kept = (tuple(found), position)
            if len(self._kept) >= CHUNKS_KEPT_MAX:
                self._kept = {}
            self._kept[chunk] = kept
        return kept

    def _word(self, word: str) -> tuple[tuple[tuple[str, int], ...], int]:
        kept = self._words.get(word)
        if kept is None:
            terms = tuple((term, at) for term, at in self._terms_of(word) if term)
            kept = (terms, 1 + max((at for _, at in terms), default=0))
            if len(self._words) >= WORDS_KEPT_MAX:
                self._words = {}
            self._words[word] = kept
        return kept


class _ChunkTable(dict[str, int]):
    """Numbers of chunks, and what each of them becomes: the tables of one `encode`."""

    def __init__(
        self, tokens_of: Callable[[str], tuple[tuple[Token, ...], int]], numbers: TermNumbers
    ) -> None:
        super().__init__({_TEXT_BREAK: 0, ITEM_BREAK: 1})
        self._tokens_of = tokens_of
        self._term_numbers = numbers
        self._terms: list[int] = []
        self._positions: list[int] = []
        self._counts = [0, 0]
        self._widths = [0, GAP]
        self._are_plain = True

    def __missing__(self, chunk: str) -> int:
        code = self[chunk] = len(self)
        tokens, width = self._tokens_of(chunk)
        numbers = self._term_numbers
        self._terms.extend([numbers[token.term] for token in tokens])
        self._positions.extend([token.position for token in tokens])
        self._counts.append(len(tokens))
        self._widths.append(width)
        if len(tokens) != 1 or width != 1:
            self._are_plain = False
        return code

    def expand(self, codes: Any) -> tuple[Any, Any, Any]:
        """Term numbers, positions, and tokens of each text; of chunks with a break after each text."""
        counts = np.array(self._counts, dtype=np.int32)
        terms = np.array(self._terms, dtype=np.int32)
        breaks = np.flatnonzero(codes == 0)
        if self._are_plain and not bool((codes == 1).any()):
            lengths = np.diff(breaks, prepend=-1) - 1
            found = terms[codes[codes > 0] - 2]
            starts = np.repeat(np.cumsum(lengths) - lengths, lengths)
            positions = (np.arange(len(found)) - starts).astype(np.int32)
            return found, positions, lengths
        widths = np.array(self._widths, dtype=np.int32)[codes]
        before = np.cumsum(widths) - widths
        text_starts = before[np.concatenate(([0], breaks[:-1] + 1))]
        chunks_of_text = np.diff(breaks, prepend=-1)
        before -= np.repeat(text_starts, chunks_of_text)
        each = counts[codes]
        lengths = np.add.reduceat(each, np.concatenate(([0], breaks[:-1] + 1)))
        firsts = np.cumsum(counts) - counts
        total = int(each.sum())
        places = np.arange(total) - np.repeat(np.cumsum(each) - each, each)
        places += np.repeat(firsts[codes], each)
        inside = np.array(self._positions, dtype=np.int32)[places]
        positions = (np.repeat(before, each) + inside).astype(np.int32)
        return terms[places], positions, lengths.astype(np.int64)


class WholeAnalyzer:
    """One term: the whole text, as it is."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def normalised(self, word: str) -> str:
        """See `Analyzer`."""
        return word

    def tokens(self, text: str) -> list[Token]:
        """See `Analyzer`."""
        found: list[Token] = []
        start = 0
        for position, item in enumerate(text.split(ITEM_BREAK)):
            if item:
                found.append(Token(item, position * GAP, start, start + len(item)))
            start += len(item) + 1
        return found

    def encode(self, texts: Sequence[str], numbers: TermNumbers) -> EncodedTexts:
        """See `Analyzer`."""
        return encode_each(self, texts, numbers)


class CallableAnalyzer:
    """A function of the user: from a text to terms, or to tokens as whoosh's analyzers give them.

    It must give the same for the same text, for ever: an index keeps what it gave.
    """

    __slots__ = ("_function", "name")

    def __init__(self, name: str, function: Callable[[str], Iterable[Any]]) -> None:
        self.name = name
        self._function = function

    def normalised(self, word: str) -> str:
        """See `Analyzer`."""
        return word.lower()

    def tokens(self, text: str) -> list[Token]:
        """See `Analyzer`.

        Raises:
            QueryArgumentError: the function failed, or gave something else.
        """
        found: list[Token] = []
        shift = start = 0
        for item in text.split(ITEM_BREAK):
            tokens = self._tokens_of(item)
            found.extend(
                Token(term, at + shift, low + start, high + start) for term, at, low, high in tokens
            )
            shift += GAP + (tokens[-1].position + 1 if tokens else 0)
            start += len(item) + 1
        if found and found[-1].position > _POSITION_STORED_MAX:
            raise QueryArgumentError(f"analyzer {self.name!r} gave positions too far apart")
        return found

    def _tokens_of(self, text: str) -> list[Token]:
        try:
            given = list(_given(self._function, text))
        except Exception as error:
            raise QueryArgumentError(
                f"analyzer {self.name!r} failed: {type(error).__name__}: {error}"
            ) from error
        tokens: list[Token] = []
        place = 0
        for position, item in enumerate(given):
            term, at, low, high = item
            if not isinstance(term, str):
                raise QueryArgumentError(
                    f"analyzer {self.name!r} gave {type(term).__name__}; terms are strings"
                )
            if at is not None and (type(at) is not int or not 0 <= at <= POSITION_MAX):
                raise QueryArgumentError(
                    f"analyzer {self.name!r} gave the position {at!r}; positions are integers from 0"
                    f" to {POSITION_MAX}"
                )
            if low is None:
                low = max(0, text.lower().find(term.lower(), place))
                high = min(len(text), low + len(term))
                place = high if text[low:high].lower() == term.lower() else place
            if term:
                place_in_text = position if at is None else at
                tokens.append(Token(term[:TERM_LENGTH_MAX], place_in_text, low, high))
        tokens.sort(key=lambda token: token.position)
        return tokens

    def encode(self, texts: Sequence[str], numbers: TermNumbers) -> EncodedTexts:
        """See `Analyzer`."""
        return encode_each(self, texts, numbers)


def _given(
    function: Callable[..., Iterable[Any]], text: str
) -> Iterable[tuple[Any, Any, Any, Any]]:
    """What a user's function gives: strings, or the tokens of whoosh, which it reuses."""
    if hasattr(function, "has_morph"):  # an analyzer of whoosh: asks what its tokens should tell
        for token in function(text, positions=True, chars=True, mode="index"):
            yield token.text, token.pos, token.startchar, token.endchar
        return
    for item in function(text):
        if isinstance(item, tuple):
            yield (*item, None, None, None)[:4]
        else:
            yield item, None, None, None


def encode_each(analyzer: Analyzer, texts: Sequence[str], numbers: TermNumbers) -> EncodedTexts:
    """`Analyzer.encode` by `Analyzer.tokens`, text by text."""
    lists = [analyzer.tokens(text) for text in texts]
    lengths: Int64Array = np.fromiter(map(len, lists), dtype=np.int64, count=len(lists))
    tokens = list(chain.from_iterable(lists))
    found = np.fromiter((numbers[token.term] for token in tokens), np.int32, len(tokens))
    positions = np.fromiter((token.position for token in tokens), np.int32, len(tokens))
    return EncodedTexts(found, np.repeat(np.arange(len(lists)), lengths), positions, lengths)


def _groups(texts: Sequence[str]) -> Iterable[Sequence[str]]:
    start = size = 0
    for place, text in enumerate(texts):
        size += len(text)
        if size >= TEXTS_AT_ONCE:
            yield texts[start : place + 1]
            start, size = place + 1, 0
    if start < len(texts):
        yield texts[start:]

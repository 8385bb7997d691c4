"""One flipped bit, anywhere: the same answers, or an error that names the place; never a wrong answer."""

import random
from functools import lru_cache

import pytest

from neuralgraph.errors import CorruptionError
from tests.support.damage import flipped, make_image, places_of, read_everything
from tests.support.engines import open_engine
from tests.support.recording_directory import directory_of


@lru_cache(maxsize=1)
def whole():
    """The image, its answers, and its places."""
    image = make_image()
    engine = open_engine(directory_of(image))
    assert engine.verify() == []
    answers = read_everything(engine)
    engine._lock.release()
    return image, answers, places_of(image)


def read_damaged(image, answers, place):
    """What becomes of a reading and of a `verify`: same, torn or named; found or silent."""
    try:
        engine = open_engine(directory_of(image))
    except CorruptionError as error:
        return named(error, place), "found"
    told = None
    try:
        told = read_everything(engine)
    except CorruptionError as error:
        named(error, place)
    problems = engine.verify()
    torn = engine.recovery.torn
    engine._lock.release()
    if told is None:
        assert problems, place
    elif told != answers:
        # The last record may be one that was being written when the power went: it is set aside, and said.
        assert torn is not None, f"{place}: a wrong answer"
        return "torn", "found"
    return "named" if told is None else "same", "found" if problems else "silent"


def named(error, place):
    assert error.where, f"{place}: {error}"
    return "named"


def check_salvage(image, answers, place):
    try:
        engine = open_engine(directory_of(image), salvage=True)
    except CorruptionError:
        assert place.where.startswith("slot"), place
        return
    told = read_everything(engine)
    assert told == answers or engine.losses, place
    engine._lock.release()


def flip(count):
    image, answers, places = whole()
    chance = random.Random(count)
    for place in places:
        for offset, bit in place.sample(chance, count):
            damaged = flipped(image, place.folder, place.name, offset, bit)
            outcome = read_damaged(damaged, answers, (place, offset, bit))
            if place.where.startswith("slot"):
                assert outcome == ("same", "silent"), "the opening mends it"
            elif not place.folder:
                assert outcome[1] == "found", (place, offset, bit)
            if chance.random() < 0.3:
                check_salvage(damaged, answers, place)


def test_a_flipped_bit_gives_no_wrong_answer():
    flip(2)


@pytest.mark.slow
def test_many_flipped_bits_give_no_wrong_answer():
    flip(20)

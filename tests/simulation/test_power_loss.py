"""The power goes, at every point of generated lives: what was acknowledged is there, whole, and checks out.

`scripts/torture` does the same for as long as one likes, and replays a seed.
"""

import pytest

from neuralgraph.storage.disk import BlockFile, SegmentedLog
from neuralgraph.storage.maintenance.bulk_load import Loader
from tests.support.power_loss import CUTS
from tests.support.recording_directory import RecordingDirectory, RecordingFile
from tests.support.torture import Figures, TortureError, durability_of, torture

STATES_EACH = 525
SEEDS = range(20)
"""20 times 525 states: more than 10,000 of them in every run."""


@pytest.mark.parametrize("seed", SEEDS)
def test_every_acknowledged_commit_survives_a_power_cut(seed):
    figures = Figures()
    for life in range(1_000 * seed, 1_000 * seed + 100):
        figures.add(
            torture(
                life,
                durability=durability_of(life),
                until=lambda now: figures.total + now.total >= STATES_EACH,
            )
        )
        if figures.total >= STATES_EACH:
            break
    assert figures.total >= STATES_EACH


def fails_somewhere():
    for seed in range(30):
        try:
            torture(seed)
        except TortureError as error:
            return str(error)
    raise AssertionError("30 lives did not find it")


def test_a_log_that_is_not_synced_is_found_out(monkeypatch):
    monkeypatch.setattr(SegmentedLog, "sync", lambda *_: None)
    assert "seed " in fails_somewhere()


def test_a_manifest_that_is_published_before_its_blocks_are_safe_is_found_out(monkeypatch):
    synced = BlockFile.sync

    def sometimes(blocks):
        # The slots are synced, what they name is not.
        if blocks._slots[0] is not blocks._slots[1]:
            synced(blocks)

    monkeypatch.setattr(BlockFile, "sync", sometimes)
    assert "seed " in fails_somewhere()


def test_a_spilled_transaction_that_is_logged_before_its_blocks_are_safe_is_found_out(monkeypatch):
    committed = Loader.commit
    spilled = []

    def commit(loader, made, *, births=None):
        with monkeypatch.context() as unsafe:
            if births is not None:  # only a spilled transaction tells since when names are used
                spilled.append(loader)
                unsafe.setattr(BlockFile, "sync", lambda _: None)
            return committed(loader, made, births=births)

    monkeypatch.setattr(Loader, "commit", commit)
    assert "seed " in fails_somewhere()
    assert spilled


def test_a_new_log_segment_whose_name_is_not_synced_is_found_out(monkeypatch):
    monkeypatch.setattr(RecordingDirectory, "sync", lambda _: None)
    assert "seed " in fails_somewhere()


def test_a_file_whose_sync_does_nothing_is_found_out(monkeypatch):
    monkeypatch.setattr(RecordingFile, "sync", lambda _: None)
    assert "seed " in fails_somewhere()


def test_a_failure_tells_how_to_replay_it(monkeypatch):
    monkeypatch.setattr(SegmentedLog, "sync", lambda *_: None)
    told = fails_somewhere()
    seed = int(told.removeprefix("seed ").split(",")[0])
    with pytest.raises(TortureError) as again:
        torture(seed)
    assert str(again.value) == told
    assert any(f"({cut})" in told for cut in CUTS)

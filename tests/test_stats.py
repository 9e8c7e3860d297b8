"""A run's summary: cells apart, nothing left out unsaid; and what n attempts buy."""

from __future__ import annotations

import pytest
from stats_cells import cell, result, summary

from sampler import stats
from sampler.records import RunManifest, Usage


def test_unscored_attempts_are_left_out_and_counted() -> None:
    """An unscored attempt changes no percentile and no rate; the floor with it as 0 stands beside."""
    found = cell(80, None, 90, 100, None)
    assert (found.n, found.planned, found.scored, found.unscored) == (5, 5, 3, 2)
    assert found.p10 is not None
    assert (found.p10.value, found.p10.attempt) == (80, "01")
    assert found.p10_unscored_as_0 == 0
    assert found.mean == 90
    assert found.pass_rate is not None
    assert (found.pass_rate.k, found.pass_rate.n) == (3, 3)
    assert cell(80, 90).p10_unscored_as_0 is None


def test_nothing_scored() -> None:
    """A cell without a score has counts and no numbers, and is compared with nothing."""
    found = summary([result(1, None), result(2, None), result(1, 80, model="other")])
    first = found.cells[0]
    assert (first.n, first.scored, first.unscored) == (2, 0, 2)
    assert (first.p10, first.best, first.mean, first.pass_rate) == (None, None, None, None)
    assert first.best_of == first.pass_all == ()
    assert first.p10_unscored_as_0 == 0
    assert found.comparisons == ()


def test_unfinished_run() -> None:
    """A run that was stopped is summarized from what there is, and says how much was planned."""
    found = summary([result(3, 80), result(1, 60)], planned=20).cells[0]
    assert (found.n, found.planned, found.scored) == (2, 20, 2)


def test_cells_keep_the_plan_and_are_not_pooled() -> None:
    """Cells come in the manifest's order with their titles, each with its own attempts only."""
    results = [result(2, 10, prompt="b"), result(1, 90), result(1, 20, prompt="b"), result(2, 80)]
    found = summary(results)
    assert [(c.prompt, c.title, c.mean) for c in found.cells] == [("b", "Title of b", 15), ("p", "Title of p", 85)]
    assert found.comparisons == ()
    assert (found.run, found.digest) == ("r", "digest")
    assert found.cells[0].worst is not None
    assert found.cells[0].worst.attempt == "02"


def test_wrong_results_are_refused() -> None:
    """An attempt that stands there twice, or that no cell planned, is an error, not a number."""
    with pytest.raises(ValueError, match="p · m · 01 is there twice"):
        summary([result(1, 5), result(1, 6)])
    manifest = RunManifest(run="r", created_at="", version="0", prompts=(), cells=())
    with pytest.raises(ValueError, match="not planned"):
        stats.summarize(manifest, [result(1, 5)], "")


def test_identical_replies_are_counted() -> None:
    """Replies that are the same to the letter count as one different reply; a failed attempt has none."""
    found = summary([result(1, 5, reply="a"), result(2, 5, reply="a"), result(3, 9, reply="b"), result(4, None)])
    assert found.cells[0].distinct_replies == 2


def test_failure_modes() -> None:
    """Errors and warnings come by count, then graver first, then notes; attempts are those of the check, once each."""
    found = summary(
        [
            result(2, 5, findings=(("too-dark", "warning"), ("page-error", "error"), ("slow-frame", "note"))),
            result(1, 5, findings=(("too-dark", "warning"), ("page-error", "error"), ("slow-frame", "note"))),
            result(3, 5, findings=(("slow-frame", "note"), ("no-canvas", "error"), ("asset-missing", "warning"))),
            result(4, 5, findings=(("asset-missing", "error"), ("asset-missing", "warning"), ("frozen", "warning"))),
        ]
    ).cells[0]
    assert [(mode.check, mode.severity, mode.attempts) for mode in found.failure_modes] == [
        ("asset-missing", "error", ("03", "04")),
        ("page-error", "error", ("01", "02")),
        ("too-dark", "warning", ("01", "02")),
        ("no-canvas", "error", ("03",)),
        ("frozen", "warning", ("04",)),
        ("slow-frame", "note", ("01", "02", "03")),
    ]


def test_cost_and_speed() -> None:
    """Cost is the sum, also per pass; tokens, first token and speed are medians over the attempts that report them."""
    usages = [
        Usage(model_reported="x", cost_usd=0.1, tokens_out=100, seconds=11, seconds_to_first_token=1),
        Usage(model_reported="x", cost_usd=0.2, tokens_out=300, seconds=10),
        Usage(model_reported="x", fingerprint="fp", cost_usd=0.3, tokens_out=None, seconds=0),
    ]
    found = summary([result(n, value, usage=usages[n - 1]) for n, value in [(1, 80), (2, 90), (3, 10)]]).cells[0]
    assert found.cost_usd == pytest.approx(0.6)
    assert found.cost_per_pass_usd == pytest.approx(0.3)
    assert (found.tokens_out, found.seconds_to_first_token, found.tokens_per_second) == (200, 1, 20)
    assert found.models_reported == ("x", "x (fp)")


def test_unknown_cost_is_not_a_smaller_cost() -> None:
    """Where one reply's cost is unknown the cell's is; a failed attempt costs nothing."""
    known, silent = Usage(cost_usd=0.1), Usage()
    assert summary([result(1, 80, usage=known), result(2, 80, usage=silent)]).cells[0].cost_usd is None
    found = summary([result(1, 10, usage=known), result(2, None)]).cells[0]
    assert (found.cost_usd, found.cost_per_pass_usd) == (0.1, None)


def test_what_n_buys() -> None:
    """At n = 20 [worst, best] holds the floor with 88 %; 29 is the first n with 95 %, as the documentation says."""
    twenty = stats.plan(20)
    assert (twenty.rank, twenty.low_rank, twenty.high_rank) == (2, None, 6)
    assert twenty.inside == pytest.approx(0.878, abs=1e-3)
    assert twenty.confidence == pytest.approx(0.9887, abs=1e-4)
    assert twenty.width_share == pytest.approx(0.3)
    assert twenty.miss_rate == pytest.approx(0.139, abs=1e-3)
    assert stats.plan(28).inside < 0.95 <= stats.plan(29).inside
    assert stats.plan(35).low_rank is None
    assert stats.plan(36).low_rank == 1


def test_more_attempts_never_know_less() -> None:
    """Every step of the table holds with 95 %, and more attempts narrow the interval and the misses."""
    rows = stats.table()
    assert all(row.confidence >= 0.95 for row in rows)
    assert [row.width_share for row in rows] == sorted((row.width_share for row in rows), reverse=True)
    assert [row.miss_rate for row in rows] == sorted((row.miss_rate for row in rows), reverse=True)

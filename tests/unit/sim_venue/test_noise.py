"""The numbers under every price: fixed for ever, evenly spread, independent by name."""

from __future__ import annotations

from statistics import correlation, fmean, pstdev

from qe_dashboard.sim_venue.noise import bits, mix, normal, stream, unit


def test_the_mixer_is_splitmix64() -> None:
    # First outputs of the published generator from state 0; they hold on every platform and version.
    golden = 0x9E3779B97F4A7C15
    assert [mix(0), mix(golden), mix(2 * golden)] == [
        0xE220A8397B1DCDAF,
        0x6E789E6AA1B965F4,
        0x06C45D188009454F,
    ]


def test_streams_differ_by_seed_name_and_grouping() -> None:
    keys = {
        stream(7, "AAPL"),
        stream(8, "AAPL"),
        stream(7, "MSFT"),
        stream(7, "ab", "c"),
        stream(7, "a", "bc"),
        stream(7, "a", 1),
        stream(7, "a", 2),
    }
    assert len(keys) == 7


def test_units_fill_the_interval_evenly() -> None:
    values = [unit(bits(stream(7, "u"), index)) for index in range(20_000)]
    assert 0 <= min(values) < 0.001
    assert 0.999 < max(values) < 1
    assert abs(fmean(values) - 0.5) < 0.01


def test_normals_have_mean_zero_and_deviation_one() -> None:
    values = [normal(bits(stream(7, "n"), index)) for index in range(20_000)]
    assert abs(fmean(values)) < 0.02
    assert abs(pstdev(values) - 1) < 0.02
    assert max(map(abs, values)) < 3.5


def test_neighbours_and_streams_are_independent() -> None:
    first = [normal(bits(stream(7, "a"), index)) for index in range(20_000)]
    other = [normal(bits(stream(7, "b"), index)) for index in range(20_000)]
    assert abs(correlation(first, other)) < 0.03
    assert abs(correlation(first[:-1], first[1:])) < 0.03

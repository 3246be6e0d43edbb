"""Window geometry against counting the windows one by one."""

import itertools

import pytest

from jaxcnn._windows import padding_option, pair, positive, spatial, windows


def counted(n, k, s, lo, hi, d):
    """Return how many windows fit, by trying every start."""
    return sum(start + (k - 1) * d < n + hi for start in range(-lo, n + hi, s))


@pytest.mark.parametrize("padding", [(0, 0), (1, 2), (3, 0), (-1, 0), (0, -2)])
def test_the_number_of_windows_is_how_many_fit(padding):
    lo, hi = padding
    for n, k, s, d in itertools.product(range(5, 9), (1, 2, 3), (1, 2, 3), (1, 2)):
        if (expected := counted(n, k, s, lo, hi, d)) > 0:
            found = windows((n, n), k, strides=s, padding=(padding, padding), dilation=d)
            assert found.outputs == (expected, expected), (n, k, s, d)


def test_same_padding_gives_one_window_per_stride_and_the_odd_entry_at_the_end():
    for n, k, s, d in itertools.product(range(1, 9), range(1, 6), range(1, 4), (1, 2)):
        found = windows((n, n), k, strides=s, padding="SAME", dilation=d)
        (lo, hi), _ = found.padding
        assert found.outputs == (-(-n // s),) * 2
        assert hi - lo in (0, 1)


def test_the_two_axes_are_independent():
    found = windows((7, 10), (3, 2), strides=(2, 3), padding=((1, 0), (0, 2)), dilation=(1, 4))
    assert found.outputs == (counted(7, 3, 2, 1, 0, 1), counted(10, 2, 3, 0, 2, 4))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: pair("strides", 0), r"^`strides` must be a positive whole number or a pair of them; got 0\.$"),
        (lambda: pair("window", (2, 0)), r"^`window` must be .*; got \(2, 0\)\.$"),
        (lambda: pair("window", (2, 2, 2)), r"pair of them; got \(2, 2, 2\)"),
        (lambda: pair("dilation", 1.5), r"^`dilation` must be a positive whole number .* got 1\.5"),
        (lambda: pair("window", True), "got True"),
        (lambda: positive("features", -3), r"^`features` must be a positive whole number; got -3\.$"),
        (lambda: positive("features", "4"), "got '4'"),
        (lambda: padding_option("same"), r"^`padding` must be 'SAME', 'VALID' or .*; got 'same'\.$"),
        (lambda: padding_option(2), "whole numbers; got 2"),
        (lambda: padding_option(((1, 1), (0.5, 0))), r"whole numbers; got \(\(1, 1\), \(0\.5, 0\)\)"),
        (lambda: windows((3, 9), 4), r"one that covers \(4, 4\) does not fit into \(3, 9\) padded by"),
        (lambda: spatial("inputs", (8, 28, 28)), r"^`inputs` must have shape \(batch, height, width, channels\); got"),
    ],
)
def test_a_malformed_option_is_named_and_shown(call, message):
    with pytest.raises(ValueError, match=message):
        call()

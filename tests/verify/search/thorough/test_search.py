"""Claims of parity, and of one fact where the tests beside this folder search for claims of two."""

import numpy as np

import verify
from tests.verify.search.test_search import FEW, LONG, check_padding, claim, size
from verify import strategies as vs


def check_parity(make, said):
    problems = vs.conv_problems(strides=[(1, 1)], padding=["VALID"], dilation=None, groups=None, **FEW)
    report = verify.search(make, problems, max_examples=25, budget=LONG)
    assert said in claim(report)
    return report


def test_a_rule_that_is_wrong_only_for_kernels_of_even_width_is_told_so(conv_maker):
    make = conv_maker(lambda strides, padding, kernel: kernel[1] % 2 == 0)
    check_parity(make, "fails iff kernel width is even (it fails with 2, 4 and")


def test_a_rule_that_is_wrong_under_one_padding_only_is_told_so(conv_maker):
    make = conv_maker(lambda strides, padding, kernel: padding == "SAME")
    check_padding(make, "fails iff padding = 'SAME' (it fails with 'SAME' and")


def test_a_rule_that_is_wrong_only_for_even_kernels_is_shrunk_to_two_taps_and_the_parity_named(conv_maker):
    make = conv_maker(lambda strides, padding, kernel: kernel[0] % 2 == 0 or kernel[1] % 2 == 0)
    images, kernel = size(check_parity(make, "fails iff some entry of (kernel height and kernel width) is even"))
    assert kernel == (1, 2, 1, 1)
    assert np.prod(images) <= 2

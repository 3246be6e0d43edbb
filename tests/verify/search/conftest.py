"""A convolution whose rule is wrong where a test says so."""

from collections.abc import Callable
from typing import Any

import jax
import pytest
from jax import lax


@pytest.fixture(scope="session")
def conv_maker() -> Callable[..., Any]:
    """Return `maker(wrong)`: a `make` whose rule doubles d_images where `wrong(strides, padding, kernel shape)`."""

    def maker(wrong: Callable[..., bool]) -> Callable[..., Any]:
        def make(strides: Any = (1, 1), padding: Any = "VALID", dilation: Any = (1, 1), groups: int = 1) -> Any:
            def conv(images: Any, kernel: Any) -> Any:
                return lax.conv_general_dilated(
                    images,
                    kernel,
                    strides,
                    padding,
                    rhs_dilation=dilation,
                    feature_group_count=groups,
                    dimension_numbers=("NHWC", "HWIO", "NHWC"),
                )

            def backward(saved: Any, g: Any) -> Any:
                d_images, d_kernel = jax.vjp(conv, *saved)[1](g)
                return (2 * d_images if wrong(strides, padding, saved[1].shape) else d_images), d_kernel

            ruled = jax.custom_vjp(conv)
            ruled.defvjp(lambda images, kernel: (conv(images, kernel), (images, kernel)), backward)
            return ruled

        return make

    return maker

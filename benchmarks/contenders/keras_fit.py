"""Keras 3 on TensorFlow: `model.fit` on arrays in memory."""

from __future__ import annotations

import os
from collections.abc import Callable

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from benchmarks.contenders.cases import RATES, Case
from jaxcnn.layers import Conv, Dense, Flatten, MaxPool
from jaxcnn.network import Network


def make(case: Case) -> Callable[[int], None]:
    pixels, labels = case.data()
    images = pixels.astype(np.float32) / 255
    models = [model(network, case.shape) for network in case.members.values()]
    kind = {"sgd": keras.optimizers.SGD, "adam": keras.optimizers.Adam}[case.optimizer]
    for one in models:
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        one.compile(kind(RATES[case.optimizer]), loss)

    def run(count: int) -> None:
        examples = min(count * case.batch, len(images))
        for one in models:
            one.fit(
                images[:examples], labels[:examples], case.batch, epochs=-(-count * case.batch // examples), verbose=0
            )

    return run


def model(network: Network, shape: tuple[int, ...]) -> keras.Model:
    parts = [keras.Input(shape)]
    for layer in network:
        if isinstance(layer, Conv):
            parts.append(keras.layers.Conv2D(layer.features, layer.kernel_size, padding=layer.padding.lower()))
        elif isinstance(layer, Dense):
            parts.append(keras.layers.Dense(layer.features))
        elif isinstance(layer, MaxPool):
            parts.append(keras.layers.MaxPooling2D(layer.window))
        else:
            parts.append(keras.layers.Flatten() if isinstance(layer, Flatten) else keras.layers.Activation(layer.op))
    return keras.Sequential(parts)

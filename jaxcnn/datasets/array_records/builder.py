"""A builder for tensorflow-datasets that needs no TensorFlow: images as plain tensors, files read by our own readers.

Its own builders of these data sets need TensorFlow to unpack gzip and to encode `Image` features.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow_datasets as tfds

from jaxcnn.datasets.array_records import VERSION
from jaxcnn.datasets.catalogue import CATALOGUE
from jaxcnn.datasets.dataset import SPLITS
from jaxcnn.datasets.original import read_original


class JaxcnnImages(tfds.core.GeneratorBasedBuilder):
    """One configuration for every data set in the catalogue; `manual_dir` holds the original files."""

    VERSION = tfds.core.Version(VERSION)
    BUILDER_CONFIGS = [tfds.core.BuilderConfig(name=s.name, description=s.title) for s in CATALOGUE.values()]  # noqa: RUF012
    MANUAL_DOWNLOAD_INSTRUCTIONS = "The original files; `jaxcnn data prepare NAME` fetches them."

    def _info(self) -> Any:
        source = CATALOGUE[self.builder_config.name]
        features = {
            # As bytes: the default writes each pixel as a number of its own, a fifth longer and three times slower.
            "image": tfds.features.Tensor(shape=source.shape, dtype=np.uint8, encoding="bytes"),
            "label": tfds.features.ClassLabel(names=list(source.classes)),
        }
        return tfds.core.DatasetInfo(
            builder=self,
            description=source.title,
            features=tfds.features.FeaturesDict(features),
            supervised_keys=("image", "label"),
            disable_shuffling=True,  # the original order
            license=source.licence,
            homepage=source.url,
        )

    def _split_generators(self, dl_manager: Any) -> dict[str, Iterator[tuple[int, dict[str, Any]]]]:
        return {split: self._generate_examples(Path(dl_manager.manual_dir), split) for split in SPLITS}

    def _generate_examples(self, folder: Path, split: str) -> Iterator[tuple[int, dict[str, Any]]]:
        dataset = read_original(CATALOGUE[self.builder_config.name], split, folder)
        for row, (image, label) in enumerate(zip(dataset.images, dataset.labels, strict=True)):
            yield row, {"image": image, "label": int(label)}

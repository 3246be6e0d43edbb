"""Variations of training images, as pure functions of an image and a random key."""

from jaxcnn.training.augmentation.augmentation import Augmentation as Augmentation
from jaxcnn.training.augmentation.augmentation import augmented as augmented

"""Convolutions and poolings as matrices, in closed form."""

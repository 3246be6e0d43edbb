"""Measurements of the checker."""

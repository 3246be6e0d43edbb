"""Figures of what was found: one file each, a function from numbers to a matplotlib figure (extra `plots`)."""

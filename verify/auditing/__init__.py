"""Auditing: every custom rule inside a program is found, captured with the values that arrive there, and checked."""

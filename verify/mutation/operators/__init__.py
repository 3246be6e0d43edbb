"""The mutation operators, a file for each kind of mistake: each maps an equation to wrong ways of evaluating it."""

from verify.mutation.operators import arithmetic, axes, decisions, results, windows
from verify.mutation.operators._operator import Operator as Operator

OPERATORS: tuple[Operator, ...] = (
    *results.OPERATORS,
    *arithmetic.OPERATORS,
    *decisions.OPERATORS,
    *axes.OPERATORS,
    *windows.OPERATORS,
)

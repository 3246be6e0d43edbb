"""How many planted gradient faults does a check notice? Edits of the backward's jaxpr, one at a time."""

from verify.mutation.mutant import Mutant as Mutant
from verify.mutation.operators import OPERATORS as OPERATORS
from verify.mutation.operators import Operator as Operator
from verify.mutation.score import Check as Check
from verify.mutation.score import Mutants as Mutants
from verify.mutation.score import MutationScore as MutationScore
from verify.mutation.score import judge as judge
from verify.mutation.score import mutants as mutants
from verify.mutation.score import mutation_score as mutation_score

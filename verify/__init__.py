"""verify: is this derivative right, and if not, what exactly is wrong with it?"""

import importlib
from typing import Any

from verify._render import reports_html as reports_html
from verify.checks import check_backward as check_backward
from verify.checks import check_rule as check_rule
from verify.domain import Domain as Domain
from verify.mutation import MutationScore as MutationScore
from verify.mutation import mutation_score as mutation_score
from verify.report import Diagnosis as Diagnosis
from verify.report import Finding as Finding
from verify.report import Report as Report
from verify.report import VerificationError as VerificationError
from verify.searching.configuration import configurations as configurations
from verify.searching.search import search as search


def __getattr__(name: str) -> Any:
    """Import `verify.strategies` at its first use: it needs Hypothesis, which is optional."""
    if name == "strategies":
        return importlib.import_module("verify.strategies")
    raise AttributeError(f"module 'verify' has no attribute {name!r}")

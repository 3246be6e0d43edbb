"""verify: is this derivative right, and if not, what exactly is wrong with it?"""

import importlib
from typing import Any

from verify._render import reports_html as reports_html
from verify.auditing.audit import audit as audit
from verify.checks import check_backward as check_backward
from verify.checks import check_rule as check_rule
from verify.domain import Domain as Domain
from verify.jacobian.checks import check_jacobian as check_jacobian
from verify.linear.checks import check_adjoint as check_adjoint
from verify.linear.checks import check_equivariance as check_equivariance
from verify.linear.checks import check_linear as check_linear
from verify.linear.probing import as_matrix as as_matrix
from verify.matrices.affine import Affine as Affine
from verify.matrices.convolution import conv_matrix as conv_matrix
from verify.matrices.maps import LinearMap as LinearMap
from verify.matrices.pooling import pool_matrix as pool_matrix
from verify.matrices.stages import MaxStage as MaxStage
from verify.matrices.stages import max_pool_stages as max_pool_stages
from verify.mutation import MutationScore as MutationScore
from verify.mutation import mutation_score as mutation_score
from verify.report import AuditedRule as AuditedRule
from verify.report import Diagnosis as Diagnosis
from verify.report import Finding as Finding
from verify.report import Report as Report
from verify.report import VerificationError as VerificationError
from verify.scanning.report import ScanReport as ScanReport
from verify.scanning.scan import scan as scan
from verify.searching.configuration import configurations as configurations
from verify.searching.search import search as search
from verify.searching.sweep import sweep as sweep
from verify.sparse import sparse_hessian as sparse_hessian
from verify.sparse import sparse_jacobian as sparse_jacobian
from verify.spectra.circular import circular_singular_values as circular_singular_values
from verify.spectra.frobenius import frobenius_norm as frobenius_norm
from verify.spectra.norm import NormInterval as NormInterval
from verify.spectra.norm import norm_interval as norm_interval


def __getattr__(name: str) -> Any:
    """Import `verify.strategies` at its first use: it needs Hypothesis, which is optional."""
    if name == "strategies":
        return importlib.import_module("verify.strategies")
    raise AttributeError(f"module 'verify' has no attribute {name!r}")

"""verify: is this derivative right, and if not, what exactly is wrong with it?"""

from verify._render import reports_html as reports_html
from verify.checks import check_backward as check_backward
from verify.checks import check_rule as check_rule
from verify.domain import Domain as Domain
from verify.report import Diagnosis as Diagnosis
from verify.report import Finding as Finding
from verify.report import Report as Report
from verify.report import VerificationError as VerificationError

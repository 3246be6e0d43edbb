"""The hand rules and whole networks of this package on trial, by `verify`, at configurations and real digits."""

from jaxcnn.verification.cases import CASES as CASES
from jaxcnn.verification.cases import Case as Case
from jaxcnn.verification.demonstration import Progress as Progress
from jaxcnn.verification.demonstration import train as train
from jaxcnn.verification.jacobians import JacobianRow as JacobianRow
from jaxcnn.verification.jacobians import seven_rows as seven_rows
from jaxcnn.verification.networks import NETWORKS as NETWORKS
from jaxcnn.verification.networks import Digits as Digits
from jaxcnn.verification.networks import exact_report as exact_report
from jaxcnn.verification.networks import float_report as float_report
from jaxcnn.verification.suite import Row as Row
from jaxcnn.verification.suite import Trial as Trial
from jaxcnn.verification.suite import trials as trials

"""The folder that the report of the tiny lab was written to; written once."""

import pytest

from jaxcnn.labs.render.output import write_report
from tests.jaxcnn.labs._tiny import LAB, Config


@pytest.fixture(scope="session")
def folder(report, tmp_path_factory):
    out = tmp_path_factory.mktemp("reports") / "tiny"
    write_report(LAB, Config(), report, out)
    return out

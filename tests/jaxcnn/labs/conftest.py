"""The report of the tiny lab; computed once."""

import pytest

from tests.jaxcnn.labs._tiny import LAB, Config


@pytest.fixture(scope="session")
def report():
    return LAB.run(Config(data_dir="/somewhere/private"))

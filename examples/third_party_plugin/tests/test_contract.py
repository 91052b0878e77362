"""genbench's own conformance suite: what it finds is told with how to mend it."""

from genbench.testing import check_model


def test_coupling_flow_keeps_the_contract():
    check_model("coupling_flow")

"""Does the model keep genbench's contract? What does not is told with how to mend it."""

from genbench.testing import check_model


def test_my_model_keeps_the_contract():
    check_model("my_model")

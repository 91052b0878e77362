"""JUnit XML as the schema of Jenkins' xUnit plugin (junit-10.xsd) has it, retold here: elements and attributes."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from genbench.check.reports import junit

CHILDREN = {
    "testsuites": {"testsuite"},
    "testsuite": {"testsuite", "properties", "testcase", "system-out", "system-err"},
    "testcase": {"skipped", "error", "failure", "system-out", "system-err"},
    "properties": {"property"},
}
ATTRIBUTES = {  # allowed, and of these required
    "testsuites": ({"name", "time", "tests", "failures", "errors"}, set()),
    "testsuite": (
        {"name", "tests", "failures", "errors", "time", "skipped", "timestamp", "hostname", "id", "package"},
        {"name", "tests", "failures", "errors"},
    ),
    "testcase": ({"name", "time", "classname", "group"}, {"name"}),
    "property": ({"name", "value"}, {"name", "value"}),
    **{name: ({"type", "message"}, set()) for name in ("skipped", "error", "failure")},
}
SECONDS = re.compile(r"[0-9]*\.[0-9]*")


@pytest.mark.parametrize("which", ["checked", "passed", "hostile"])
def test_it_is_by_the_schema(request, which) -> None:
    """Kills: properties of a case, `skipped` on the root, an XML that holds a control character."""
    root = ElementTree.fromstring(junit.text(request.getfixturevalue(which)).encode())
    assert root.tag == "testsuites"
    for element in root.iter():
        allowed, required = ATTRIBUTES.get(element.tag, (set(), set()))
        assert required <= set(element.attrib) <= allowed, element.tag
        assert {child.tag for child in element} <= CHILDREN.get(element.tag, set()), element.tag
        assert SECONDS.fullmatch(element.get("time", "0."))


def test_the_counts_are_those_of_the_cases(checked) -> None:
    """Kills: INCONCLUSIVE as a failure, what is only reported as a case."""
    root = ElementTree.fromstring(junit.text(checked).encode())
    for suite in root:
        cases = suite.findall("testcase")
        assert int(suite.get("tests")) == len(cases)
        assert int(suite.get("failures")) == len(suite.findall("testcase/failure"))
        assert int(suite.get("skipped")) == len(suite.findall("testcase/skipped"))
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("7", "2", "0")
    assert [each.get("type") for each in root.iter("skipped")] == ["INCONCLUSIVE(host bias)", "INCONCLUSIVE"]
    assert [each.get("type") for each in root.iter("failure")] == ["FAIL", "FAIL(missing)"]
    assert "only reported:\nsetup: FAIL" in root.find("testsuite/system-out").text

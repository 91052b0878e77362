"""A check as JUnit XML, by the schema of Jenkins' xUnit plugin, which is the narrowest of its readers.

INCONCLUSIVE is `skipped`: a reader that gates takes `error` for a failure, and that would be a false alarm with no
error rate; a green case would be a promise that the numbers do not make. The gate is the exit code, 3 by default.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree

from genbench.check.reports import remarks, wording
from genbench.escaping import plain

if TYPE_CHECKING:
    from genbench.check.findings import Checked, Finding

TAGS = {"FAIL": "failure", "INCONCLUSIVE": "skipped"}


def text(checked: Checked) -> str:
    """Return a suite for every model and data set, with a case for every gated comparison.

    What is only reported is no case, since it cannot fail; it stands in the suite's output.
    """
    root = ElementTree.Element("testsuites", name="genbench check", time=f"{checked.seconds:.3f}")
    for name, found in wording.grouped(checked.findings):
        _suite(root, name, found, checked)
    gated = checked.gated
    root.set("tests", str(len(gated)))
    root.set("failures", str(sum(each.verdict == "FAIL" for each in gated)))
    root.set("errors", "0")
    ElementTree.indent(root)
    content: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return content.decode() + "\n"


def _suite(root: ElementTree.Element, name: str, found: list[Finding], checked: Checked) -> None:
    gated = [each for each in found if each.is_gated]
    counts = {tag: sum(each.verdict == verdict for each in gated) for verdict, tag in TAGS.items()}
    suite = ElementTree.SubElement(
        root, "testsuite", name=name, tests=str(len(gated)), failures=str(counts["failure"]), errors="0",
        skipped=str(counts["skipped"]), timestamp=checked.started,
    )  # fmt: skip
    properties = ElementTree.SubElement(suite, "properties")
    for key, value in _facts(checked).items():
        ElementTree.SubElement(properties, "property", name=key, value=plain(value))
    for each in gated:
        _case(suite, each)
    if reported := [_line(each) for each in found if not each.is_gated]:
        ElementTree.SubElement(suite, "system-out").text = "\n".join(["only reported:", *reported])


def _case(suite: ElementTree.Element, finding: Finding) -> None:
    gate = finding.gate
    classname = f"genbench.{plain(gate.model, 60)}.{plain(gate.data, 60)}"
    case = ElementTree.SubElement(suite, "testcase", classname=classname, name=plain(gate.measure, 60))
    tag = TAGS.get(finding.verdict)
    if tag is not None:
        kind = finding.verdict if not finding.reason else f"{finding.verdict}({plain(finding.reason, 60)})"
        ElementTree.SubElement(case, tag, type=kind, message=wording.sentence(finding))
    ElementTree.SubElement(case, "system-out").text = "\n".join([_line(finding), *map(plain, finding.notes)])


def _line(finding: Finding) -> str:
    facts = (f"{plain(finding.gate.measure, 60)}: {finding.verdict}", wording.sentence(finding))
    return "; ".join([*facts, *filter(None, [wording.evidence(finding)])])


def _facts(checked: Checked) -> dict[str, str]:
    facts = {
        "baseline": f"{checked.baseline} {checked.baseline_digest}",
        "against": checked.against or "the stored baseline",
        "rules from": checked.rules_from or "the working tree",
        "seed": str(checked.seed),
        "verdict": remarks.verdict_line(checked),
    }
    return facts | ({} if checked.host is None else {"host": remarks.host(checked.host)})

"""The checks of one model on one kind of task, one after another, written down as they begin and end."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from genbench import plugins
from genbench.engines.call import PHASE, PHASES
from genbench.errors import GenbenchError
from genbench.escaping import plain, told
from genbench.testing.checks import CHECKS, Check
from genbench.testing.findings import Finding
from genbench.testing.flaws import Flaw, Inapplicable, Note
from genbench.testing.ledger import DONE, STOPPED, Conform, Ledger
from genbench.testing.stand import Stand

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableSequence

FIRST = {each.name for each in CHECKS if each.is_first}


def main(payload: str, beat: MutableSequence[int]) -> str:
    """Do what is not done yet; a `Conform` in, `DONE` or `STOPPED` out, and what was found in the ledger."""
    asked = Conform.model_validate_json(payload)
    torch.set_num_threads(1)
    ledger = Ledger(asked.folder)
    done = ledger.names
    if any(each.check in FIRST and each.state == "fail" for each in ledger.findings):
        return STOPPED
    stand = _stand(asked.name, asked.place, asked.folder, asked.device)
    for number, each in enumerate(_chosen(is_slow=asked.is_slow, is_apart=asked.is_apart)):
        if each.name in done:
            continue
        beat[PHASE] = PHASES.index(("build", "sample")[number % 2])  # to who watches, each check begins anew
        ledger.begin(each, asked.place)
        finding = examine(each, stand)
        ledger.end(finding)
        if finding.state == "fail" and each.name in FIRST:
            return STOPPED
    return DONE


def examine_all(name: str, place: str, *, is_slow: bool) -> Iterator[Finding]:
    """Do all checks on one kind of task in this process, those too that ask for another."""
    with tempfile.TemporaryDirectory(prefix="genbench-testing-") as folder:
        for is_apart in (False, True):
            stand = _stand(name, place, Path(folder), "cpu")
            yield from (examine(each, stand) for each in _chosen(is_slow=is_slow, is_apart=is_apart))


def examine(each: Check, stand: Stand) -> Finding:
    """Do one check; whatever the model raises is a finding."""
    start = time.perf_counter()

    def finding(state: str, found: str = "", expected: str = "", fix: str = "") -> Finding:
        return Finding(
            check=each.name,
            place=stand.place,
            state=state,  # type: ignore[arg-type]
            found=plain(found, 900),
            expected=expected,
            fix=fix,
            seconds=time.perf_counter() - start,
        )

    try:
        each.run(stand)
    except Inapplicable as reason:
        return finding("skip", str(reason))
    except Note as note:
        return finding("note", str(note))
    except Flaw as flaw:
        return finding("fail", str(flaw), flaw.expected or each.expects, flaw.fix or each.fix)
    except GenbenchError as error:
        return finding("fail", str(error), each.expects, each.fix)
    except Exception as error:
        return finding("fail", told(error), each.expects, each.fix)
    return finding("ok")


def _stand(name: str, place: str, folder: Path, device: str) -> Stand:
    valid = plugins.validate(plugins.load(plugins.find(name)))
    return Stand(valid, place, device=torch.device(device), folder=folder)


def _chosen(*, is_slow: bool, is_apart: bool) -> list[Check]:
    return [each for each in CHECKS if each.is_apart == is_apart and (is_slow or not each.is_slow)]

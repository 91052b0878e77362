"""Who is next: in the order of asking, exclusive calls alone and never overtaken, makers asked at the last moment."""

from __future__ import annotations

from genbench.engines import Call
from genbench.engines.waiting import MOST_PATIENT, Entry, Waiting


def _entry(name: str, **changes: bool) -> Entry:
    return Entry(call=Call(name=name, function="", payload="", **changes), done=print)


def _later(
    name: str | None, made: list[str | None], *, alone: bool = False, bound: bool = False, **call: bool
) -> Entry:
    def make() -> Call | None:
        made.append(name)
        return None if name is None else Call(name=name, function="", payload="", **call)

    return Entry(make=make, done=print, is_alone=alone, needs_device=bound)


def _take(waiting: Waiting, *, is_idle: bool = True, has_device: bool = True, workers: int = 2) -> str | None:
    entry = waiting.take(is_idle=is_idle, has_device=lambda size: has_device, workers=workers)
    return None if entry is None else entry.call.name


def _waiting(*entries: Entry) -> Waiting:
    waiting = Waiting()
    for entry in entries:
        waiting.put(entry)
    return waiting


def test_first_come_first_served_but_for_what_is_put_first() -> None:
    waiting = _waiting(_entry("a"), _entry("b"))
    waiting.put(_entry("c"), first=True)
    assert [_take(waiting) for _ in range(4)] == ["c", "a", "b", None]


def test_what_is_exclusive_is_not_overtaken() -> None:
    """Kills: calls behind an exclusive one that start while others run, so that its turn never comes."""
    waiting = _waiting(_entry("alone", is_exclusive=True), _entry("b"))
    assert _take(waiting, is_idle=False) is None
    assert [_take(waiting), _take(waiting, is_idle=False)] == ["alone", "b"]


def test_a_maker_is_asked_when_its_turn_has_come() -> None:
    """Kills: making calls when they are queued; a maker of nothing that ends the queue."""
    made: list[str | None] = []
    waiting = _waiting(_entry("a"), _later(None, made), _later("b", made), _later("c", made))
    assert _take(waiting) == "a"
    assert made == []
    assert _take(waiting) == "b"
    assert made == [None, "b"]
    assert len(waiting) == 1


def test_a_lone_maker_is_asked_when_nothing_runs() -> None:
    """Kills: `alone` that is forgotten once the call is made."""
    made: list[str | None] = []
    waiting = _waiting(_later("a", made, alone=True))
    assert _take(waiting, is_idle=False) is None
    assert made == []
    entry = waiting.take(is_idle=True, has_device=lambda size: True)
    assert entry.call.is_exclusive


def test_a_made_call_may_turn_out_to_have_to_wait() -> None:
    """Kills: an exclusive call that starts beside others, because nobody knew before it was made."""
    made: list[str | None] = []
    waiting = _waiting(_later("a", made, is_exclusive=True), _entry("b"))
    assert _take(waiting, is_idle=False) is None
    assert made == ["a"]
    assert [_take(waiting), _take(waiting)] == ["a", "b"]
    assert made == ["a"]


def test_calls_that_need_no_device_pass_those_that_wait_for_one() -> None:
    """Kills: workers that idle while a device is busy; makers that are asked behind one that waits."""
    made: list[str | None] = []
    waiting = _waiting(_entry("gpu", needs_device=True), _later("later", made), _entry("cpu"))
    assert _take(waiting, has_device=False) == "cpu"
    assert _take(waiting, has_device=False) is None
    assert made == []
    assert [_take(waiting), _take(waiting)] == ["gpu", "later"]


def test_a_maker_that_says_it_needs_a_device_is_asked_when_one_is_free() -> None:
    made: list[str | None] = []
    waiting = _waiting(_later("gpu", made, bound=True))
    assert _take(waiting, has_device=False) is None
    assert made == []
    assert _take(waiting) == "gpu"


def test_an_exclusive_call_is_not_passed_even_behind_one_that_waits_for_a_device() -> None:
    waiting = _waiting(_entry("gpu", needs_device=True), _entry("alone", is_exclusive=True), _entry("cpu"))
    assert _take(waiting, is_idle=False, has_device=False) is None


def test_what_is_patient_lets_lone_calls_pass_until_it_can_run_beside_its_like() -> None:
    """Kills: judges that run one by one between trials that are alone on the machine."""
    waiting = _waiting(_entry("trial 2", is_exclusive=True), _entry("trial 3", is_exclusive=True))
    waiting.put(_entry("judge 1", is_patient=True), first=True)
    assert _take(waiting) == "trial 2"
    waiting.put(_entry("judge 2", is_patient=True), first=True)
    assert [_take(waiting), _take(waiting, is_idle=False)] == ["judge 2", "judge 1"]
    assert _take(waiting) == "trial 3"
    waiting.put(_entry("judge 3", is_patient=True), first=True)
    assert _take(waiting) == "judge 3"  # nothing is left to wait for


def test_patience_has_an_end() -> None:
    """Kills: sixty judges that wait on a machine of sixty-four cores, all lost when it dies; patience of one worker."""
    waiting = _waiting(*(_entry(f"trial {k}", is_exclusive=True) for k in range(9)))
    for number in range(MOST_PATIENT):
        assert _take(waiting, workers=64) == f"trial {number}"
        waiting.put(_entry(f"judge {number}", is_patient=True), first=True)
    assert _take(waiting, workers=64) == f"judge {MOST_PATIENT - 1}"
    assert _take(waiting, workers=1) == f"judge {MOST_PATIENT - 2}"


def test_what_fits_a_device_is_asked_of_each_call() -> None:
    """Kills: one answer for all, by which a large call starts where there is room for a small one."""
    waiting = _waiting(_entry("all", needs_device=True), _entry("small", needs_device=True, device_bytes=5))
    room = [None, 5]
    entry = waiting.take(is_idle=False, has_device=lambda size: size in room[1:])
    assert entry.call.name == "small"
    made: list[str | None] = []
    waiting = _waiting(_later("later", made, bound=True))
    assert waiting.take(is_idle=True, has_device=lambda size: size == 5) is None
    waiting = _waiting(Entry(make=lambda: None, done=print, needs_device=True, device_bytes=5))
    assert waiting.take(is_idle=True, has_device=lambda size: size == 5) is None
    assert not waiting

from __future__ import annotations

from genbench.record import Overrun
from genbench.tables.blocks import blocks
from genbench.tables.spend import spend


def _spend(built, *spends, status="OK"):
    records = [built.record(built.trial("vae", seed), spend=each, status=status) for seed, each in enumerate(spends)]
    (block,) = blocks(records, {}, run="r")
    return spend(block)


def test_every_currency_is_there(built):
    over = Overrun(examples=128, seconds=0.2)
    cells = _spend(built, built.spend(overrun=over)).frame.loc["vae"]
    shown = [" | ".join(cell.lines) for cell in cells]
    assert shown == ["614,400", "4800", "decoder 4800 | encoder 4800", "12.4", "210 G", "128", ".200"]


def test_seeds_that_differ_show_their_range(built):
    """Kills: only the first seed shown."""
    sheet = _spend(built, *(built.spend(seconds=seconds) for seconds in (10.0, 12.0, 20.0)))
    assert sheet.frame.loc["vae", "seconds"].lines == ("12.0", "[10.0, 20.0]")


def test_shared_seconds_are_marked(built):
    assert _spend(built, built.spend(is_shared=True)).titles["seconds"] == "seconds (shared)"
    assert _spend(built, built.spend()).titles["seconds"] == "seconds"


def test_updates_that_nobody_saw_are_unobserved(built):
    """Kills: unobserved as 0."""
    seen, unseen = {"net": 4800}, {"net": "unobserved"}
    sheet = _spend(built, built.spend(updates=seen), built.spend(updates=unseen))
    assert sheet.frame.loc["vae", "updates"].lines == ("net unobserved",)


def test_many_networks_are_cut(built):
    sheet = _spend(built, built.spend(updates={f"net{index:02d}": 1 for index in range(20)}))
    assert sheet.frame.loc["vae", "updates"].lines[-1] == "… and 12 more"


def test_a_model_that_only_failed_shows_what_that_cost(built):
    assert _spend(built, built.spend(), status="DIVERGED").frame.loc["vae", "steps"].value == 4800
    assert _spend(built, None, status="CRASHED(SIGSEGV)").frame.loc["vae", "steps"].status == "not measured"

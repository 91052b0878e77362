"""Each bad plugin has the one fault that it is named after, and no other that would hide it."""

from __future__ import annotations

import pytest

from genbench import plugins
from genbench.errors import ContractError, PluginImportError

pytestmark = pytest.mark.usefixtures("importable")

BROKEN = {
    "missing_sample": "no hook `sample`",
    "misspelt": "no hook 'smaple'; did you mean 'sample'?",
    "generator_train": "`train`: is a generator",
    "specname": "`fit`: specname is not allowed",
    "default_argument": "argument batches has a default",
    "keyword_only": "is keyword-only",
    "unknown_argument": "unknown argument epochs",
}
FAULTS = {"misspelt": 2, "specname": 2}  # with a hook under another name the hook itself is missing


def _validated(name: str) -> plugins.ValidPlugin:
    return plugins.validate(plugins.load(plugins.find(name)))


@pytest.mark.parametrize("name", BROKEN)
def test_contract(name: str) -> None:
    with pytest.raises(ContractError) as caught:
        _validated(name)
    assert BROKEN[name] in str(caught.value)
    assert str(caught.value).startswith(f"genbench-badplugins 0.2 [{name}]")
    assert len(caught.value.reason.split("; `")) <= FAULTS.get(name, 1)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("import_error", "ModuleNotFoundError: No module named 'a_module_that_nobody_has_installed'"),
        ("import_syntax", "SyntaxError: '(' was never closed"),
        ("import_exits", "SystemExit: 0"),
        ("import_interrupts", "KeyboardInterrupt"),
    ],
)
def test_import(name: str, said: str) -> None:
    with pytest.raises(PluginImportError) as caught:
        _validated(name)
    assert said in str(caught.value)


@pytest.mark.usefixtures("importable")
def test_the_others_are_sound_until_they_run() -> None:
    names = [plugin.name for plugin in plugins.find_all() if plugin.distribution == "genbench-badplugins 0.2"]
    assert len(names) == 46
    for name in {name for name in names if not name.startswith("import_")} - set(BROKEN):
        assert {"build", "train", "sample", "kinds"} <= set(_validated(name).hooks)

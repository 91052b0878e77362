"""Plugins are found without importing, loaded with the culprit named, and refused when they break the contract."""

from __future__ import annotations

import sys
import types
from dataclasses import replace
from functools import partial
from importlib import metadata

import pytest

from genbench import hookimpl, plugins
from genbench.errors import ContractError, PluginImportError, UnknownName, UsageError
from genbench.hooks import ModelHooks
from genbench.meter import Meter
from genbench.plugins import LoadedPlugin, Plugin


def _loaded(**functions):
    module = types.ModuleType("toy")
    good = {"build": lambda task: None, "train": lambda model, batches: None, "sample": lambda model, count: None}
    for name, function in (good | functions).items():
        if function is not None:
            setattr(module, name, function if hasattr(function, "genbench_impl") else hookimpl(function))
    return LoadedPlugin(Plugin("toy", "toy", "genbench-toy 0.2"), module)


def _refused(**functions) -> str:
    with pytest.raises(ContractError) as error:
        plugins.validate(_loaded(**functions))
    assert str(error.value).startswith("genbench-toy 0.2 [toy]: ")
    return str(error.value)


def test_a_good_plugin_passes() -> None:
    assert plugins.validate(_loaded()).hooks == ("build", "train", "sample")
    assert plugins.validate(_loaded(card=lambda: {"paper": "x"})).hooks == ("build", "train", "sample", "card")


def test_a_missing_hook() -> None:
    assert "no hook `sample`" in _refused(sample=None)


def test_a_hook_that_is_not_marked() -> None:
    loaded = _loaded(train=None)
    loaded.module.train = lambda model, batches: None
    with pytest.raises(ContractError, match="mark the function train with @hookimpl"):
        plugins.validate(loaded)


def test_a_misspelt_hook() -> None:
    assert "did you mean 'sample'?" in _refused(smaple=lambda model, count: None)


def test_a_generator_function() -> None:
    def train(model, batches):
        yield

    async def sample(model, count):
        return None

    assert "generator" in _refused(train=train)
    assert "coroutine" in _refused(sample=sample)


def test_specname() -> None:
    assert "specname" in _refused(fit=hookimpl(specname="train")(lambda model, batches: None))


def test_a_wrapper() -> None:
    assert "wrapper" in _refused(train=hookimpl(wrapper=True)(lambda model: None))


def test_arguments() -> None:
    assert "has a default" in _refused(train=lambda model, batches=None: None)
    assert "keyword-only" in _refused(train=lambda model, *, batches: None)
    assert "variadic" in _refused(train=lambda **kwargs: None)
    assert "unknown argument data" in _refused(train=lambda model, data: None)


def test_all_problems_are_told_at_once() -> None:
    told = _refused(sample=None, train=lambda model, batches=None: None)
    assert "no hook `sample`" in told
    assert "has a default" in told


def test_built_in_models_come_in_by_the_front_door() -> None:
    assert {"vae", "gan"} <= {plugin.name for plugin in plugins.find_all()}


def test_an_unknown_name_is_guessed() -> None:
    with pytest.raises(UnknownName, match="no model 'vea'; did you mean 'vae'"):
        plugins.find("vea")


def _entries(monkeypatch, *entries):
    monkeypatch.setattr(metadata, "entry_points", lambda group: entries)


class _Entry:
    def __init__(self, name, value, owner) -> None:
        self.name, self.value = name, value
        self.dist = types.SimpleNamespace(metadata={"Name": owner}, version="1.0")


def test_two_distributions_with_one_name(monkeypatch) -> None:
    """Kills: taking the first of two in silence, as pluggy's loader does."""
    _entries(monkeypatch, _Entry("twin", "a.twin", "first"), _Entry("twin", "b.twin", "second"))
    with pytest.raises(UsageError, match=r"first 1.0 \(a.twin\) and second 1.0 \(b.twin\)"):
        plugins.find("twin")


def test_one_distribution_listed_twice_is_one(monkeypatch) -> None:
    """Kills: refusing an editable install whose metadata is on the path twice."""
    _entries(monkeypatch, _Entry("once", "a.once", "first"), _Entry("once", "a.once", "first"))
    assert plugins.find("once").module == "a.once"


@pytest.mark.parametrize(
    "body", ["raise ImportError('x')", "syntax error", "raise SystemExit(3)", "raise KeyboardInterrupt"]
)
def test_an_import_that_fails_names_the_culprit(tmp_path, monkeypatch, body) -> None:
    """Kills: letting SystemExit or KeyboardInterrupt at import take the harness down."""
    (tmp_path / "bad_import_toy.py").write_text(body)
    monkeypatch.syspath_prepend(tmp_path)
    plugin = Plugin("bad", "bad_import_toy", "genbench-bad 0.1")
    with pytest.raises(PluginImportError, match=r"genbench-bad 0.1 \[bad\]: cannot import bad_import_toy"):
        plugins.load(plugin)


def test_the_code_hash_is_of_the_source(tmp_path, monkeypatch) -> None:
    """Kills: hashing the entry module alone when it imports its networks from its package."""
    package = tmp_path / "hashed_toy"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "model.py").write_text("x = 1\n")
    (package / "networks.py").write_text("y = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    from importlib import import_module

    module = import_module("hashed_toy.model")
    before = plugins.code_hash(module)
    (package / "networks.py").write_text("y = 2\n")
    assert plugins.code_hash(module) != before


def _observer(monkeypatch, **functions):
    module = types.ModuleType("watcher")
    for name, function in functions.items():
        setattr(module, name, function)
    _entries(monkeypatch, _Entry("watcher", "watcher", "genbench-watcher"))
    monkeypatch.setitem(sys.modules, "watcher", module)
    return plugins.load_observer("watcher").module


def test_an_observer_wraps(monkeypatch) -> None:
    def train(model):
        yield

    assert _observer(monkeypatch, train=hookimpl(wrapper=True)(train)).__name__ == "watcher"


def test_an_observer_cannot_take_the_models_place(monkeypatch) -> None:
    """Kills: registering an observer whose `sample` answers instead of the model's."""
    with pytest.raises(ContractError, match="sample is no wrapper"):
        _observer(monkeypatch, sample=hookimpl(lambda model, count: None))
    with pytest.raises(ContractError, match="nothing is no wrapper"):
        _observer(monkeypatch)


def test_a_namespace_package_has_a_code_hash(tmp_path, monkeypatch) -> None:
    """Kills: asking a package without a file for its file."""
    (tmp_path / "shared_name").mkdir()
    (tmp_path / "shared_name" / "spaced_toy.py").write_text("x = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    from importlib import import_module

    assert len(plugins.code_hash(import_module("shared_name.spaced_toy"))) == 64


class _Instance:
    """A model's hooks as methods of an object."""

    @hookimpl
    def build(self, task):
        return "built"

    @hookimpl
    def train(self, model, batches):
        return None

    @hookimpl
    def sample(self, model, count):
        return None

    @property
    def costly(self):
        raise RuntimeError("a property was evaluated")


class _Namespace:
    build = staticmethod(hookimpl(lambda task: "built"))
    train = staticmethod(hookimpl(lambda model, batches: None))
    sample = staticmethod(hookimpl(lambda model, count: None))


def _holder(**changes):
    functions = {"build": lambda task: "built", "train": lambda model, batches: 0, "sample": lambda model, count: 0}
    return types.SimpleNamespace(**{name: hookimpl(each) for name, each in functions.items()} | changes)


@pytest.fixture
def in_a_module(monkeypatch):
    """Put an object into a module, and return the plugin whose entry point names it."""

    def put(thing, name="thing"):
        module = types.ModuleType("object_toy")
        module.thing = thing
        monkeypatch.setitem(sys.modules, "object_toy", module)
        return Plugin("toy", f"object_toy:{name}", "genbench-toy 0.2")

    return put


@pytest.mark.parametrize("thing", [_Instance(), _Namespace, _holder()], ids=["instance", "class", "namespace"])
def test_an_entry_point_may_name_an_object(in_a_module, thing) -> None:
    """Kills: registering the module instead; counting `self` as an argument; evaluating a property to look at it."""
    valid = plugins.validate(plugins.load(in_a_module(thing)))
    assert valid.module is thing
    assert valid.hooks == ("build", "train", "sample")
    hooks = ModelHooks(valid, seed=0, meter=Meter(lambda: None))
    assert hooks._manager.hook.build(task=None, options=None) == "built"


def test_a_missing_object_is_named(in_a_module) -> None:
    """Kills: an AttributeError that says nothing of the entry point."""
    told = r"genbench-toy 0.2 \[toy\]: cannot import object_toy:thign: UnknownName: no object 'thign'; .*'thing'"
    with pytest.raises(PluginImportError, match=told):
        plugins.load(in_a_module(_Instance(), "thign"))


def test_a_class_is_no_instance(in_a_module) -> None:
    """Kills: telling an author that he invented an argument `self`."""
    with pytest.raises(ContractError, match="`build`: the entry point names a class, expected an instance"):
        plugins.validate(plugins.load(in_a_module(_Instance)))


def test_what_pluggy_would_not_call_is_no_hook(in_a_module) -> None:
    """Kills: a marked partial, which counts as a hook here and which pluggy passes over in silence."""
    with pytest.raises(ContractError, match="`train`: got a partial, expected a function or a method"):
        plugins.validate(plugins.load(in_a_module(_holder(train=hookimpl(partial(print, "model"))))))


def test_the_code_of_an_object_is_its_modules(tmp_path, monkeypatch) -> None:
    """Kills: hashing where the object's class was written; forgetting the library's version."""
    (tmp_path / "coded_toy.py").write_text(
        "from types import SimpleNamespace\nfrom genbench import hookimpl\n"
        "thing = SimpleNamespace(build=hookimpl(lambda task: 0), sample=hookimpl(lambda model, count: 0),"
        " train=hookimpl(lambda model, batches: 0))\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    plugin = Plugin("toy", "coded_toy:thing", "genbench-toy 0.2")
    codes = [
        plugins.validate(plugins.load(replace(plugin, libraries=libraries))).code
        for libraries in ((), ("zuko 1.6.0",), ("zuko 1.7.0",))
    ]
    assert codes[0] == plugins.code_hash(sys.modules["coded_toy"])
    assert len(set(codes)) == 3

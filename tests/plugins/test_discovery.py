"""Plugins are found through real entry points, and what cannot be used is refused by name."""

import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from plugins.builtin import BuiltinVenues
from plugins.discovery import Discovery, discover
from plugins.problems import PluginsRefusedError
from ports.values import VenueId
from ports.venue import VenueFactory, VenueSession

GOOD = """
    from plugins.hookspecs import hookimpl

    class Factory:
        venue = "{venue}"

        def session(self, settings):
            raise NotImplementedError

    @hookimpl
    def livexec_api_version():
        return 1

    @hookimpl
    def livexec_venue_factories():
        return [Factory()]
"""


class Ours:
    """A factory that comes with the program."""

    def __init__(self, venue: str) -> None:
        self.venue = VenueId(venue)

    def session(self, settings: Mapping[str, str]) -> VenueSession:
        raise NotImplementedError


class Site:
    """Folders of installed distributions: real metadata, real modules, real entry points."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._folder = folder
        self._monkeypatch = monkeypatch
        self._folders: list[str] = []

    def install(self, distribution: str, module: str, text: str, *, name: str = "") -> None:
        site = self._folder / distribution
        info = site / f"{distribution.replace('-', '_')}-2.5.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 2.5\n")
        (info / "entry_points.txt").write_text(f"[livexec.venues]\n{name or module} = {module}\n")
        (site / f"{module.partition(':')[0]}.py").write_text(textwrap.dedent(text))
        self._monkeypatch.syspath_prepend(site)
        self._folders.append(str(site))

    def discover(self, builtin: Mapping[str, object] | None = None, disabled: Sequence[str] = ()) -> Discovery:
        return discover(builtin, disabled, self._folders)

    def refusals(self, builtin: Mapping[str, object] | None = None) -> list[str]:
        with pytest.raises(PluginsRefusedError) as refusal:
            self.discover(builtin)
        return [str(problem) for problem in refusal.value.problems]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    return Site(tmp_path, monkeypatch)


def test_an_installed_plugin_brings_its_venue(site: Site) -> None:
    site.install("acme-venues", "acme_one", GOOD.format(venue="ACME"), name="acme")
    found = site.discover()
    assert [(plugin.name, plugin.distribution, plugin.version) for plugin in found.plugins] == [
        ("acme", "acme-venues", "2.5")
    ]
    assert [factory.venue for factory in found.factories.values()] == ["ACME"]


def test_an_entry_point_may_lead_to_an_object(site: Site) -> None:
    text = GOOD.format(venue="ACME") + "\n    import sys\n    it = sys.modules[__name__]\n"
    site.install("acme-venues", "acme_object:it", text, name="acme")
    assert list(site.discover().factories) == ["ACME"]


def test_what_is_installed_on_the_path_is_found(site: Site) -> None:
    site.install("acme-venues", "acme_path", GOOD.format(venue="ACME-ON-THE-PATH"))
    assert "ACME-ON-THE-PATH" in discover().factories


def test_built_in_venues_are_offered_the_same_way_and_sorted(site: Site) -> None:
    factories: list[VenueFactory] = [Ours("OKX"), Ours("BYBIT")]
    found = site.discover({"paper": BuiltinVenues(factories)})
    assert list(found.factories) == ["BYBIT", "OKX"]
    assert [(plugin.name, plugin.distribution) for plugin in found.plugins] == [("paper", "livexec")]


def test_nothing_installed_is_no_venue_and_no_problem(site: Site) -> None:
    assert site.discover().factories == {}


def test_two_plugins_of_one_venue_are_refused_and_both_distributions_named(site: Site) -> None:
    site.install("acme-venues", "acme_two", GOOD.format(venue="ACME"))
    site.install("rival-venues", "rival_two", GOOD.format(venue="ACME"))
    (refusal,) = site.refusals()
    assert refusal.startswith(
        "plugin rival_two of rival-venues: venue ACME is brought by plugin acme_two of acme-venues"
    )


def test_a_plugin_does_not_take_the_place_of_a_built_in_venue(site: Site) -> None:
    site.install("acme-venues", "acme_three", GOOD.format(venue="BYBIT"))
    (refusal,) = site.refusals({"paper": BuiltinVenues([Ours("BYBIT")])})
    assert "plugin acme_three of acme-venues: venue BYBIT is brought by plugin paper of livexec" in refusal


def test_one_plugin_with_the_same_venue_twice_is_refused(site: Site) -> None:
    assert (
        "venue OKX is brought by plugin paper" in site.refusals({"paper": BuiltinVenues([Ours("OKX"), Ours("OKX")])})[0]
    )


_SINKS = """
    class Sinks:
        name = "acme_pager"

        def sink(self, settings):
            raise NotImplementedError

    @hookimpl
    def livexec_alert_sinks():
        return [Sinks()]
"""
_GOOD_SINKS = GOOD.replace("{venue}", "ACME") + _SINKS


def test_a_plugin_brings_alert_sinks_and_two_of_one_name_are_refused(site: Site) -> None:
    site.install("acme-venues", "acme_sinks", GOOD.format(venue="ACME") + _SINKS)
    found = site.discover()
    assert list(found.sinks) == ["acme_pager"]
    assert found.plugins[0].brings == ("venue ACME", "alert sink acme_pager")
    site.install("rival-venues", "rival_sinks", GOOD.format(venue="RIVAL") + _SINKS)
    (refusal,) = site.refusals()
    assert "alert sink acme_pager is brought by plugin acme_sinks of acme-venues as well" in refusal


BAD = {
    "raises at import": ("raise RuntimeError('no licence')", "it cannot be imported: RuntimeError: no licence"),
    "exits at import": ("raise SystemExit(3)", "it cannot be imported: SystemExit: 3"),
    "needs what is not there": ("import nowhere_to_be_found", "it cannot be imported: ModuleNotFoundError"),
    "no text of Python": ("def (", "it cannot be imported: SyntaxError"),
    "says no version": (GOOD.replace("livexec_api_version", "other"), "does not say which version of the hooks"),
    "another version": (GOOD.replace("return 1", "return 4"), "was written for version 4 of the hooks"),
    "a version that is no number": (GOOD.replace("return 1", "return '1'"), "was written for version '1' of the hooks"),
    "a version that only equals one": (GOOD.replace("return 1", "return True"), "for version True of the hooks"),
    "fails to say": (GOOD.replace("return 1", "return 1 / 0"), "fails in livexec_api_version: ZeroDivisionError"),
    "an unknown hook": (
        GOOD.replace("def livexec_venue_factories", "def livexec_venue_factory"),
        "livexec_venue_factory is no hook; hooks are: livexec_alert_sinks, livexec_algorithms, livexec_api_version, ",
    ),
    "a hook that is not marked": (
        GOOD.replace("@hookimpl\n    def livexec_venue", "def livexec_venue"),
        "livexec_venue_factories is not marked with @hookimpl",
    ),
    "a hook of another shape": (
        GOOD.replace("def livexec_venue_factories()", "def livexec_venue_factories(colour)"),
        "a hook has another shape than its specification",
    ),
    "fails to make factories": (GOOD.replace("return [Factory()]", "return [][0]"), "fails in livexec_venue_factories"),
    "no list": (GOOD.replace("[Factory()]", "Factory()"), "returned Factory and not a list of factories"),
    "no factory": (GOOD.replace("[Factory()]", "[Factory]").replace("venue =", "v ="), "is no venue factory"),
    "no name for a venue": (GOOD.replace("{venue}", "acme inc"), "'acme inc' is no name for a venue"),
    "no alert sink": (
        _GOOD_SINKS.replace("def sink", "def other"),
        "Sinks is no alert sink: it needs `name` and `sink`",
    ),
    "no name for an alert sink": (_GOOD_SINKS.replace("acme_pager", "Acme"), "'Acme' is no name of its alert sink"),
    "the venue that is none": (GOOD.replace("{venue}", "SMART"), "'SMART' is no name for a venue"),
}


@pytest.mark.parametrize(("number", "case"), list(enumerate(BAD.values())), ids=BAD.keys())
def test_a_plugin_that_cannot_be_used_is_refused_by_name(site: Site, number: int, case: tuple[str, str]) -> None:
    text, said = case
    site.install("acme-venues", f"acme_bad_{number}", text)
    (refusal,) = site.refusals()
    assert refusal.startswith(f"plugin acme_bad_{number} of acme-venues: ")
    assert said in refusal
    assert "disabled_plugins" in refusal


def test_every_plugin_is_examined_before_the_start_is_refused(site: Site) -> None:
    site.install("one-venues", "one_broken", "raise RuntimeError('one')")
    site.install("two-venues", "two_broken", "raise RuntimeError('two')")
    site.install("fine-venues", "fine_one", GOOD.format(venue="FINE"))
    assert len(site.refusals()) == 2


@pytest.mark.parametrize("word", ["broken", "acme-venues"])
def test_a_plugin_disabled_by_name_or_distribution_is_not_even_imported(site: Site, tmp_path: Path, word: str) -> None:
    mark = tmp_path / "imported"
    site.install("acme-venues", "acme_off", f"open({str(mark)!r}, 'w').close()", name="broken")
    found = site.discover(disabled=[word])
    assert (found.disabled, found.factories) == (("broken",), {})
    assert not mark.exists()


def test_disabling_what_is_not_installed_is_harmless(site: Site) -> None:
    assert site.discover(disabled=["gone"]).disabled == ()

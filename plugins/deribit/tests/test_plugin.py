"""What livexec finds when this is installed."""

from __future__ import annotations

from plugins.discovery import discover


def test_it_is_found_under_its_name_and_brings_one_venue() -> None:
    found = discover()
    (plugin,) = [one for one in found.plugins if one.distribution == "livexec-deribit"]
    assert plugin.name == "deribit"
    assert [factory.venue for factory in plugin.factories] == ["DERIBIT"]
    assert "DERIBIT" in found.factories


def test_one_that_is_disabled_is_not_there() -> None:
    assert "DERIBIT" not in discover(disabled=["deribit"]).factories

"""Venues that plugins bring: from a section of `external_adapters` to a session of the plugin that speaks to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final

from app.settings import Settings
from app.settings_types import Section
from plugins.discovery import discover
from plugins.problems import PluginProblem, PluginsRefusedError
from plugins.settings_schema import read_settings
from ports.errors import InvalidInputError
from ports.secrets import Secret
from ports.values import VenueId
from ports.venue import VenueFactory, VenueSession
from ports.venue_settings import HasSettings

_MEND: Final = "mend it, or leave its section of `external_adapters` out"
VENUES: Final[Mapping[str, VenueId]] = {"DERIBIT": VenueId("DERIBIT"), "INTERACTIVE_BROKERS": VenueId("IBKR")}


@dataclass(frozen=True, slots=True)
class ExternalAccount:
    """One account at a venue of a plugin; `key` is where the configuration names it, `where` what it leads to."""

    key: str
    session: VenueSession
    where: str

    def warning(self, *, is_shadow: bool = False) -> str:
        """Say what a start of live trading must not leave unsaid."""
        return f"{orders_are(is_shadow=is_shadow)} {self.session.account} at {self.session.venue}, {self.where}"


def orders_are(*, is_shadow: bool) -> str:
    """Say what becomes of orders, as every start of live trading does."""
    return "SHADOW: nothing is sent." if is_shadow else "LIVE TRADING: orders are real."


def external_accounts(settings: Settings) -> Sequence[ExternalAccount]:
    """Return the accounts that the configuration names, their sessions not yet connected.

    Raises:
        InvalidInputError: no installed plugin brings such a venue, or one of its keys is wrong; never shows a secret.
        PluginsRefusedError: a plugin cannot be used.
    """
    named = settings.external_adapters.named
    if not named:
        return ()
    factories = discover(disabled=settings.disabled_plugins).factories
    accounts = []
    for name, section in named.items():
        key = f"external_adapters.{name}"
        venue = venue_of(name)
        factory = factories.get(venue)
        if factory is None:
            raise InvalidInputError(key, venue, _not_there(venue, name, factories))
        texts = _texts(section)
        try:
            session = _made(factory, texts)
        except InvalidInputError as wrong:
            raise wrong.within(key) from None
        accounts.append(ExternalAccount(key, session, _where(texts)))
    return tuple(accounts)


def venue_of(name: str) -> VenueId:
    """Return the venue that a key of `external_adapters` means."""
    return VENUES.get(name) or VenueId(name.replace("_", "-"))


def _made(factory: VenueFactory, texts: Mapping[str, str]) -> VenueSession:
    """Let a plugin make its session; whatever else it raises is a word about that plugin, without a secret in it."""
    if isinstance(factory, HasSettings):
        read_settings(texts, factory.settings)
    try:
        return factory.session(texts)
    except InvalidInputError:
        raise
    except Exception as failure:
        maker = type(factory)
        what = f"{maker.__module__}.{maker.__qualname__}.session raised {type(failure).__name__}"
        one = PluginProblem(plugin=str(factory.venue), distribution=maker.__module__, what=what, remedy=_MEND)
        raise PluginsRefusedError([one]) from None


def _not_there(venue: VenueId, name: str, factories: Mapping[VenueId, VenueFactory]) -> str:
    like = get_close_matches(name, [one.replace("-", "_") for one in factories], 1)
    hint = f"did you mean {like[0]}?" if like else f"install one, such as livexec-{name.lower()}"
    return f"no installed plugin brings the venue {venue}; {hint}"


def _where(texts: Mapping[str, str]) -> str:
    if "base_url" in texts:
        return texts["base_url"]
    return f"the venue's {texts['environment']} environment" if "environment" in texts else "as configured"


def _texts(section: Section | Mapping[str, object]) -> Mapping[str, str]:
    """Return a section as plugins read it: all text, secrets too, and nothing that was left out."""
    values = section.model_dump(exclude_unset=True) if isinstance(section, Section) else section
    return {name: _text(value) for name, value in values.items() if value is not None}


def _text(value: Any) -> str:
    match value:
        case Secret():
            return value.reveal()
        case bool():
            return "true" if value else "false"
        case list() | tuple():
            return " ".join(map(_text, value))
        case _:
            return str(value)

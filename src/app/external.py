"""Venues that plugins bring: from a section of `external_adapters` to a session of the plugin that speaks to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.settings import Settings
from app.settings_models import ExternalAdapters
from app.settings_types import Section
from plugins.discovery import discover
from ports.errors import InvalidInputError
from ports.secrets import Secret
from ports.values import VenueId
from ports.venue import VenueSession

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
    named = {
        name: section
        for name in ExternalAdapters.model_fields
        if (section := getattr(settings.external_adapters, name)) is not None
    }
    if not named:
        return ()
    factories = discover(disabled=settings.disabled_plugins).factories
    accounts = []
    for name, section in named.items():
        key = f"external_adapters.{name}"
        factory = factories.get(VENUES[name])
        if factory is None:
            remedy = f"no installed plugin brings the venue {VENUES[name]}; install one, such as livexec-{name.lower()}"
            raise InvalidInputError(key, VENUES[name], remedy)
        try:
            session = factory.session(_texts(section))
        except InvalidInputError as wrong:
            raise wrong.within(key) from None
        accounts.append(ExternalAccount(key, session, _where(section)))
    return tuple(accounts)


def _where(section: Section) -> str:
    address, environment = getattr(section, "base_url", None), getattr(section, "environment", None)
    return address or f"the venue's {environment} environment"


def _texts(section: Section) -> Mapping[str, str]:
    """Return a section as plugins read it: all text, secrets too, and nothing that was left out."""
    return {name: _text(value) for name, value in section.model_dump(exclude_unset=True).items() if value is not None}


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

"""The keys of `alerts`: who is told, and how often."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator

from adapters.telemetry.alert_sinks import WebhookSink
from app.settings_types import Milliseconds, SecretText, Section, Text
from ports.errors import InvalidInputError
from ports.secrets import Secret


class Alerts(Section):
    """Alerts are always judged, logged and listed; these say who else is told.

    `sinks` are those of plugins, by the name that the plugin gives; what stands in one, its plugin says.
    """

    webhook_url: SecretText | None = None
    repeat_ms: Annotated[Milliseconds, Field(ge=1_000)] = 300_000
    escalate_ms: Annotated[Milliseconds, Field(ge=1_000)] = 900_000
    sinks: dict[Text, dict[Text, SecretText]] = Field(default_factory=dict)

    @field_validator("webhook_url")
    @classmethod
    def _is_safe(cls, url: Secret | None) -> Secret | None:
        try:
            if url is not None:
                WebhookSink(url)
        except InvalidInputError as wrong:
            raise ValueError(wrong.remedy) from None
        return url

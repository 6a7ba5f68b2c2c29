"""The keys of `doors`: where the service listens, who may come in, and what each may do."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from app.settings_types import Folder, PortNumber, Positive, SecretText, Section, Text
from ports.secrets import Secret
from ports.values import OURS


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


class Granted(Section):
    """What one principal may do; `strategies` confines a trader."""

    role: Annotated[Literal["viewer", "trader", "risk", "admin"], BeforeValidator(_lower)]
    strategies: tuple[Text, ...] = ()

    @model_validator(mode="after")
    def _only_traders_are_confined(self) -> Self:
        if self.strategies and self.role != "trader":
            raise ValueError("strategies are for the role trader alone; leave them out")
        return self


class TlsFiles(Section):
    """What both doors encrypt with (PEM); with `client_ca`, gRPC answers those alone whom it certified."""

    certificate: Folder
    key: Folder
    client_ca: Folder | None = None


class Doors(Section):
    """Where the service listens, and the token of each principal. Without tokens, only this machine may ask."""

    host: Text = "127.0.0.1"
    hosts: tuple[Text, ...] = ()  # names that REST may be called by, beside loopback ones and `host`
    http_port: PortNumber = 8001
    grpc_port: PortNumber = 50051
    tokens: dict[Text, SecretText] = Field(default_factory=dict)
    token_file: Folder | None = None  # written by `livexec token`; looked at again while the service runs
    roles: dict[Text, Granted] = Field(default_factory=dict)  # of the principals in `tokens`
    tls: TlsFiles | None = None
    requests_per_second: Positive = 20_000  # of one client; cancels and halts always pass

    @field_validator("tokens")
    @classmethod
    def _are_of_people(cls, tokens: Mapping[str, Secret]) -> Mapping[str, Secret]:
        if taken := sorted(OURS & tokens.keys()):
            raise ValueError(f"{taken[0]} is what the service calls itself; give the principal another name")
        return tokens

    @model_validator(mode="after")
    def _is_closed_to_strangers(self) -> Self:
        if not _is_loopback(self.host):
            if not self.tokens and self.token_file is None:
                raise ValueError(
                    f"{self.host} is reached from other machines: give every principal a token in `tokens`"
                )
            if self.tls is None:
                remedy = "name a certificate in `tls`, or listen on 127.0.0.1 behind something that encrypts"
                raise ValueError(f"{self.host} is reached from other machines: {remedy}")
        if self.http_port == self.grpc_port != 0:
            raise ValueError("http_port and grpc_port are the same; each needs its own")
        return self

    @model_validator(mode="after")
    def _roles_are_of_principals(self) -> Self:
        strangers = sorted(self.roles.keys() - self.tokens.keys())
        if strangers:
            raise ValueError(f"roles: {strangers[0]} has no token: name it in `tokens`, or use `livexec token`")
        return self


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

"""Who may come in, and as whom."""

import pickle

import pytest

from adapters.doors import Authenticator
from ports.errors import InvalidInputError, UnauthenticatedError
from ports.secrets import Secret
from ports.values import Principal

ALICE, BOB = Principal("alice"), Principal("bob")


def two() -> Authenticator:
    return Authenticator({ALICE: Secret("token-a"), BOB: Secret("token-b")})


@pytest.mark.parametrize(
    ("header", "principal"), [("Bearer token-a", ALICE), ("bearer token-b", BOB), (b"Bearer  token-a ", ALICE)]
)
def test_a_token_names_its_principal(header: str | bytes, principal: Principal) -> None:
    assert two().principal(header) == principal


@pytest.mark.parametrize(
    "header", [None, "", "token-a", "Basic token-a", "Bearer", "Bearer ", "Bearer TOKEN-A", b"\xff"]
)
def test_without_a_known_token_nobody_comes_in(header: str | bytes | None) -> None:
    with pytest.raises(UnauthenticatedError):
        two().principal(header)


def test_a_refusal_never_repeats_what_was_shown() -> None:
    with pytest.raises(UnauthenticatedError) as refusal:
        two().principal("Bearer a-secret-of-somebody-else")
    assert "somebody-else" not in str(refusal.value)


def test_without_tokens_everybody_on_this_machine_is_local() -> None:
    assert Authenticator().principal(None) == "local"
    assert Authenticator().principal("Bearer anything") == "local"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.5", "trading.example", "localhost.example", ""])
def test_a_door_to_other_machines_needs_tokens_and_encryption(host: str) -> None:
    with pytest.raises(InvalidInputError, match=r"^host: .* configure tokens first"):
        Authenticator().check_host(host, is_encrypted=True)
    with pytest.raises(InvalidInputError, match=r"^host: .* configure doors.tls first"):
        two().check_host(host, is_encrypted=False)
    two().check_host(host, is_encrypted=True)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "[::1]", "localhost"])
def test_a_loopback_door_needs_none(host: str) -> None:
    Authenticator().check_host(host, is_encrypted=False)


@pytest.mark.parametrize("token", ["", " a", "a ", "tök", "\n"])
def test_a_token_that_no_header_could_carry_is_refused_without_being_shown(token: str) -> None:
    with pytest.raises(InvalidInputError, match=r"tokens\.alice") as refusal:
        Authenticator({ALICE: Secret(token)})
    assert "(hidden)" in str(refusal.value)


def test_two_principals_cannot_share_a_token() -> None:
    with pytest.raises(InvalidInputError, match="share") as refusal:
        Authenticator({ALICE: Secret("token-a"), BOB: Secret("token-a")})
    assert "token-a" not in str(refusal.value)


def test_an_authenticator_does_not_travel() -> None:
    with pytest.raises(TypeError):
        pickle.dumps(Secret("token-a"))

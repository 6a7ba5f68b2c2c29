"""Logging in by client signature, and staying logged in: the secret itself never leaves this process.

Deribit signs `timestamp\\nnonce\\ndata` with HMAC-SHA256 (https://docs.deribit.com/articles/authentication).
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
from typing import Any, Final

from livexec_deribit.exact_json import Param
from livexec_deribit.rpc import RpcConnection
from ports.secrets import Secret

LOGIN_REFUSED: Final = frozenset({13004, 13009})  # the venue's codes: wrong credentials, no right to it
_REFRESH_AFTER: Final = 0.7  # of a token's life
_LEAST_LIFE_S: Final = 5.0
_LONGEST_SLEEP_S: Final = 86_400.0
_AUTH: Final = "public/auth"


class Login:
    """One connection's login; `enter` once, then `stay` until cancelled."""

    def __init__(self, rpc: RpcConnection, client_id: str, client_secret: Secret, *, answer_s: float) -> None:
        self._rpc = rpc
        self._client_id = client_id
        self._client_secret = client_secret
        self._answer_s = answer_s
        self._refresh_token = Secret("")
        self._lives_s = 0.0

    async def enter(self, now_ms: int) -> None:
        """Log this connection in; `now_ms` is the venue's time.

        Raises:
            RefusedError: the venue does not accept the login.
            NoAnswerError, NotAskedError: nothing was learnt.
        """
        nonce = secrets.token_hex(8)
        signed = f"{now_ms}\n{nonce}\n".encode()
        signature = hmac.new(self._client_secret.reveal().encode(), signed, hashlib.sha256).hexdigest()
        await self._auth(
            {
                "grant_type": "client_signature",
                "client_id": self._client_id,
                "timestamp": now_ms,
                "signature": signature,
                "nonce": nonce,
                "data": "",
                "scope": "connection",
            }
        )

    async def stay(self) -> None:
        """Renew the token before it ends, until cancelled.

        Raises:
            RefusedError: the venue does not renew it.
            NoAnswerError, NotAskedError: it did not answer.
        """
        while True:
            await asyncio.sleep(min(max(self._lives_s, _LEAST_LIFE_S) * _REFRESH_AFTER, _LONGEST_SLEEP_S))
            await self._auth({"grant_type": "refresh_token", "refresh_token": self._refresh_token.reveal()})

    async def _auth(self, params: dict[str, Param]) -> None:
        granted: Any = await self._rpc.ask(_AUTH, params, within_s=self._answer_s)
        self._refresh_token = Secret(str(granted["refresh_token"]))
        self._lives_s = float(granted["expires_in"])

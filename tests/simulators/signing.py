"""Signing as Binance's documentation says, by a client that shares no code with the simulators or with us."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Mapping
from urllib.parse import urlencode

import httpx

SECRET = "simulated-secret"


class Caller:
    """Signs as the venue's documentation says."""

    def __init__(self, base: str, key: str = "simulated-key", secret: str = SECRET) -> None:
        self.client = httpx.AsyncClient(base_url=base, headers={"X-MBX-APIKEY": key} if key else {}, trust_env=False)
        self.secret = secret

    async def ask(self, method: str, path: str, **params: object) -> httpx.Response:
        """Ask with a signature and, unless given, a timestamp."""
        query = urlencode({"timestamp": time.time_ns() // 1_000_000, **params})
        signature = hmac.new(self.secret.encode(), query.encode(), hashlib.sha256).hexdigest()
        return await self.client.request(method, f"{path}?{query}&signature={signature}")

    async def code(self, method: str, path: str, **params: object) -> tuple[int, int]:
        """Return the status and the venue's code of a refusal."""
        answer = await self.ask(method, path, **params)
        body = answer.json()
        return answer.status_code, body.get("code", 0) if isinstance(body, dict) else 0


def signed(params: Mapping[str, object], secret: str) -> dict[str, object]:
    """Return parameters of the websocket API with their signature, which is over all of them by name."""
    text = urlencode(sorted(params.items()))
    return {**params, "signature": hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()}

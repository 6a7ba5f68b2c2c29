"""`python -m simulators.binance_spot`: one simulated spot venue on loopback, until SIGINT or SIGTERM."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from starlette.routing import Route, WebSocketRoute

from simulators.binance_futures.http_app import METHODS, HttpFront
from simulators.binance_futures.security import ApiKey
from simulators.binance_futures.serving import parser_of, serve
from simulators.binance_spot.control import SpotControl
from simulators.binance_spot.errors import OF_REASON
from simulators.binance_spot.rest import ROUTES
from simulators.binance_spot.sockets import ApiFront
from simulators.binance_spot.venue import make_venue


def main() -> None:
    """Serve until interrupted."""
    parser = parser_of("binance_spot", __doc__)
    parser.add_argument("--public-key", type=Path, help="the key is of the Ed25519 kind, and this file has its PEM")
    given = parser.parse_args()
    public_key = given.public_key.read_text() if given.public_key else ""
    venue = make_venue([ApiKey(given.api_key, given.api_secret, "main", public_key)], Decimal(given.wallet))
    http, sockets, control = HttpFront(venue, ROUTES, OF_REASON), ApiFront(venue), SpotControl(venue)
    routes = [
        Route("/_control/{name}", control.answer, methods=["GET", "POST"]),
        WebSocketRoute("/ws-api/v3", sockets.api),
        WebSocketRoute("/stream", sockets.market),
        Route("/{path:path}", http.answer, methods=METHODS),
    ]
    serve(venue.exchange, routes, given)


if __name__ == "__main__":
    main()

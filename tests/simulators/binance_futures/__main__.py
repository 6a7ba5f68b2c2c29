"""`python -m simulators.binance_futures`: one simulated venue on loopback, until SIGINT or SIGTERM."""

from __future__ import annotations

from decimal import Decimal

from starlette.routing import Route, WebSocketRoute

from simulators.binance_futures.control import Control
from simulators.binance_futures.errors import OF_REASON
from simulators.binance_futures.http_app import METHODS, HttpFront
from simulators.binance_futures.rest import ROUTES
from simulators.binance_futures.security import ApiKey
from simulators.binance_futures.serving import parser_of, serve
from simulators.binance_futures.sockets import SocketFront
from simulators.binance_futures.venue import make_venue


def main() -> None:
    """Serve until interrupted."""
    given = parser_of("binance_futures", __doc__).parse_args()
    venue = make_venue([ApiKey(given.api_key, given.api_secret, "main")], Decimal(given.wallet))
    http, sockets, control = HttpFront(venue, ROUTES, OF_REASON), SocketFront(venue), Control(venue)
    routes = [
        Route("/_control/{name}", control.answer, methods=["GET", "POST"]),
        WebSocketRoute("/ws", sockets.user),
        WebSocketRoute("/ws/{key}", sockets.user),
        WebSocketRoute("/private/ws", sockets.user),
        WebSocketRoute("/stream", sockets.market),
        WebSocketRoute("/market/stream", sockets.market),
        WebSocketRoute("/public/stream", sockets.market),
        Route("/{path:path}", http.answer, methods=METHODS),
    ]
    serve(venue.exchange, routes, given)


if __name__ == "__main__":
    main()

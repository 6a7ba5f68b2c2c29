"""A parent paused, resumed, amended and canceled at every door of the real process, and its children seen there."""

from __future__ import annotations

import asyncio
import json
from abc import ABC, abstractmethod
from decimal import Decimal
from typing import Any

import httpx
import pytest
from google.protobuf.json_format import ParseDict

from app.cli import main
from end_to_end.process import Service
from end_to_end.record import update_of
from end_to_end.traders import LINEAR
from livexec.client import ExecutionClient, Order

pytestmark = pytest.mark.asyncio(loop_scope="module")
REASON = "a test"
TERMS = {"side": "BUY", "amount": "0.1", "price": "30000", "strategy_id": "patient", "instrument_key": LINEAR}
ICEBERG = {"visible_pct": "20"}  # a fifth shows at a time, far below the market: it rests until it is taken back


class Door(ABC):
    """What a strategy or a person does at one door; every order as `status`, `amount` and `price`."""

    @abstractmethod
    async def submit(self, name: str) -> None: ...

    @abstractmethod
    async def halt(self, name: str) -> None: ...

    @abstractmethod
    async def resume(self, name: str) -> None: ...

    @abstractmethod
    async def amend(self, name: str, amount: str, price: str) -> None: ...

    @abstractmethod
    async def cancel(self, name: str) -> None: ...

    @abstractmethod
    async def order(self, name: str, sequence: int) -> tuple[str, Decimal, Decimal]: ...

    @abstractmethod
    async def children(self, name: str, sequence: int) -> dict[str, str]: ...


class Grpc(Door):
    def __init__(self, client: ExecutionClient) -> None:
        self._client = client

    async def submit(self, name: str) -> None:
        order = Order(operation_id=name, exec_algorithm="ICEBERG", exec_algorithm_params=ICEBERG)
        order.MergeFrom(ParseDict(TERMS, Order()))
        await self._client.submit(order)

    async def halt(self, name: str) -> None:
        assert await self._client.halt("ORDER", name, REASON)

    async def resume(self, name: str) -> None:
        assert await self._client.resume("ORDER", name, REASON)

    async def amend(self, name: str, amount: str, price: str) -> None:
        await self._client.amend(name, amount=amount, price=price)

    async def cancel(self, name: str) -> None:
        await self._client.cancel(name)

    async def order(self, name: str, sequence: int) -> tuple[str, Decimal, Decimal]:
        found = await self._client.order(name, sequence)
        assert found is not None
        assert found.amount is not None
        assert found.price is not None
        return found.status, found.amount, found.price

    async def children(self, name: str, sequence: int) -> dict[str, str]:
        found = self._client.orders(parent_operation_id=name, min_sequence=sequence)
        return {one.operation_id: one.status async for one in found}


class Rest(Door):
    def __init__(self, web: httpx.AsyncClient) -> None:
        self._web = web

    async def submit(self, name: str) -> None:
        body = {"operation_id": name, "exec_algorithm": "ICEBERG", "exec_algorithm_params": {"visible_pct": 20}}
        await self._ask("POST", "/api/orders", body | TERMS)

    async def halt(self, name: str) -> None:
        await self._control("halt", name, mode="halt")

    async def resume(self, name: str) -> None:
        await self._control("resume", name)

    async def amend(self, name: str, amount: str, price: str) -> None:
        await self._ask("PATCH", f"/api/orders/{name}", {"amount": amount, "price": price})

    async def cancel(self, name: str) -> None:
        await self._ask("DELETE", f"/api/orders/{name}")

    async def order(self, name: str, sequence: int) -> tuple[str, Decimal, Decimal]:
        return _read(await self._ask("GET", f"/api/orders/{name}?min_sequence={sequence}"))

    async def children(self, name: str, sequence: int) -> dict[str, str]:
        listed = await self._ask("GET", f"/api/orders?parent_operation_id={name}&min_sequence={sequence}")
        return _statuses(listed)

    async def _control(self, what: str, name: str, **more: str) -> None:
        body = {"scope": "order", "scope_value": name, "reason": REASON, **more}
        assert (await self._ask("POST", f"/api/control/{what}", body))["changed"]

    async def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        answer = await self._web.request(method, path, json=body, headers={"X-Livexec": "1"})
        assert answer.is_success, answer.text
        said: dict[str, Any] = answer.json()
        return said


class Terminal(Door):
    def __init__(self, service: Service, printed: pytest.CaptureFixture[str]) -> None:
        self._service = service
        self._printed = printed

    async def submit(self, name: str) -> None:
        options = [word for key, value in TERMS.items() for word in (f"--{key.replace('_', '-')}", value)]
        algorithm = ("--exec-algorithm", "ICEBERG", "--param", "visible_pct=20")
        await self._ask("submit", "--operation-id", name, *options, *algorithm)

    async def halt(self, name: str) -> None:
        await self._ask("halt", "--scope", "order", "--value", name, "--reason", REASON)

    async def resume(self, name: str) -> None:
        await self._ask("resume", "--scope", "order", "--value", name, "--reason", REASON)

    async def amend(self, name: str, amount: str, price: str) -> None:
        await self._ask("amend", name, "--amount", amount, "--price", price)

    async def cancel(self, name: str) -> None:
        await self._ask("cancel", name)

    async def order(self, name: str, sequence: int) -> tuple[str, Decimal, Decimal]:
        return _read(await self._ask("order", name, "--min-sequence", str(sequence)))

    async def children(self, name: str, sequence: int) -> dict[str, str]:
        listed = await self._ask("orders", "--parent-operation-id", name, "--min-sequence", str(sequence))
        return _statuses(listed)

    async def _ask(self, *words: str) -> dict[str, Any]:
        assert await asyncio.to_thread(main, [*words, "--url", self._service.url, "--json"]) == 0
        said: dict[str, Any] = json.loads(self._printed.readouterr().out)
        return said


@pytest.mark.parametrize("kind", ["grpc", "rest", "terminal"])
async def test_a_parent_is_paused_resumed_amended_and_canceled(
    kind: str, serving: Service, web: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    name = f"parent-{kind}"
    async with ExecutionClient(serving.target) as client:
        door = {"grpc": Grpc(client), "rest": Rest(web), "terminal": Terminal(serving, capsys)}[kind]
        await door.submit(name)
        await update_of(client, f"{name}.1", "OrderAcknowledged")

        await door.halt(name)
        back = await update_of(client, f"{name}.1", "OrderCanceled")
        assert await door.order(name, back) == ("ACCEPTED", Decimal("0.1"), Decimal(30000))  # it waits
        assert await door.children(name, back) == {f"{name}.1": "CANCELED"}

        await door.resume(name)
        await update_of(client, f"{name}.2", "OrderAcknowledged")

        await door.amend(name, "0.05", "30001")
        shown = await update_of(client, f"{name}.3", "OrderAcknowledged")
        assert await door.order(name, shown) == ("ACCEPTED", Decimal("0.05"), Decimal(30001))
        child = await client.order(f"{name}.3", shown)
        assert child is not None
        assert (child.amount, child.price) == (Decimal("0.01"), Decimal(30001))

        await door.cancel(name)
        ended = await update_of(client, name, "ParentEnded")
        assert (await door.order(name, ended))[0] == "CANCELED"
        ends = await door.children(name, ended)
        assert ends == {f"{name}.{number}": "CANCELED" for number in (1, 2, 3)}
        assert len([each async for each in client.orders(parent_operation_id=name, open_only=True)]) == 0


def _read(order: dict[str, Any]) -> tuple[str, Decimal, Decimal]:
    return order["status"], Decimal(order["amount"]), Decimal(order["price"])


def _statuses(listed: dict[str, Any]) -> dict[str, str]:
    return {one["operation_id"]: one["status"] for one in listed["orders"]}

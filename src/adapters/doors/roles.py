"""What a caller may do: roles, the strategies that a trader is confined to, and the one gate before the book."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from adapters.doors.errors import Kind, Refusal, RefusedError
from ports.actor import Command
from ports.commands import (
    AmendOrder,
    CancelAll,
    CancelOrder,
    CloseStream,
    HaltMode,
    HaltScope,
    OpenStream,
    RaiseHalt,
    SubmitOrder,
)
from ports.execution import Answer, CommandGateway
from ports.values import OperationId, Principal, StrategyId

if TYPE_CHECKING:
    from adapters.doors.auth import Authenticator


class Role(StrEnum):
    """What a principal is to the service; each may read everything."""

    VIEWER = "viewer"
    TRADER = "trader"  # trades for its strategies, and halts them
    RISK = "risk"  # halts, resumes, limits, cancels, puts right; never trades
    ADMIN = "admin"  # all of it


@dataclass(frozen=True, slots=True)
class Grant:
    """A role, and the strategies that a trader may trade for; none named: any."""

    role: Role
    strategies: frozenset[str] = frozenset()

    def may_trade(self, strategy: str | None) -> bool:
        """Say whether orders of a strategy may be sent and changed; None: of every strategy at once."""
        if self.role is Role.ADMIN:
            return True
        return self.role is Role.TRADER and (not self.strategies or strategy in self.strategies)

    @property
    def may_control(self) -> bool:
        """Say whether limits, halts, breaks and positions may be changed."""
        return self.role in (Role.RISK, Role.ADMIN)


EVERYTHING: Final = Grant(Role.ADMIN)

type StrategyOf = Callable[[OperationId], StrategyId | None]


class PermittedGateway:
    """The way in for doors: every command passes here, whichever call it came by, and only what may be goes on."""

    def __init__(
        self,
        gateway: CommandGateway,
        auth: Authenticator,
        strategy_of: StrategyOf,
        denied: Callable[[Command], None] = lambda command: None,
    ) -> None:
        """`strategy_of` knows the orders in memory (None: none of that name); `denied` hears what was refused."""
        self._denied = denied
        self._gateway = gateway
        self._auth = auth
        self._strategy_of = strategy_of

    async def ask(self, command: Command) -> Answer:
        """Hand a command on; see `ports.execution.CommandGateway`.

        Raises:
            RefusedError: its principal may not do that; the book was not asked.
        """
        if not self.permits(command):
            self._denied(command)
            raise RefusedError(not_your_role(command.principal, self._auth.grant(command.principal)))
        return await self._gateway.ask(command)

    def permits(self, command: Command) -> bool:
        """Say whether the principal of a command may give it."""
        grant = self._auth.grant(command.principal)
        match command:
            case SubmitOrder():
                return grant.may_trade(command.terms.strategy_id)
            case AmendOrder():
                return grant.may_trade(self._strategy_of(command.operation_id))
            case CancelOrder():
                return grant.may_control or self._may_cancel(grant, command.operation_id)
            case CancelAll():
                return grant.may_control or grant.may_trade(command.strategy_id)
            case OpenStream():
                return grant.may_trade(command.strategy_id)
            case CloseStream():
                return True  # the door itself says that a stream is gone
            case RaiseHalt(scope=HaltScope.STRATEGY) if command.mode is not HaltMode.FLATTEN:
                return grant.may_control or grant.may_trade(command.value)
            case _:
                return grant.may_control

    def _may_cancel(self, grant: Grant, operation_id: OperationId) -> bool:
        """An order that nobody knows has ended, or comes yet: then its own submit is refused, and nobody's trades."""
        strategy = self._strategy_of(operation_id)
        return grant.role is Role.TRADER if strategy is None else grant.may_trade(strategy)


def not_your_role(principal: Principal, grant: Grant) -> Refusal:
    """Say that a principal's role does not reach so far."""
    shown = repr(principal)
    scope = f" for {', '.join(sorted(grant.strategies))}" if grant.strategies else ""
    remedy = "have it done by somebody whose role it is, or ask the operator for that role"
    message = f"principal: {shown} may not: it is {grant.role}{scope}: {remedy}"
    return Refusal(Kind.NOT_PERMITTED, message, "principal", shown, remedy)

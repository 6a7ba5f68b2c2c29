"""What can go wrong, as types: every failure that crosses a room's wall is one of these."""

from __future__ import annotations


class LivexecError(Exception):
    """The root of every failure that livexec raises on purpose."""


class InvalidInputError(LivexecError, ValueError):
    """Something a caller wrote cannot be used; nothing was recorded.

    `field` names where, `value` shows what (shortened), `remedy` says what would pass.
    """

    def __init__(self, field: str, value: object, remedy: str) -> None:
        self.field = field
        self.value = _shown(value)
        self.remedy = remedy
        self._given = value
        super().__init__(f"{field}: {self.value} is not usable: {remedy}")

    def within(self, place: str) -> InvalidInputError:
        """Return the same complaint about a field that stands in `place`."""
        return InvalidInputError(f"{place}.{self.field}", self._given, self.remedy)


class NotSentError(LivexecError):
    """Nothing was transmitted to the venue; the same request may be released again."""


class ThrottledError(NotSentError):
    """The venue's rate limit left no room, and nothing was transmitted; the same request may be released later."""


class MaybeSentError(LivexecError):
    """The request may have arrived at the venue and nobody knows; it is asked about, never sent again."""


class VenueRefusedError(LivexecError):
    """The venue refused a request by an answer that proves it was not carried out (its own words inside)."""


class VenueUnavailableError(LivexecError):
    """The venue did not answer, and nothing was learnt."""


class VenueLoginError(VenueUnavailableError):
    """The venue refused the login; to repeat it soon may lock the account, so the next try waits longest."""


class UnauthenticatedError(LivexecError):
    """The caller showed no token that we know; what they showed is never repeated."""


class HookRefusedError(LivexecError):
    """A call at our door is not signed as its venue signs; says what is missing, never a secret."""


class JournalUnavailableError(LivexecError):
    """The journal did not confirm a commit or a read; the caller may repeat with the same operation id."""


class JournalAwayError(JournalUnavailableError):
    """The journal is away and nothing was taken; only what reduces risk is, until it is back."""


class JournalLostError(JournalUnavailableError):
    """Another process leads: this one may never write to the journal again, and must end."""


class LimitsChannelError(LivexecError):
    """The channel between processes did not confirm, or holds what cannot be used; the limits in force stay."""


class SpoolUnavailableError(LivexecError):
    """What reduces risk could not be kept for the journal's return: the spool is full, or its disk fails."""


class JournalCorruptError(LivexecError):
    """The journal holds a record that is torn, altered, missing, or of a kind this program does not know."""


class MailboxFullError(LivexecError):
    """The mailbox is at its limit and took nothing; the caller may repeat later with the same operation id."""


class ShuttingDownError(LivexecError):
    """The service is stopping and takes no new messages."""


class NotYetVisibleError(LivexecError):
    """A read asked for a sequence that the projections did not reach in time."""


class ObjectMissingError(LivexecError):
    """The object store answered: there is no such object."""


class ObjectExistsError(LivexecError):
    """The object store refused to overwrite an object that is already there."""


class ObjectChangedError(LivexecError):
    """The object is not the generation that was named: somebody replaced or removed it meanwhile."""


class ObjectStoreRefusedError(LivexecError):
    """The object store answered that it will not: credentials, rights, or a bucket that is not there."""


class ObjectStoreUnavailableError(LivexecError):
    """The object store did not answer, and nothing was learnt."""


class SecretMissingError(LivexecError):
    """A secret that the configuration refers to is not set; carries its name, never a value."""


def _shown(value: object) -> str:
    text = value if isinstance(value, str) else str(value)
    return repr(text if len(text) <= 80 else f"{text[:77]}...")

"""The asyncio runtime: mailboxes, group commit, venue workers, followers, and what happens when one of them fails."""

from adapters.runtime.feed import CommittedFeed
from adapters.runtime.follower import Follower
from adapters.runtime.host import ActorHost
from adapters.runtime.mailbox import MailboxLimits
from adapters.runtime.quotes import QuoteBoard
from adapters.runtime.spool import FileSpool
from adapters.runtime.switchboard import Switchboard
from adapters.runtime.venue_worker import VenueWorker, WorkerLimits
from adapters.runtime.watchdog import watchdog

__all__ = [
    "ActorHost",
    "CommittedFeed",
    "FileSpool",
    "Follower",
    "MailboxLimits",
    "QuoteBoard",
    "Switchboard",
    "VenueWorker",
    "WorkerLimits",
    "watchdog",
]

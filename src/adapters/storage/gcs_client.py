"""How Google Cloud Storage is reached: its client, how long it is waited for, and what its refusals mean."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import google.auth
import google.auth.exceptions
import requests.exceptions
import urllib3.exceptions
from google.api_core import exceptions as said
from google.api_core.client_options import ClientOptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage
from google.cloud.storage.exceptions import DataCorruption, InvalidResponse
from google.cloud.storage.retry import DEFAULT_RETRY

from adapters.storage.gcs_ranges import RangeReader
from ports.errors import (
    ObjectChangedError,
    ObjectMissingError,
    ObjectStoreRefusedError,
    ObjectStoreUnavailableError,
)

_NO_BUCKET: Final = "bucket does not exist"
_FIRST_REFUSAL: Final = 400
_SCOPES: Final = ("https://www.googleapis.com/auth/devstorage.read_write",)
_NO_PROJECT: Final = "none"  # reading and writing objects names no project, but the client wants one


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """How long one question may take: to connect, for each piece of the answer, and with all its repeats."""

    connect_s: float = 5.0
    answer_s: float = 20.0
    total_s: float = 60.0
    first_pause_s: float = 0.2
    longest_pause_s: float = 5.0

    def options(self, wanted: Callable[[], bool]) -> dict[str, Any]:
        """Return what the client is told with every call, which it repeats only while the answer is `wanted`.

        It repeats only what is safe to repeat, and so named.
        """
        passing = DEFAULT_RETRY._predicate  # what the client itself takes for passing; it has no name for it
        retry = DEFAULT_RETRY.with_timeout(self.total_s).with_predicate(lambda error: wanted() and passing(error))
        retry = retry.with_delay(initial=self.first_pause_s, maximum=self.longest_pause_s, multiplier=2.0)
        return {"timeout": (self.connect_s, self.answer_s), "retry": retry}


class GcsClient:
    """The client of one process, made when it is first needed: finding credentials may take seconds.

    Without an `endpoint` it speaks to Google with the credentials that GOOGLE_APPLICATION_CREDENTIALS or the machine
    provide; with one (an emulator), it speaks to that without any.
    """

    def __init__(self, endpoint: str | None = None) -> None:
        self._endpoint = endpoint
        self._lock = threading.Lock()
        self._made: tuple[storage.Client, RangeReader] | None = None

    def bucket(self, name: str) -> Any:
        """Return a bucket by name; nothing is asked yet.

        Raises:
            google.auth.exceptions.DefaultCredentialsError: there are no credentials.
        """
        return self._both()[0].bucket(name)

    @property
    def ranges(self) -> RangeReader:
        """What reads ranges of bytes with the same credentials.

        Raises:
            google.auth.exceptions.DefaultCredentialsError: there are no credentials.
        """
        return self._both()[1]

    def _both(self) -> tuple[storage.Client, RangeReader]:
        with self._lock:
            if self._made is None:
                self._made = self._make()
            return self._made

    def _make(self) -> tuple[storage.Client, RangeReader]:
        if self._endpoint is None:
            credentials, project = google.auth.default(scopes=_SCOPES)
            client = storage.Client(project=project or _NO_PROJECT, credentials=credentials)
        else:
            credentials = AnonymousCredentials()
            options = ClientOptions(api_endpoint=self._endpoint)
            client = storage.Client(project=_NO_PROJECT, credentials=credentials, client_options=options)
        return _settled(client), RangeReader(client.api_endpoint, credentials)

    def close(self) -> None:
        """Give its connections back."""
        with self._lock:
            if self._made is not None:
                client, ranges = self._made
                client.close()
                ranges.close()
                self._made = None


def _settled(client: storage.Client) -> storage.Client:
    # It would ask for the bucket beside the first question, in a thread of its own, to decorate traces nobody takes.
    client._bucket_metadata_cache = None  # it has no switch
    client._http.hooks["response"].append(_take_in_a_refusal)  # its session is requests', with hooks
    return client


def _take_in_a_refusal(response: Any, *_: Any, **__: Any) -> None:
    """Read a refusal to its end: the client does not, and so leaves a connection behind with every one."""
    if response.status_code >= _FIRST_REFUSAL:
        _ = response.content


@contextmanager
def asking(path: str) -> Iterator[None]:
    """Turn the service's refusals and silence into the store's."""
    try:
        yield
    except said.NotFound as none:
        if _NO_BUCKET in str(none):
            raise ObjectStoreRefusedError(f"{path}: there is no such bucket") from none
        raise ObjectMissingError(f"{path}: there is no such object") from none
    except said.PreconditionFailed as other:
        raise ObjectChangedError(f"{path}: it is another generation than the one named") from other
    except (said.TooManyRequests, said.ServerError, said.RetryError, DataCorruption) as away:
        raise ObjectStoreUnavailableError(f"{path}: {_brief(away)}") from away
    except (said.ClientError, InvalidResponse) as refused:
        raise ObjectStoreRefusedError(f"{path}: {_brief(refused)}") from refused
    except google.auth.exceptions.TransportError as silent:
        raise ObjectStoreUnavailableError(f"{path}: no credentials could be fetched") from silent
    except google.auth.exceptions.GoogleAuthError as refused:
        # What the library says of credentials may quote them.
        raise ObjectStoreRefusedError(
            f"{path}: there are no usable credentials: set GOOGLE_APPLICATION_CREDENTIALS to a service account's file"
        ) from refused
    except (
        requests.exceptions.RequestException,
        urllib3.exceptions.HTTPError,
        ConnectionError,
        TimeoutError,
    ) as silent:
        raise ObjectStoreUnavailableError(f"{path}: no answer ({type(silent).__name__})") from silent


def _brief(error: Exception) -> str:
    """Say what was answered, without the address that was asked: it may carry a signature."""
    code = getattr(error, "code", None)
    return type(error).__name__ if code is None else f"{type(error).__name__} ({int(code)})"

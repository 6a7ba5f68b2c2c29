"""`python -m app.probe`: asks the service of this machine whether it is healthy; for containers and supervisors."""

from __future__ import annotations

import os
import ssl
import sys
import urllib.error
import urllib.request
from typing import Final

DEFAULT: Final = "http://127.0.0.1:8001/api/health"
WITHIN_S: Final = 4.0


def main() -> int:
    """Exit 0 where it is healthy, else 1; `LIVEXEC_PROBE_URL` says where it is."""
    url = os.environ.get("LIVEXEC_PROBE_URL", DEFAULT)
    if not url.startswith(("http://127.0.0.1", "https://127.0.0.1")):
        return 1  # only this machine is asked: who it is need not be proven then
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with urllib.request.urlopen(url, timeout=WITHIN_S, context=context) as answer:  # noqa: S310 - looked at above
            return 0 if answer.status == 200 else 1
    except (urllib.error.URLError, OSError):
        return 1


if __name__ == "__main__":
    sys.exit(main())

"""What both clients are made with."""

from __future__ import annotations

import urllib.parse
from typing import Any

import httpx

from ._operation import CallOptions, Operation, RetryPolicy
from ._operations import OPERATIONS
from ._wire import Call, Credentials, call_of
from .errors import WAIaaSError

SILENT_S = 45.0
"""A daemon that has nothing to say says so on a stream of events each quarter of a minute."""
CALM_S = 30.0


class Settings:
    """Where the daemon is, what is shown to it, and when a call is made again."""

    def __init__(self, base_url: str, shown: Credentials, *, retry_policy: RetryPolicy | None, timeout: float) -> None:
        parts = urllib.parse.urlsplit(base_url)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise WAIaaSError("VALIDATION_ERROR", "base_url: expected something like http://127.0.0.1:3100")
        self.base_url = base_url.rstrip("/")
        self.shown = shown
        self.retry = retry_policy or RetryPolicy()
        self.timeout = timeout

    def http_options(self) -> dict[str, Any]:
        """Proxies and .netrc of the environment are not for a wallet: a token would go there."""
        return {"trust_env": False, "follow_redirects": False, "timeout": self.timeout}

    def call(
        self, name: str, given: dict[str, Any], optional: dict[str, Any], options: CallOptions | None
    ) -> tuple[Operation, Call]:
        operation = OPERATIONS[name]
        kept = {**given, **{name: value for name, value in optional.items() if value is not None}}
        return operation, call_of(
            operation, kept, self.shown, base_url=self.base_url, options=options or CallOptions()
        )

    def request(self, call: Call) -> dict[str, Any]:
        return {
            "method": call.operation.method,
            "url": call.url,
            "headers": call.headers,
            "content": call.content,
            "timeout": httpx.Timeout(self.timeout + call.wait),
        }

    def events_request(self, last_event_id: str | None) -> dict[str, Any]:
        _, call = self.call("listEvents", {}, {}, None)
        headers = {**call.headers, "accept": b"text/event-stream"}
        if last_event_id is not None:
            headers["last-event-id"] = last_event_id.encode()
        timeout = httpx.Timeout(self.timeout, read=SILENT_S)
        return {"method": "GET", "url": call.url, "headers": headers, "timeout": timeout}


def pause_before_stream(failures: int) -> float:
    """Seconds until a stream of events is opened again."""
    return float(min(0.25 * 2**failures, 5.0))

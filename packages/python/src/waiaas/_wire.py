"""The request of a call, and what its answer means: all that the two clients share and that no socket is needed for."""

from __future__ import annotations

import base64
import json
import random
import urllib.parse
import uuid
from dataclasses import dataclass, field
from typing import Any

import httpx

from . import models
from ._model import Model, decode, encode
from ._operation import CallOptions, Operation, OwnerWord, RetryPolicy
from .errors import DaemonUnreachable, WAIaaSError, class_of

AGENT = "waiaas-python/0.1.0"
REFUSED = (429, 503)
"""Statuses that say that nothing was done."""


@dataclass
class Credentials:
    """What a client shows; never in its repr."""

    session_token: str | None = field(default=None, repr=False)
    master_password: str | None = field(default=None, repr=False)
    stop_token: str | None = field(default=None, repr=False)
    login_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Call:
    """One request, ready to be sent as often as it may be."""

    operation: Operation
    url: str
    headers: dict[str, bytes] = field(repr=False)
    content: bytes | None = field(repr=False)
    wait: float

    @property
    def is_repeatable(self) -> bool:
        return self.operation.method == "GET" or self.operation.has("keyed")


def call_of(
    operation: Operation, given: dict[str, Any], shown: Credentials, *, base_url: str, options: CallOptions
) -> Call:
    """Path filled in, the rest in query or body, an Idempotency-Key where money moves."""
    rest = {name: encode(value) for name, value in given.items() if name not in operation.in_path}
    path = operation.path
    for name in operation.in_path:
        path = path.replace(f"{{{name}}}", _path_value(name, given.get(name)))
    headers = {"accept": b"application/json", "user-agent": AGENT.encode(), **_credentials(operation, shown, options)}
    content = None
    if operation.has("body"):
        headers["content-type"] = b"application/json"
        content = _json_of(rest)
    elif rest:
        path += "?" + urllib.parse.urlencode({name: _query_value(value) for name, value in rest.items()})
    if operation.has("keyed"):
        headers["idempotency-key"] = _header("the idempotency key", options.idempotency_key or str(uuid.uuid4()))
    wait = rest.get("wait", 0)
    return Call(operation, base_url + path, headers, content, wait if isinstance(wait, (int, float)) else 0)


def _json_of(value: Any) -> bytes:
    try:
        return json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    except (TypeError, ValueError) as cause:
        raise _invalid(f"expected what JSON can hold: {cause}") from cause


def _invalid(message: str) -> WAIaaSError:
    return WAIaaSError("VALIDATION_ERROR", message)


def _path_value(name: str, value: Any) -> str:
    if isinstance(value, str) and value not in ("", ".", ".."):
        return urllib.parse.quote(value, safe="")
    raise _invalid(f"{name}: expected a text that is not empty")


def _query_value(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _header(what: str, value: str) -> bytes:
    """Refused here by name, for libraries put a header that is refused into their own errors, secrets too."""
    if value == "" or value != value.strip() or any(ord(each) < 32 or ord(each) == 127 for each in value):
        raise _invalid(f"{what}: expected one line of text without white space around it")
    return value.encode()


def _bearer(what: str, token: str) -> dict[str, bytes]:
    return {"authorization": b"Bearer " + _header(what, token)}


def _owner_headers(owner: OwnerWord) -> dict[str, bytes]:
    return {
        "x-owner-address": _header("the owner's address", owner.address),
        # A header holds one line, so that the text goes in base64.
        "x-owner-message": base64.b64encode(owner.message.encode()),
        "x-owner-signature": _header("the owner's signature", owner.signature),
    }


def _credentials(operation: Operation, shown: Credentials, options: CallOptions) -> dict[str, bytes]:
    """The one credential that the operation asks for; the agent's where both would do, unless a password is given for the call."""
    callers = operation.callers
    if not callers:
        return {}
    password = options.master_password or shown.master_password
    operator = {"x-master-password": _header("the master password", password)} if password else None
    agreed = _owner_headers(options.owner) if options.owner else {}
    if options.owner and "owner" in callers:
        return agreed
    if options.view and "viewer" in callers:
        return _bearer("the view token", options.view)
    if shown.stop_token and operation.has("stop"):
        return _bearer("the stop token", shown.stop_token)
    if shown.login_token and operation.has("login"):
        return _bearer("the login token", shown.login_token)
    if "operator" in callers and options.master_password and operator:
        return {**operator, **agreed}
    if "agent" in callers and shown.session_token:
        return _bearer("the session token", shown.session_token)
    if "operator" in callers and operator:
        return {**operator, **agreed}
    if "agent" in callers:
        raise WAIaaSError("NO_TOKEN", "this call needs a session token: give session_token or call set_session_token()")
    if "operator" in callers:
        raise WAIaaSError("NO_MASTER_PASSWORD", "this call needs the master password: give master_password")
    raise WAIaaSError("NO_OWNER", "this call needs what an owner signed: give CallOptions(owner=…)")


def unreachable(url: str, cause: httpx.HTTPError, timeout: float) -> WAIaaSError:
    """No answer, told without what was sent."""
    if isinstance(cause, httpx.TimeoutException):
        message = f"the daemon did not answer within {timeout:g} s"
        return DaemonUnreachable("REQUEST_TIMEOUT", message, retryable=True)
    parts = urllib.parse.urlsplit(url)
    message = f"the daemon at {parts.scheme}://{parts.netloc.rpartition('@')[2]} cannot be reached"
    return DaemonUnreachable("NETWORK_ERROR", message, retryable=True)


def error_of(response: httpx.Response) -> WAIaaSError:
    """The error that a refused call's answer tells of."""
    status = response.status_code
    try:
        body = json.loads(response.content)
    except ValueError:
        body = None
    if not isinstance(body, dict) or not isinstance(body.get("code"), str):
        body = {
            "code": f"HTTP_{status}",
            "message": f"the server answered {status} without an error body",
            "retryable": status >= 500,
        }
    details = body.get("details")
    return class_of(body["code"], status)(
        body["code"],
        str(body.get("message", "")),
        status_code=status,
        retryable=body.get("retryable") is True,
        details=details if isinstance(details, dict) else None,
        request_id=body.get("requestId"),
        hint=body.get("hint"),
        retry_after=_seconds(response.headers.get("retry-after")),
    )


def _seconds(text: str | None) -> float | None:
    return float(text) if text is not None and text.isascii() and text.isdigit() else None


def answer_of(operation: Operation, response: httpx.Response) -> Any:
    """The model of a success, or the error that an answer tells of, raised."""
    if not response.is_success:
        raise error_of(response)
    if not operation.answer or not response.content:
        return None
    kind = getattr(models, operation.answer)
    try:
        found = decode(kind, json.loads(response.content))
    except ValueError as cause:
        raise WAIaaSError("INVALID_ANSWER", f"the answer cannot be read: {cause}", status_code=response.status_code) from cause
    is_class = isinstance(kind, type) and issubclass(kind, Model)
    if is_class and not isinstance(found, kind):
        raise WAIaaSError("INVALID_ANSWER", f"expected {operation.answer}", status_code=response.status_code)
    return found


def is_loss(error: WAIaaSError) -> bool:
    """Whether nobody knows what became of a try: no answer came, one of something between, or one that cannot be read."""
    status = error.status_code
    return error.code == "INVALID_ANSWER" or status == 0 and error.retryable or status >= 500 and status not in REFUSED


def pause_before_repeat(call: Call, error: WAIaaSError, tries: int, retry: RetryPolicy) -> float | None:
    """Seconds until a repeat that is safe and makes sense; None where there is none."""
    may_repeat = call.is_repeatable or error.status_code in REFUSED
    is_listed = error.status_code == 0 or error.status_code in retry.statuses
    if not (error.retryable and may_repeat and is_listed) or tries >= retry.max_retries:
        return None
    if error.retry_after is not None:
        return error.retry_after if error.retry_after <= retry.max_delay else None
    return float(min(retry.base_delay * 2**tries, retry.max_delay) * random.uniform(0.5, 1))

"""What a call fails with."""

from __future__ import annotations

from typing import Any

from .models import Suggestion


class WAIaaSError(Exception):
    """An answer that refuses, or (status_code 0) the lack of one. Decide on `code`; `message` is for people."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        status_code: int = 0,
        retryable: bool = False,
        details: dict[str, Any] | None = None,
        request_id: str | None = None,
        hint: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status_code = status_code
        self.retryable = retryable
        self.details = details or {}
        self.request_id = request_id
        self.hint = hint
        self.retry_after = retry_after
        self.is_after_loss = False
        """An earlier try of the same call got no answer, so that this one does not say what became of it."""

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"

    @property
    def remedy(self) -> Suggestion | None:
        """What would pass in place of what a policy refused: a sentence, an amount, a time, or who can allow it."""
        decision = self.details.get("decision")
        found = decision.get("suggestion") if isinstance(decision, dict) else None
        return Suggestion.from_wire(found) if isinstance(found, dict) and "message" in found else None


class PolicyDenied(WAIaaSError):
    """The policies refuse it; `remedy` says what would pass, or who can allow it."""


class NotAuthorized(WAIaaSError):
    """The credential is missing, wrong or over."""


class RateLimited(WAIaaSError):
    """Too much at once: it passes after `retry_after` seconds."""


class DaemonUnreachable(WAIaaSError):
    """No answer came. What was asked for under an idempotency key can be asked again with that key."""


class PaymentLost(WAIaaSError):
    """A payment that did not land: its code is FAILED, CANCELLED or EXPIRED."""


class PaymentUnknown(WAIaaSError):
    """Nobody knows whether it was paid. The same payment with details["idempotencyKey"] finds out, and pays at most once."""


def class_of(code: str, status: int) -> type[WAIaaSError]:
    """The class that a failure is raised as."""
    if code in ("POLICY_DENIED", "CONSTRAINT_VIOLATED"):
        return PolicyDenied
    if status == 429:
        return RateLimited
    return NotAuthorized if status == 401 else WAIaaSError

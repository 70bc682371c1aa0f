"""One call: what an operation is, and what goes with a single call of it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Operation:
    """One endpoint, as the contract describes it."""

    name: str
    method: str
    path: str
    in_path: tuple[str, ...]
    callers: tuple[str, ...]
    answer: str
    traits: str

    def has(self, trait: str) -> bool:
        """body, keyed (it moves money), stop (it only stops) or login (whoever is logged in may)."""
        return trait in self.traits.split()


@dataclass(frozen=True)
class OwnerWord:
    """The text of a challenge, and what the owner's wallet made of it: 0x and hex, or base64."""

    address: str
    message: str
    signature: str


@dataclass(frozen=True)
class CallOptions:
    """What goes with one call."""

    idempotency_key: str | None = None
    """Under one key a payment is made once; a call makes its own where none is given."""
    master_password: str | None = field(default=None, repr=False)
    owner: OwnerWord | None = None
    view: str | None = field(default=None, repr=False)
    """`wai_view_…`, with which an owner looks at what waits."""


@dataclass(frozen=True)
class RetryPolicy:
    """When a call is made again. Only what cannot happen twice is: reads, calls under a key, and refusals."""

    max_retries: int = 3
    base_delay: float = 1.0
    max_delay: float = 10.0
    """The longest wait in seconds; an answer that asks for a longer one is not repeated."""
    statuses: frozenset[int] = frozenset({429, 500, 502, 503, 504})

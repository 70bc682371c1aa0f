"""What takes several calls, once for both clients: a generator that yields steps, which a client makes, waiting or awaiting."""

from __future__ import annotations

import base64
import json
import time
import uuid
from collections.abc import Generator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from . import models
from ._operation import CallOptions, OwnerWord
from ._wire import is_loss
from .errors import PaymentLost, PaymentUnknown, WAIaaSError

OVER = ("CONFIRMED", "FAILED", "CANCELLED", "EXPIRED", "PARTIAL_FAILURE")
LOST = ("FAILED", "CANCELLED", "EXPIRED")
MOST_WAIT_S = 60
PAUSE_S = 0.5
AGAIN_S = 1.0


@dataclass(frozen=True)
class Ask:
    """A call of an operation; its answer is sent back, its failure raised, in the generator."""

    name: str
    given: dict[str, Any]
    options: CallOptions


@dataclass(frozen=True)
class Pause:
    """Seconds in which nothing happens."""

    seconds: float


@dataclass(frozen=True)
class Sign:
    """A text for the owner's wallet; the signature is sent back."""

    message: bytes


Flow = Generator[Ask | Pause | Sign, Any, Any]


def wait_flow(id: str, *, seconds: float, seen: str | None, options: CallOptions) -> Flow:
    """A transaction, once it is over or a human has to decide; also when the daemon starts anew meanwhile."""
    until = time.monotonic() + seconds
    while True:
        started = time.monotonic()
        left = max(0.0, until - started)
        given: dict[str, Any] = {"id": id, "wait": min(MOST_WAIT_S, int(left) + (left % 1 > 0))}
        if seen is not None:
            given["seen"] = seen
        found = None
        try:
            found = yield Ask("getTransaction", given, options)
        except WAIaaSError as error:
            # A daemon that is away for a moment says nothing about the transaction.
            if not error.retryable or error.status_code not in (0, 503) or left == 0:
                raise
        if found is not None and (left == 0 or _is_settled(found, seen)):
            return found
        # A stop answers at once, and so does a daemon that ends: the next try comes a little later.
        if time.monotonic() - started < PAUSE_S:
            yield Pause(PAUSE_S)


def _is_settled(found: models.TransactionDetail, seen: str | None) -> bool:
    if found.status in OVER or found.signature is not None:
        return True
    return found.status in ("QUEUED", "SIGNED") and found.status != seen


def amount_text(amount: str | int | Decimal) -> str:
    """Whole units as digits. A float is refused: 0.1 + 0.2 is no amount of money."""
    if isinstance(amount, bool) or not isinstance(amount, (str, int, Decimal)):
        raise WAIaaSError("VALIDATION_ERROR", 'amount: expected a text such as "2" or "0.05", an int or a Decimal')
    return format(amount, "f") if isinstance(amount, Decimal) else str(amount)


def send_flow(payment: dict[str, Any], *, seconds: float, until_decided: bool, options: CallOptions) -> Flow:
    """Pays once, under one key for as long as nobody knows what became of it, and waits."""
    until = time.monotonic() + seconds
    options = replace(options, idempotency_key=options.idempotency_key or str(uuid.uuid4()))
    given = {name: value for name, value in payment.items() if value is not None}
    if "walletId" not in given and "network" in given:
        wallet = yield from _wallet_on(given["network"], options)
        if wallet is not None:
            given["walletId"] = wallet
    given["type"] = "TRANSFER" if "token" not in given else "TOKEN_TRANSFER"
    sent = yield from _asked(Ask("sendToken", given, options), until)
    try:
        left = max(0.0, until - time.monotonic())
        found = yield from wait_flow(sent.id, seconds=left, seen=None, options=options)
        if until_decided and found.status == "QUEUED":
            left = max(0.0, until - time.monotonic())
            found = yield from wait_flow(sent.id, seconds=left, seen="QUEUED", options=options)
    except WAIaaSError as error:
        # It was taken: whoever takes this for a failure would pay again.
        raise _unknown(error, {"idempotencyKey": options.idempotency_key, "transactionId": sent.id}) from error
    if found.status in LOST:
        details = {"transactionId": found.id, "status": found.status}
        raise PaymentLost(found.status, found.error or f"the payment is {found.status}", details=details)
    return found


def _asked(ask: Ask, until: float) -> Flow:
    is_lost = False
    while True:
        try:
            return (yield ask)
        except WAIaaSError as error:
            # What refuses a repeat (too many calls, a session that has ended, a stop) says nothing of the try before it.
            is_lost = is_lost or error.is_after_loss or is_loss(error)
            if not is_lost and not (error.retryable and error.status_code >= 500):
                raise
            if not error.retryable or time.monotonic() + AGAIN_S > until:
                if not is_lost or _is_decided(error):
                    raise
                raise _unknown(error, {"idempotencyKey": ask.options.idempotency_key}) from error
            yield Pause(AGAIN_S)


def _is_decided(error: WAIaaSError) -> bool:
    """The daemon has decided on it, whichever of its askings this answers."""
    return "transactionId" in (error.details or {})


def _unknown(error: WAIaaSError, details: dict[str, Any]) -> PaymentUnknown:
    return PaymentUnknown(
        "PAYMENT_UNKNOWN",
        f"nobody knows whether it was paid: {error.message}",
        retryable=True,
        details=details,
        hint="send the same payment with this idempotency_key: it is made at most once",
    )


def _wallet_on(network: str, options: CallOptions) -> Flow:
    """Of several wallets of a session, the only one on a network; None where the daemon has to say what is left open."""
    try:
        return (yield Ask("getAddress", {}, options)).wallet_id
    except WAIaaSError as error:
        if error.code != "WALLET_ID_REQUIRED":
            raise
    info = yield Ask("getConnectInfo", {}, options)
    there = [wallet.id for wallet in info.wallets if network in (wallet.available_networks or [])]
    return there[0] if len(there) == 1 else None


def wallet_info_flow(wallet_id: str | None) -> Flow:
    """Address, networks and detail of the session's wallet."""
    options = CallOptions()
    address = yield Ask("getAddress", {} if wallet_id is None else {"walletId": wallet_id}, options)
    detail = yield Ask("getWallet", {"id": address.wallet_id}, options)
    networks = yield Ask("listWalletNetworks", {"id": address.wallet_id}, options)
    return WalletInfo(address=address, detail=detail, networks=networks)


@dataclass(frozen=True)
class WalletInfo:
    """What there is to know of a wallet."""

    address: models.GetAddressAnswer
    detail: models.WalletDetail
    networks: models.ListWalletNetworksAnswer


def session_id_of(token: str | None) -> str:
    """The session's id, which its token says."""
    if token is None:
        raise WAIaaSError("NO_TOKEN", "this call needs a session token: give session_token or call set_session_token()")
    try:
        payload = token.removeprefix("wai_sess_").split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        if isinstance(claims["sub"], str):
            return claims["sub"]
    except (IndexError, KeyError, TypeError, ValueError):
        pass
    raise WAIaaSError("INVALID_TOKEN", "expected a session token that begins with wai_sess_ and names its session")


SOON_S = 60
"""A token that ends within so many seconds is not used any more."""


class OwnerFlows:
    """What an owner says: each call asks for its text, has it signed, and sends both."""

    def __init__(self, address: str, network: str | None) -> None:
        self._address = address
        self._network = network
        self._view: models.StartViewAnswer | None = None

    def _word(self, message: str) -> Flow:
        signature = yield Sign(message.encode())
        return OwnerWord(self._address, message, base64.b64encode(signature).decode())

    def _seen(self) -> Flow:
        view = self._view
        if view is None or view.expires_at - SOON_S <= time.time():
            given = {"address": self._address, **({"network": self._network} if self._network else {})}
            challenge = yield Ask("getViewChallenge", given, CallOptions())
            word = yield from self._word(challenge.message)
            self._view = view = yield Ask("startView", {}, CallOptions(owner=word))
        assert view is not None
        return CallOptions(view=view.token)

    def say(self, name: str, given: dict[str, Any], challenge: str, asked: dict[str, Any]) -> Flow:
        """An operation of the owner, with the text that it takes."""
        options = yield from self._seen()
        text = yield Ask(challenge, {**asked, "signer": self._address}, options)
        word = yield from self._word(text.message)
        return (yield Ask(name, given, CallOptions(owner=word)))

    def kill_switch(self) -> Flow:
        """A nonce alone names no wallet: whoever has to stop now need not know one."""
        nonce = yield Ask("getNonce", {}, CallOptions())
        word = yield from self._word(nonce.nonce)
        return (yield Ask("ownerKillSwitch", {}, CallOptions(owner=word)))

    def operator_says(self, name: str, action: str, wallet_id: str) -> Flow:
        """An operation of the operator that an owner has to agree to."""
        asked = {"action": action, "walletId": wallet_id, "signer": self._address}
        text = yield Ask("getOwnerActionChallenge", asked, CallOptions())
        word = yield from self._word(text.message)
        return (yield Ask(name, {}, CallOptions(owner=word)))


class EventReader:
    """Blocks of a stream of server-sent events, as far as the daemon uses them; remembers where to go on."""

    def __init__(self, last_event_id: str | None) -> None:
        self.last_event_id = last_event_id
        self._data: str | None = None
        self._id: str | None = None

    def line(self, text: str) -> models.DaemonEvent | None:
        """An event, once its block is whole."""
        if text.startswith("id: "):
            self._id = text[4:]
        elif text.startswith("data: "):
            self._data = text[6:]
        elif text == "":
            data, self._data = self._data, None
            self.last_event_id, self._id = self._id or self.last_event_id, None
            if data is not None:
                return models.DaemonEvent.from_wire(json.loads(data))
        return None

    def begin(self) -> None:
        """Of a connection that broke within a block nothing is left."""
        self._data = self._id = None

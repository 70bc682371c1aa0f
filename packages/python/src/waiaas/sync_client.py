"""The client that blocks until there is an answer."""

from __future__ import annotations

import time
from collections.abc import Iterator, Callable
from decimal import Decimal
from types import TracebackType
from typing import Any

import httpx

from . import models
from ._flows import (
    Ask,
    EventReader,
    Flow,
    OwnerFlows,
    Pause,
    WalletInfo,
    amount_text,
    send_flow,
    session_id_of,
    wait_flow,
    wallet_info_flow,
)
from ._methods import Methods
from ._operation import CallOptions, RetryPolicy
from ._settings import CALM_S, Settings, pause_before_stream
from ._wire import Credentials, answer_of, error_of, is_loss, pause_before_repeat, unreachable
from .errors import WAIaaSError


class WAIaaSSyncClient(Methods):
    """A method for each operation of the daemon, and what takes several of them. Holds no keys. Fails with WAIaaSError."""

    def __init__(
        self,
        base_url: str,
        session_token: str | None = None,
        *,
        master_password: str | None = None,
        stop_token: str | None = None,
        login_token: str | None = None,
        retry_policy: RetryPolicy | None = None,
        timeout: float = 30.0,
        http_client: httpx.Client | None = None,
    ) -> None:
        shown = Credentials(session_token, master_password, stop_token, login_token)
        self._settings = Settings(base_url, shown, retry_policy=retry_policy, timeout=timeout)
        self._is_own = http_client is None
        self._http = http_client or httpx.Client(**self._settings.http_options())

    def __enter__(self) -> WAIaaSSyncClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the connections, unless they are of an http_client that was given."""
        if self._is_own:
            self._http.close()

    def set_session_token(self, token: str) -> None:
        """Uses another session from now on."""
        self._settings.shown.session_token = token

    def clear_session_token(self) -> None:
        """Uses no session any more."""
        self._settings.shown.session_token = None

    def _call(
        self, name: str, given: dict[str, Any], optional: dict[str, Any], options: CallOptions | None
    ) -> Any:
        operation, call = self._settings.call(name, given, optional, options)
        tries = 0
        is_lost = False
        while True:
            try:
                response = self._sent(self._settings.request(call))
                return answer_of(operation, response)
            except WAIaaSError as error:
                error.is_after_loss = is_lost
                is_lost = is_lost or is_loss(error)
                seconds = pause_before_repeat(call, error, tries, self._settings.retry)
                if seconds is None:
                    raise
            time.sleep(seconds)
            tries += 1

    def _sent(self, request: dict[str, Any]) -> httpx.Response:
        try:
            return self._http.request(**request, follow_redirects=False)
        except httpx.HTTPError as cause:
            # Nothing of the request is in what is raised: it holds secrets.
            raise unreachable(request["url"], cause, request["timeout"].read or 0) from None

    def _run(self, flow: Flow, sign: Callable[[bytes], Any] | None = None) -> Any:
        result: Any = None
        failure: WAIaaSError | None = None
        while True:
            try:
                step = flow.send(result) if failure is None else flow.throw(failure)
            except StopIteration as end:
                return end.value
            result = failure = None
            if isinstance(step, Ask):
                try:
                    result = self._call(step.name, step.given, {}, step.options)
                except WAIaaSError as error:
                    failure = error
            elif isinstance(step, Pause):
                time.sleep(step.seconds)
            elif sign is not None:
                result = sign(step.message)

    def send(
        self,
        to: str,
        amount: str | int | Decimal,
        token: str | None = None,
        *,
        network: str | None = None,
        wallet_id: str | None = None,
        memo: str | None = None,
        labels: dict[str, str] | None = None,
        idempotency_key: str | None = None,
        seconds: float = 600,
        until_decided: bool = False,
    ) -> models.TransactionDetail:
        """Pays whole units once, and waits until it is in a block or a person has to decide (status QUEUED).

        The call has one idempotency key, under which a lost answer is asked for again, so that nothing is paid twice.
        """
        payment = {
            "to": to,
            "humanAmount": amount_text(amount),
            "token": token,
            "network": network,
            "walletId": wallet_id,
            "memo": memo,
            "labels": labels,
        }
        options = CallOptions(idempotency_key=idempotency_key)
        flow = send_flow(payment, seconds=seconds, until_decided=until_decided, options=options)
        found: models.TransactionDetail = self._run(flow)
        return found

    def wait_for_transaction(
        self, id: str, *, seconds: float = 600, seen: str | None = None, options: CallOptions | None = None
    ) -> models.TransactionDetail:
        """A transaction, once it is over or a person has to decide; as it is then, when the seconds are over.

        With seen="QUEUED" it waits for what a delay, or a person, lets become of it.
        """
        flow = wait_flow(id, seconds=seconds, seen=seen, options=options or CallOptions())
        found: models.TransactionDetail = self._run(flow)
        return found

    def events(self, last_event_id: str | None = None) -> Iterator[models.DaemonEvent]:
        """What happens from now on, or behind an event: each event once, also when the daemon starts anew meanwhile."""
        reader = EventReader(last_event_id)
        failures = 0
        while True:
            opened = time.monotonic()
            reader.begin()
            try:
                with self._http.stream(**self._settings.events_request(reader.last_event_id)) as response:
                    if not response.is_success:
                        response.read()
                        raise error_of(response)
                    for line in response.iter_lines():
                        event = reader.line(line.rstrip("\r\n"))
                        if event is not None:
                            yield event
            except httpx.HTTPError:
                pass
            except WAIaaSError as error:
                if not error.retryable:
                    raise
            failures = 0 if time.monotonic() - opened > CALM_S else failures + 1
            time.sleep(pause_before_stream(failures))

    def get_all_balances(self) -> models.GetBalanceAnswer:
        """The balance on each network of the wallet."""
        return self.get_balance("all")

    def get_all_assets(self) -> models.GetAssetsAnswer:
        """What the wallet holds on each of its networks."""
        return self.get_assets("all")

    def get_balance(self, network: str | None = None, **more: Any) -> models.GetBalanceAnswer:
        """Show the balance in the network's own currency."""
        return super().get_balance(network=network, **more)

    def get_assets(self, network: str | None = None, **more: Any) -> models.GetAssetsAnswer:
        """List what the wallet holds."""
        return super().get_assets(network=network, **more)

    def get_wallet_info(self, wallet_id: str | None = None) -> WalletInfo:
        """Address, networks and detail of the session's wallet, in one."""
        found: WalletInfo = self._run(wallet_info_flow(wallet_id))
        return found

    def send_token(self, to: str | None = None, amount: str | None = None, **more: Any) -> models.SendTokenAnswer:
        """Send currency, a token, an NFT or a call. `amount` is in base units; `send` takes whole units, and waits."""
        return super().send_token(to=to, amount=amount, **more)

    def list_transactions(
        self, limit: int | None = None, cursor: str | None = None, **more: Any
    ) -> models.ListTransactionsAnswer:
        """List the transactions of the session's wallets."""
        return super().list_transactions(limit=limit, cursor=cursor, **more)

    def renew_session(
        self, id: str | None = None, *, options: CallOptions | None = None
    ) -> models.RenewSessionAnswer:
        """Renews the session of the own token, and uses the new token from then on."""
        own = self._settings.shown.session_token
        renewed = super().renew_session(session_id_of(own) if id is None else id, options=options)
        self.set_session_token(renewed.token)
        return renewed


class WAIaaSSyncOwnerClient:
    """What the owner of a wallet says: each call asks for its text, has it signed, and sends both.

    sign_message gets UTF-8 bytes and gives the signature's: as a personal message (EIP-191) on EVM, of the bare bytes on Solana.
    """

    def __init__(
        self,
        base_url: str,
        owner_address: str,
        sign_message: Callable[[bytes], bytes],
        *,
        network: str | None = None,
        master_password: str | None = None,
        retry_policy: RetryPolicy | None = None,
        timeout: float = 30.0,
    ) -> None:
        self._client = WAIaaSSyncClient(
            base_url, master_password=master_password, retry_policy=retry_policy, timeout=timeout
        )
        self._flows = OwnerFlows(owner_address, network)
        self._sign = sign_message

    def __enter__(self) -> WAIaaSSyncOwnerClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the connections."""
        self._client.close()

    def _say(self, name: str, id: str, challenge: str, **asked: str) -> Any:
        flow = self._flows.say(name, {"id": id}, challenge, {"id": id, **asked})
        return self._client._run(flow, self._sign)

    def approve(self, transaction_id: str) -> models.ApproveTransactionAnswer:
        """Approves exactly what the challenge of this transaction says."""
        answer: models.ApproveTransactionAnswer = self._say(
            "approveTransaction", transaction_id, "getTransactionChallenge", decision="approve"
        )
        return answer

    def reject(self, transaction_id: str) -> models.RejectTransactionAnswer:
        """Rejects a transaction."""
        answer: models.RejectTransactionAnswer = self._say(
            "rejectTransaction", transaction_id, "getTransactionChallenge", decision="reject"
        )
        return answer

    def verify(self, wallet_id: str) -> models.VerifyOwnerAnswer:
        """Proves to the daemon that this owner can sign."""
        answer: models.VerifyOwnerAnswer = self._say(
            "verifyOwner", wallet_id, "getOwnerChallenge", action="verify"
        )
        return answer

    def activate_kill_switch(self) -> models.OwnerKillSwitchAnswer:
        """Stops everything."""
        answer: models.OwnerKillSwitchAnswer = self._client._run(self._flows.kill_switch(), self._sign)
        return answer

    def get_kill_switch_status(self) -> models.GetKillSwitchAnswer:
        """Takes the master password."""
        return self._client.get_kill_switch()

    def recover(self, wallet_id: str | None = None) -> models.RecoverKillSwitchAnswer:
        """With the master password: of a suspended daemon, or with a wallet of the owner of a locked one."""
        if wallet_id is None:
            return self._client.recover_kill_switch()
        flow = self._flows.operator_says("recoverKillSwitch", "recover", wallet_id)
        answer: models.RecoverKillSwitchAnswer = self._client._run(flow, self._sign)
        return answer

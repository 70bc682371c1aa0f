"""The client that is awaited."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import AsyncIterator, Awaitable, Callable
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
from ._async_methods import AsyncMethods
from ._operation import CallOptions, RetryPolicy
from ._settings import CALM_S, Settings, pause_before_stream
from ._wire import Credentials, answer_of, error_of, is_loss, pause_before_repeat, unreachable
from .errors import WAIaaSError


class WAIaaSClient(AsyncMethods):
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
        http_client: httpx.AsyncClient | None = None,
    ) -> None:
        shown = Credentials(session_token, master_password, stop_token, login_token)
        self._settings = Settings(base_url, shown, retry_policy=retry_policy, timeout=timeout)
        self._is_own = http_client is None
        self._http = http_client or httpx.AsyncClient(**self._settings.http_options())

    async def __aenter__(self) -> WAIaaSClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Ends the connections, unless they are of an http_client that was given."""
        if self._is_own:
            await self._http.aclose()

    def set_session_token(self, token: str) -> None:
        """Uses another session from now on."""
        self._settings.shown.session_token = token

    def clear_session_token(self) -> None:
        """Uses no session any more."""
        self._settings.shown.session_token = None

    async def _call(
        self, name: str, given: dict[str, Any], optional: dict[str, Any], options: CallOptions | None
    ) -> Any:
        operation, call = self._settings.call(name, given, optional, options)
        tries = 0
        is_lost = False
        while True:
            try:
                response = await self._sent(self._settings.request(call))
                return answer_of(operation, response)
            except WAIaaSError as error:
                error.is_after_loss = is_lost
                is_lost = is_lost or is_loss(error)
                seconds = pause_before_repeat(call, error, tries, self._settings.retry)
                if seconds is None:
                    raise
            await asyncio.sleep(seconds)
            tries += 1

    async def _sent(self, request: dict[str, Any]) -> httpx.Response:
        try:
            return await self._http.request(**request, follow_redirects=False)
        except httpx.HTTPError as cause:
            # Nothing of the request is in what is raised: it holds secrets.
            raise unreachable(request["url"], cause, request["timeout"].read or 0) from None

    async def _run(self, flow: Flow, sign: Callable[[bytes], Any] | None = None) -> Any:
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
                    result = await self._call(step.name, step.given, {}, step.options)
                except WAIaaSError as error:
                    failure = error
            elif isinstance(step, Pause):
                await asyncio.sleep(step.seconds)
            elif sign is not None:
                result = sign(step.message)
                if inspect.isawaitable(result):
                    result = await result

    async def send(
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
        found: models.TransactionDetail = await self._run(flow)
        return found

    async def wait_for_transaction(
        self, id: str, *, seconds: float = 600, seen: str | None = None, options: CallOptions | None = None
    ) -> models.TransactionDetail:
        """A transaction, once it is over or a person has to decide; as it is then, when the seconds are over.

        With seen="QUEUED" it waits for what a delay, or a person, lets become of it.
        """
        flow = wait_flow(id, seconds=seconds, seen=seen, options=options or CallOptions())
        found: models.TransactionDetail = await self._run(flow)
        return found

    async def events(self, last_event_id: str | None = None) -> AsyncIterator[models.DaemonEvent]:
        """What happens from now on, or behind an event: each event once, also when the daemon starts anew meanwhile."""
        reader = EventReader(last_event_id)
        failures = 0
        while True:
            opened = time.monotonic()
            reader.begin()
            try:
                async with self._http.stream(**self._settings.events_request(reader.last_event_id)) as response:
                    if not response.is_success:
                        await response.aread()
                        raise error_of(response)
                    async for line in response.aiter_lines():
                        event = reader.line(line.rstrip("\r\n"))
                        if event is not None:
                            yield event
            except httpx.HTTPError:
                pass
            except WAIaaSError as error:
                if not error.retryable:
                    raise
            failures = 0 if time.monotonic() - opened > CALM_S else failures + 1
            await asyncio.sleep(pause_before_stream(failures))

    async def get_all_balances(self) -> models.GetBalanceAnswer:
        """The balance on each network of the wallet."""
        return await self.get_balance("all")

    async def get_all_assets(self) -> models.GetAssetsAnswer:
        """What the wallet holds on each of its networks."""
        return await self.get_assets("all")

    async def get_balance(self, network: str | None = None, **more: Any) -> models.GetBalanceAnswer:
        """Show the balance in the network's own currency."""
        return await super().get_balance(network=network, **more)

    async def get_assets(self, network: str | None = None, **more: Any) -> models.GetAssetsAnswer:
        """List what the wallet holds."""
        return await super().get_assets(network=network, **more)

    async def get_wallet_info(self, wallet_id: str | None = None) -> WalletInfo:
        """Address, networks and detail of the session's wallet, in one."""
        found: WalletInfo = await self._run(wallet_info_flow(wallet_id))
        return found

    async def send_token(self, to: str | None = None, amount: str | None = None, **more: Any) -> models.SendTokenAnswer:
        """Send currency, a token, an NFT or a call. `amount` is in base units; `send` takes whole units, and waits."""
        return await super().send_token(to=to, amount=amount, **more)

    async def list_transactions(
        self, limit: int | None = None, cursor: str | None = None, **more: Any
    ) -> models.ListTransactionsAnswer:
        """List the transactions of the session's wallets."""
        return await super().list_transactions(limit=limit, cursor=cursor, **more)

    async def renew_session(
        self, id: str | None = None, *, options: CallOptions | None = None
    ) -> models.RenewSessionAnswer:
        """Renews the session of the own token, and uses the new token from then on."""
        own = self._settings.shown.session_token
        renewed = await super().renew_session(session_id_of(own) if id is None else id, options=options)
        self.set_session_token(renewed.token)
        return renewed


class WAIaaSOwnerClient:
    """What the owner of a wallet says: each call asks for its text, has it signed, and sends both.

    sign_message gets UTF-8 bytes and gives the signature's: as a personal message (EIP-191) on EVM, of the bare bytes on Solana.
    """

    def __init__(
        self,
        base_url: str,
        owner_address: str,
        sign_message: Callable[[bytes], bytes | Awaitable[bytes]],
        *,
        network: str | None = None,
        master_password: str | None = None,
        retry_policy: RetryPolicy | None = None,
        timeout: float = 30.0,
    ) -> None:
        self._client = WAIaaSClient(
            base_url, master_password=master_password, retry_policy=retry_policy, timeout=timeout
        )
        self._flows = OwnerFlows(owner_address, network)
        self._sign = sign_message

    async def __aenter__(self) -> WAIaaSOwnerClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Ends the connections."""
        await self._client.close()

    async def _say(self, name: str, id: str, challenge: str, **asked: str) -> Any:
        flow = self._flows.say(name, {"id": id}, challenge, {"id": id, **asked})
        return await self._client._run(flow, self._sign)

    async def approve(self, transaction_id: str) -> models.ApproveTransactionAnswer:
        """Approves exactly what the challenge of this transaction says."""
        answer: models.ApproveTransactionAnswer = await self._say(
            "approveTransaction", transaction_id, "getTransactionChallenge", decision="approve"
        )
        return answer

    async def reject(self, transaction_id: str) -> models.RejectTransactionAnswer:
        """Rejects a transaction."""
        answer: models.RejectTransactionAnswer = await self._say(
            "rejectTransaction", transaction_id, "getTransactionChallenge", decision="reject"
        )
        return answer

    async def verify(self, wallet_id: str) -> models.VerifyOwnerAnswer:
        """Proves to the daemon that this owner can sign."""
        answer: models.VerifyOwnerAnswer = await self._say(
            "verifyOwner", wallet_id, "getOwnerChallenge", action="verify"
        )
        return answer

    async def activate_kill_switch(self) -> models.OwnerKillSwitchAnswer:
        """Stops everything."""
        answer: models.OwnerKillSwitchAnswer = await self._client._run(self._flows.kill_switch(), self._sign)
        return answer

    async def get_kill_switch_status(self) -> models.GetKillSwitchAnswer:
        """Takes the master password."""
        return await self._client.get_kill_switch()

    async def recover(self, wallet_id: str | None = None) -> models.RecoverKillSwitchAnswer:
        """With the master password: of a suspended daemon, or with a wallet of the owner of a locked one."""
        if wallet_id is None:
            return await self._client.recover_kill_switch()
        flow = self._flows.operator_says("recoverKillSwitch", "recover", wallet_id)
        answer: models.RecoverKillSwitchAnswer = await self._client._run(flow, self._sign)
        return answer

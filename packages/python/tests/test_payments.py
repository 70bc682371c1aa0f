import json
import time
import unittest
from decimal import Decimal

from support import SCENE, Between, agent, async_agent, operator, owned, sign_as_owner
from waiaas import (
    CallOptions,
    DaemonUnreachable,
    NotAuthorized,
    PaymentUnknown,
    PolicyDenied,
    WAIaaSError,
    WAIaaSOwnerClient,
    WAIaaSSyncOwnerClient,
)

TO = SCENE["recipients"]["evm"]
NETWORK = "local-evm"


def sign_as_nobody(message):
    """Looks as the owner, and approves with another signature."""
    return bytes(65) if b"approve" in message.lower() else sign_as_owner(message)


def payments(wallet="evm"):
    with agent(wallet) as client:
        return client.list_transactions(100).items


class Payments(unittest.IsolatedAsyncioTestCase):
    @classmethod
    def setUpClass(cls):
        with operator() as client:
            token = client.resolve_token(network=NETWORK, address=SCENE["token"])
            client.add_token(NETWORK, SCENE["token"], "PAID", token.name, token.decimals)
            client.create_policy("ALLOWED_TOKENS", {"tokens": [{"address": SCENE["token"]}]}, wallet_id=SCENE["evm"]["id"])
        owned()

    def test_sends_whole_units_and_waits_for_the_block(self):
        with agent() as client:
            sent = client.send(to=TO, amount="0.02", network=NETWORK, memo="rent", labels={"task": "rent"})
        self.assertEqual((sent.status, sent.human_amount, sent.network), ("CONFIRMED", "0.02", NETWORK))
        self.assertRegex(sent.tx_hash, "^0x[0-9a-f]{64}$")
        self.assertEqual((sent.memo, sent.labels), ("rent", {"task": "rent"}))

    async def test_sends_on_the_other_chain_and_awaits_it(self):
        async with async_agent("solana") as client:
            sent = await client.send(to=SCENE["recipients"]["solana"], amount=Decimal("0.5"), network="local-solana")
        self.assertEqual((sent.status, sent.amount, sent.chain), ("CONFIRMED", "500000000", "solana"))

    def test_sends_a_token_by_its_symbol(self):
        with agent() as client:
            sent = client.send(to=TO, amount="2", token="PAID", network=NETWORK)
        self.assertEqual((sent.status, sent.type, sent.human_amount), ("CONFIRMED", "TOKEN_TRANSFER", "2"))

    def test_pays_once_when_the_answer_is_lost(self):
        before = len(payments())
        with Between("/v1/transactions/send", losses=6) as between, agent(url=between.url) as client:
            sent = client.send(to=TO, amount="0.001", network=NETWORK, seconds=60)
            keys = {headers["idempotency-key"] for _, _, headers, _ in between.calls}
            self.assertGreater(len(between.calls), 6)
        self.assertEqual(sent.status, "CONFIRMED")
        self.assertEqual(len(keys), 1)
        self.assertEqual(len(payments()), before + 1)

    async def test_pays_once_when_the_answer_is_lost_and_awaited(self):
        before = len(payments())
        with Between("/v1/transactions/send", losses=2) as between:
            async with async_agent(url=between.url) as client:
                sent = await client.send(to=TO, amount="0.001", network=NETWORK)
        self.assertEqual(sent.status, "CONFIRMED")
        self.assertEqual(len(payments()), before + 1)

    def test_tells_the_key_when_nobody_knows_and_the_same_call_finds_out(self):
        before = len(payments())
        with Between("/v1/transactions/send", losses=10_000) as between, agent(url=between.url) as client:
            with self.assertRaises(PaymentUnknown) as caught:
                client.send(to=TO, amount="0.003", network=NETWORK, seconds=0)
        key = caught.exception.details["idempotencyKey"]
        with agent() as client:
            sent = client.send(to=TO, amount="0.003", network=NETWORK, idempotency_key=key)
            self.assertEqual(sent.status, "CONFIRMED")
            with self.assertRaises(WAIaaSError) as other:
                client.send(to=TO, amount="0.004", network=NETWORK, idempotency_key=key)
        self.assertEqual(other.exception.code, "IDEMPOTENCY_KEY_REUSED")
        self.assertEqual(len(payments()), before + 1)

    def test_takes_what_refuses_a_repeat_for_no_word_about_the_payment(self):
        ended = json.dumps({"code": "SESSION_REVOKED", "message": "the session has ended", "retryable": False}).encode()
        busy = json.dumps({"code": "RATE_LIMITED", "message": "too much", "retryable": True}).encode()
        for later in ((401, [], ended), (429, [("retry-after", "3600")], busy), (200, [], b"not from the daemon")):
            before = len(payments())
            with self.subTest(status=later[0]), Between("/v1/transactions/send", losses=1, later=later) as between:
                with agent(url=between.url) as client, self.assertRaises(PaymentUnknown) as caught:
                    client.send(to=TO, amount="0.001", network=NETWORK, seconds=2)
                key = caught.exception.details["idempotencyKey"]
                with agent() as client:
                    client.send(to=TO, amount="0.001", network=NETWORK, idempotency_key=key)
                self.assertEqual(len(payments()), before + 1)
        with Between("/v1/transactions/send", answer=(401, [], ended)) as between, agent(url=between.url) as client:
            with self.assertRaises(NotAuthorized):
                client.send(to=TO, amount="0.001", wallet_id=SCENE["evm"]["id"], network=NETWORK)

    def test_tells_the_key_of_what_was_taken_and_cannot_be_looked_at(self):
        ended = json.dumps({"code": "SESSION_REVOKED", "message": "the session has ended", "retryable": False}).encode()
        before = len(payments())
        with Between("/v1/transactions/0", later=(401, [], ended)) as between, agent(url=between.url) as client:
            with self.assertRaises(PaymentUnknown) as caught:
                client.send(to=TO, amount="0.001", network=NETWORK)
        details = caught.exception.details
        with agent() as client:
            key = details["idempotencyKey"]
            sent = client.send(to=TO, amount="0.001", network=NETWORK, idempotency_key=key)
        self.assertEqual(sent.id, details["transactionId"])
        self.assertEqual(len(payments()), before + 1)

    def test_takes_a_refusal_for_one_although_its_first_answer_was_lost(self):
        with operator() as client:
            made = client.create_wallet(f"poor {time.time_ns()}", chain="ethereum", environment="testnet")
        with Between("/v1/transactions/send", losses=1) as between, agent(url=between.url) as client:
            client.set_session_token(made.session.token)
            with self.assertRaises(PolicyDenied):
                client.send(to=TO, amount="100", network=NETWORK)
            self.assertEqual(len(between.calls), 2)

    def test_repeats_nothing_that_could_happen_twice(self):
        name = f"made once {time.time_ns()}"
        with Between("/v1/wallets", losses=10_000) as between, operator() as client:
            client._settings.base_url = between.url
            with self.assertRaises(DaemonUnreachable) as caught:
                client.create_wallet(name, chain="ethereum", environment="testnet")
            self.assertEqual(len(between.calls), 1)
        self.assertEqual(caught.exception.code, "NETWORK_ERROR")
        with operator() as client:
            self.assertEqual([wallet.name for wallet in client.list_wallets(limit=100).items].count(name), 1)

    def test_says_what_would_pass(self):
        with operator() as client:
            made = client.create_wallet(f"poor {time.time_ns()}", chain="ethereum", environment="testnet")
        with agent() as client:
            client.set_session_token(made.session.token)
            with self.assertRaises(PolicyDenied) as caught:
                client.send(to=TO, amount="100", network=NETWORK)
        error = caught.exception
        self.assertEqual((error.code, error.status_code, error.retryable), ("POLICY_DENIED", 403, False))
        self.assertIn("500", error.remedy.message)
        self.assertLess(error.remedy.usd, 501)

    def test_refuses_amounts_that_are_no_money(self):
        with agent() as client:
            for amount in (0.1, True, None, "1e3", "-1", Decimal("NaN"), "0x10", "1,5"):
                with self.subTest(amount=amount), self.assertRaises(WAIaaSError) as caught:
                    client.send(to=TO, amount=amount, network=NETWORK)
                self.assertIn(caught.exception.code, ("VALIDATION_ERROR", "ACTION_VALIDATION_FAILED"))

    def test_takes_base_units_as_the_wire_does(self):
        with agent() as client:
            sent = client.send_token(TO, "1000000000000000", network=NETWORK)
            found = client.wait_for_transaction(sent.id)
            self.assertEqual((found.status, found.human_amount), ("CONFIRMED", "0.001"))
            tried = client.send_token(TO, "1000000000000000", network=NETWORK, dry_run=True)
        self.assertEqual(type(tried).__name__, "Simulation")

    async def test_waits_for_what_an_owner_decides(self):
        owner, url = SCENE["owner"], SCENE["url"]
        async with async_agent("careful") as client:
            waiting = await client.send(to=TO, amount="0.1", network=NETWORK)
            self.assertEqual((waiting.status, waiting.tier), ("QUEUED", "APPROVAL"))
            other = await client.send(to=TO, amount="0.2", network=NETWORK)
            with WAIaaSSyncOwnerClient(url, owner["address"], sign_as_owner) as says:
                self.assertEqual(says.approve(waiting.id).id, waiting.id)

            async def sign(message):
                return sign_as_owner(message)

            async with WAIaaSOwnerClient(url, owner["address"], sign) as says:
                await says.reject(other.id)
            paid = await client.wait_for_transaction(waiting.id, seen="QUEUED")
            lost = await client.wait_for_transaction(other.id)
        self.assertEqual((paid.status, lost.status), ("CONFIRMED", "CANCELLED"))

    def test_takes_a_signature_of_nobody_else(self):
        with agent("careful") as client:
            waiting = client.send(to=TO, amount="0.3", network=NETWORK)
            self.assertEqual(waiting.status, "QUEUED")
            with WAIaaSSyncOwnerClient(SCENE["url"], SCENE["owner"]["address"], sign_as_nobody) as says:
                with self.assertRaises(WAIaaSError) as caught:
                    says.approve(waiting.id)
            self.assertEqual(caught.exception.code, "INVALID_SIGNATURE")
            self.assertEqual(client.get_transaction(waiting.id, options=CallOptions()).status, "QUEUED")

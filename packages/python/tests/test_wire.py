import inspect
import json
import os
import unittest
import urllib.request
from unittest import mock

import waiaas
from support import SCENE, URL, Between, agent, async_agent, operator
from waiaas import DaemonUnreachable, NotAuthorized, RateLimited, RetryPolicy, WAIaaSError, WAIaaSSyncClient, models
from waiaas._model import decode, encode
from waiaas._operations import OPERATIONS

with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"{URL}/doc") as response:
    DOC = json.load(response)
DESCRIBED = {op["operationId"]: op for verbs in DOC["paths"].values() for op in verbs.values()}
SECRETS = ("wai_sess_secret", "pass\nword")


class Wire(unittest.IsolatedAsyncioTestCase):
    def test_reads_and_writes_every_answer_of_the_reference(self):
        shown = 0
        for name, op in DESCRIBED.items():
            content = next(each for status, each in op["responses"].items() if status.startswith("2")).get("content")
            if content is None:
                continue
            example = content["application/json"]["example"]
            shown += 1
            with self.subTest(name=name):
                kind = getattr(models, OPERATIONS[name].answer)
                self.assertEqual(encode(decode(kind, example)), example)
        self.assertGreater(shown, 150)

    def test_has_a_method_for_each_operation_in_both_clients(self):
        self.assertEqual(set(OPERATIONS), set(DESCRIBED))
        for client in (waiaas.WAIaaSClient, waiaas.WAIaaSSyncClient):
            methods = {name for name, _ in inspect.getmembers(client, inspect.isfunction)}
            missing = [name for name in OPERATIONS if snake(name) not in methods]
            self.assertEqual(missing, [])

    def test_keeps_what_a_newer_daemon_says_from_breaking_it(self):
        told = {**example_of("getHealth"), "moon": {"phase": "full"}}
        self.assertEqual(encode(models.GetHealthAnswer.from_wire(told)), example_of("getHealth"))
        with Between(answer=(200, [("content-type", "application/json")], b'{"version": 1}')) as between:
            with self.assertRaises(WAIaaSError) as caught:
                agent(url=between.url).get_address()
        self.assertEqual(caught.exception.code, "INVALID_ANSWER")

    def test_tells_nothing_and_null_apart(self):
        with operator() as client:
            change = models.UpdateSettingsRequestSetting
            for value, shown in (("EUR", "EUR"), (None, "USD")):
                settings = client.update_settings([change(key="display.currency", value=value)]).settings
                self.assertEqual(settings["display"]["currency"], shown)
            rules = models.RateLimitRules(max_requests=1000, window_seconds=60)
            policy = client.create_policy("RATE_LIMIT", rules, wallet_id=SCENE["solana"]["id"])
            self.assertEqual(client.update_policy(policy.id, priority=3).rules, policy.rules)
            client.delete_policy(policy.id)

    def test_says_who_may_call_before_it_calls(self):
        with Between() as between, WAIaaSSyncClient(between.url) as client:
            for call, code in (
                (client.get_address, "NO_TOKEN"),
                (client.list_backups, "NO_MASTER_PASSWORD"),
                (lambda: client.approve_transaction("an id"), "NO_OWNER"),
                (lambda: client.get_transaction(".."), "VALIDATION_ERROR"),
                (client.renew_session, "NO_TOKEN"),
            ):
                with self.assertRaises(WAIaaSError) as caught:
                    call()
                self.assertEqual(caught.exception.code, code)
            self.assertEqual(between.calls, [])

    def test_puts_no_path_together_from_what_it_is_given(self):
        with Between("/") as between, operator() as client:
            client._settings.base_url = between.url
            for id in ("../admin/status", "a/b", "a?b=c", "a#b", "%2e%2e"):
                with self.assertRaises(WAIaaSError):
                    client.get_wallet(id)
            paths = [path for _, path, _, _ in between.calls]
        wanted = ["..%2Fadmin%2Fstatus", "a%2Fb", "a%3Fb%3Dc", "a%23b", "%252e%252e"]
        self.assertEqual(paths, [f"/v1/wallets/{each}" for each in wanted])

    async def test_tells_no_secret(self):
        clients = [
            WAIaaSSyncClient("http://127.0.0.1:1", "wai_sess_secret\nx: y"),
            WAIaaSSyncClient("http://user:secret@127.0.0.1:1", "wai_sess_secret", retry_policy=RetryPolicy(max_retries=0)),
            WAIaaSSyncClient("http://127.0.0.1:1", master_password="a secret\nword"),
        ]
        for client in clients:
            with self.assertRaises(WAIaaSError) as caught:
                client.list_wallets()
            error = caught.exception
            said = f"{error!r} {error} {error.details} {error.__cause__!r} {vars(client)} {client._settings.shown!r}"
            self.assertNotIn("secret", said.replace("user:secret@127.0.0.1:1", ""))
            self.assertNotIn("secret", f"{error!r}")

    def test_sends_tokens_to_the_daemon_alone(self):
        with Between("http://") as elsewhere, mock.patch.dict(
            os.environ, {name: elsewhere.url for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")}
        ):
            with agent() as client:
                self.assertEqual(client.get_address().wallet_id, SCENE["evm"]["id"])
            self.assertEqual(elsewhere.calls, [])
        with Between("/") as elsewhere:
            moved = (307, [("location", f"{elsewhere.url}/v1/wallet/address")], b"")
            with Between(answer=moved) as between, agent(url=between.url) as client:
                with self.assertRaises(WAIaaSError) as caught:
                    client.get_address()
            self.assertEqual((caught.exception.code, elsewhere.calls), ("HTTP_307", []))

    async def test_is_typed_in_its_failures(self):
        with self.assertRaises(NotAuthorized):
            WAIaaSSyncClient(URL, "wai_sess_of.nobody.x").get_address()
        async with async_agent() as client:
            with self.assertRaises(WAIaaSError) as early:
                await client.renew_session()
            self.assertEqual(early.exception.code, "RENEWAL_TOO_EARLY")
        busy = json.dumps({"code": "RATE_LIMITED", "message": "too much", "retryable": True}).encode()
        for after, tries in (("0", 4), ("3600", 1)):
            with Between("/", answer=(429, [("retry-after", after)], busy)) as between:
                with self.assertRaises(RateLimited):
                    agent(url=between.url).get_address()
                self.assertEqual(len(between.calls), tries)
        with self.assertRaises(DaemonUnreachable):
            WAIaaSSyncClient("http://127.0.0.1:1", "t", retry_policy=RetryPolicy(max_retries=0)).get_address()

    async def test_uses_a_token_of_another_session_at_once(self):
        with operator() as client:
            other = client.create_session(wallet_id=SCENE["solana"]["id"])
        async with async_agent() as client:
            client.set_session_token(other.token)
            info = await client.get_wallet_info()
            self.assertEqual((info.address.wallet_id, info.detail.chain), (SCENE["solana"]["id"], "solana"))
            balances = await client.get_all_balances()
            self.assertIn("local-solana", {each.network for each in balances.balances})
            client.clear_session_token()
            with self.assertRaises(WAIaaSError):
                await client.get_address()

    def test_brings_no_tools_where_langchain_is_not(self):
        from waiaas.langchain import waiaas_tools

        with mock.patch.dict("sys.modules", {"langchain_core.tools": None}), self.assertRaises(ImportError) as caught:
            waiaas_tools(agent())
        self.assertIn("waiaas[langchain]", str(caught.exception))


def example_of(name):
    return DESCRIBED[name]["responses"]["200"]["content"]["application/json"]["example"]


def snake(name):
    return "".join(f"_{each.lower()}" if each.isupper() else each for each in name)

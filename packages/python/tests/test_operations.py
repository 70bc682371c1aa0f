import base64
import secrets
import unittest

from support import SCENE, sign_as_owner
from test_wire import DESCRIBED
from waiaas import CallOptions, OwnerWord, WAIaaSError, WAIaaSSyncClient, WAIaaSSyncOwnerClient

WALKED = SCENE["walked"]
URL = WALKED["url"]
NETWORK = "local-evm"
PLAIN = SCENE["token"]
OWNER = SCENE["owner"]["address"]
TO = SCENE["recipients"]["evm"]
NOBODY = "0197f3a0-5c1e-7d3a-9b0e-6f2d8c4b1a57"
DONE: set[str] = set()
REFUSED: dict[str, str] = {}

# What needs the passkey of a browser, a payment that no block takes, a clock that is held or a restored database: that the
# question arrives, and that its refusal is one that the reference names, is all that is tried here.
ONLY_REFUSED = {
    "acceptInvitation": "OWNER_INVITATION_NOT_FOUND",
    "addPasskey": "INVALID_NONCE",
    "acknowledgeClock": "INVALID_STATE_TRANSITION",
    "confirmOwner": "OWNER_CANDIDATE_NOT_FOUND",
    "confirmSpends": "INVALID_STATE_TRANSITION",
    "previewReplacement": "TX_ALREADY_PROCESSED",
    "replaceTransaction": "TX_ALREADY_PROCESSED",
    "getInvitationChallenge": "PASSKEYS_UNAVAILABLE",
    "getPasskeyChallenge": "PASSKEYS_UNAVAILABLE",
    "getPasskeyOptions": "PASSKEYS_UNAVAILABLE",
    "inviteOwner": "PASSKEYS_UNAVAILABLE",
    "removePasskey": "PASSKEY_NOT_FOUND",
    "renewSession": "RENEWAL_TOO_EARLY",
    "showInvitation": "OWNER_INVITATION_NOT_FOUND",
}


class Recording(WAIaaSSyncClient):
    """Notes which operations answered, and what the others were refused with, which the reference has to name."""

    def _call(self, name, given, optional, options):
        try:
            answer = super()._call(name, given, optional, options)
        except WAIaaSError as error:
            named = DESCRIBED[name]["responses"].get(str(error.status_code), {}).get("description", "")
            if error.code not in named.split(", "):
                raise AssertionError(f"{name}: the reference does not name {error.code}") from error
            REFUSED[name] = error.code
            raise
        DONE.add(name)
        return answer


def operator(password=SCENE["password"]):
    return Recording(URL, master_password=password)


def agent(wallet):
    return Recording(URL, WALKED[wallet]["token"])


def refused(call, *given, **more):
    try:
        call(*given, **more)
    except WAIaaSError:
        return
    raise AssertionError(f"{call.__name__}: expected a refusal")


def new_wallet(op):
    return op.create_wallet(f"walked {secrets.token_hex(4)}", chain="ethereum", environment="testnet")


def word(text):
    signature = base64.b64encode(sign_as_owner(text.encode())).decode()
    return CallOptions(owner=OwnerWord(OWNER, text, signature))


def walk_reads(op, ag, nobody):
    mine = WALKED["evm"]["id"]
    for read in (
        *(nobody.get_health, nobody.get_ready, nobody.list_skills, nobody.get_sealing_key, nobody.get_nonce),
        *(ag.get_connect_info, ag.get_address, ag.get_all_balances, ag.get_all_assets, ag.list_action_providers),
        *(op.list_wallets, op.get_exposure, op.list_balances, op.list_sessions, op.list_contacts, op.export_policies),
        *(op.list_policy_templates, op.list_policies, op.list_policy_versions, op.list_prices, op.list_exchange_rates),
        *(op.get_oracle_status, op.list_consents, op.list_waiting, op.list_telegram_users, op.export_transactions),
        *(op.get_admin_status, op.get_kill_switch, op.get_settings, op.get_settings_schema, op.get_rpc_status),
        *(op.get_checklist, op.list_rpc_urls, op.list_stop_tokens, op.get_view_password, op.list_autostop_rules),
        *(op.get_notification_status, op.list_notification_log, op.list_notice_routes, op.list_webhooks, op.list_pushes),
        *(op.list_audit_logs, op.get_audit_checkpoint, op.verify_audit_log, op.list_backups, op.admin_list_transactions),
    ):
        read()
    for read in (
        *(op.get_wallet, op.list_wallet_networks, op.get_owner, op.get_wallet_ceiling, op.propose_wallet_ceiling),
        *(op.get_wallet_spending, op.get_wallet_exposure, op.admin_get_wallet_balance, op.get_wallet_holdings),
        *(op.list_allowances, op.list_passkeys),
    ):
        read(mine)
    nobody.get_skill("wallet")
    ag.get_limits(network=NETWORK)
    ag.list_events()
    ag.list_pending_transactions()
    op.list_tokens(NETWORK)
    op.get_policy_template("stablecoins")
    op.draft_exposure(mine, {})
    op.diff_policies(mine, {})
    op.replay_policies(wallet_id=mine)
    op.test_policies(mine, to=TO, human_amount="1", network=NETWORK)
    op.preview_policies([])
    op.preview_policy_template("stablecoins", mine)


def walk_wallets(op):
    wallet = new_wallet(op)
    op.rename_wallet(wallet.id, f"renamed {wallet.id[-6:]}")
    op.change_wallet_ceiling(wallet.id, network="ethereum-sepolia", day="1")
    op.suspend_wallet(wallet.id)
    refused(op.confirm_spends, wallet.id)
    op.resume_wallet(wallet.id)
    op.export_wallet(wallet.id, format="private-key", master_password=SCENE["password"])
    op.terminate_wallet(wallet.id)
    op.purge_wallet(wallet.id)
    secret = secrets.token_hex(32)
    op.import_wallet("imported", chain="ethereum", environment="testnet", format="private-key", secret=secret)
    op.list_derivations("ethereum", phrase=f"{'abandon ' * 11}about")


def walk_sessions(op, ag, nobody):
    mine, other = WALKED["evm"]["id"], WALKED["careful"]["id"]
    session = op.create_session(wallet_ids=[mine], labels={"task": "walk"})
    op.link_session_wallet(session.id, other)
    op.list_session_wallets(session.id)
    op.unlink_session_wallet(session.id, other)
    op.rotate_session_token(session.id)
    op.reissue_session(session.id)
    op.revoke_session(session.id)
    op.create_mcp_token(mine)
    op.create_agent_prompt([mine])
    refused(ag.renew_session)
    asked = nobody.start_pairing("walker")
    nobody.poll_pairing(asked.poll_token)
    op.get_pairing(asked.code)
    op.approve_pairing(asked.code, [mine])
    op.deny_pairing(nobody.start_pairing("another").code)
    op.end_login(op.create_login().id)
    op.set_view_password("a password for looking")
    nobody.create_view_login("a password for looking")
    op.remove_view_password()
    op.revoke_stop_token(op.create_stop_token("walker").id)
    op.update_settings([{"key": "rpc_proxy.enabled", "value": "true"}])
    ag.revoke_rpc_url(ag.create_rpc_url(network=NETWORK).id)


def walk_rules(op):
    mine = WALKED["evm"]["id"]
    rules = {"max_requests": 1_000_000, "window_seconds": 1}
    policy = op.create_policy("RATE_LIMIT", rules, wallet_id=mine)
    op.get_policy(policy.id)
    op.update_policy(policy.id, enabled=False)
    op.delete_policy(policy.id)
    op.apply_policies([{"wallet": mine, "type": "RATE_LIMIT", "rules": rules}])
    op.apply_policy_template("stablecoins", new_wallet(op).id)
    op.resolve_token(NETWORK, PLAIN)
    op.add_token(NETWORK, PLAIN, "PLAIN", "Plain", 18)
    op.remove_token(network=NETWORK, address=PLAIN)
    op.set_price("eip155:1/slip44:60", "1")
    op.unset_price(asset="eip155:1/slip44:60")
    op.add_contact("payee", TO)
    op.show_contact("payee")
    op.change_contact("payee", OWNER)
    op.remove_contact("payee")
    hook = op.create_webhook("https://192.0.3.1/hook")
    op.rotate_webhook_secret(hook.id)
    op.list_webhook_deliveries(hook.id)
    op.delete_webhook(hook.id)
    op.add_notice_route("slack", wallet_ids=[mine])
    op.remove_notice_routes("slack")
    example = DESCRIBED["addPush"]["requestBody"]["content"]["application/json"]["example"]
    push = op.add_push("phone", "https://192.0.3.1/push", example["p256dh"], example["auth"])
    op.remove_push(push.id)
    op.test_notification()
    op.redeliver_notices()
    op.pair_telegram_user("1001", "ADMIN")
    op.unpair_telegram_user("1001")
    op.update_autostop_rule("near_limit", config={"threshold": 3})
    op.create_backup()


def walk_payments(op, ag, careful):
    mine = WALKED["evm"]["id"]
    ag.simulate(to=TO, human_amount="0.001", network=NETWORK)
    paid = ag.send(to=TO, amount="0.001", network=NETWORK)
    ag.list_transactions()
    op.verify_receipt(op.get_receipt(paid.id).to_wire())
    refused(op.preview_replacement, paid.id, "speed-up")
    refused(op.replace_transaction, paid.id, "cancel")
    op.create_policy("SIGN_MESSAGE_RULES", {"personal": "INSTANT"}, wallet_id=mine)
    ag.sign_message(message="hello", network=NETWORK)
    agent("signing").sign_transaction(WALKED["unsigned"], network=NETWORK)
    abi = [{"type": "function", "name": "ping", "inputs": [], "outputs": [], "stateMutability": "view"}]
    ag.encode_calldata(abi, "ping")
    steps = [{"to": TO, "value": "1000"}]
    ag.get_plan(ag.send_plan(steps, network=NETWORK, wait=20).id)
    op.cancel_plan(careful.send_plan([{"to": TO, "value": str(10**17)}], network=NETWORK).id)

    def waiting():
        return careful.send(to=TO, amount="0.1", network=NETWORK).id

    op.get_card(waiting())
    op.show_over_ceiling(waiting())
    op.admin_approve_transaction(waiting())
    op.admin_reject_transaction(waiting())
    op.admin_cancel_transaction(waiting())
    careful.cancel_transaction(waiting())
    swept = op.sweep_wallet(WALKED["careful"]["id"], TO, networks=[NETWORK])
    sweep = op.sweep_wallet(WALKED["careful"]["id"], TO, networks=[NETWORK], digest=swept.digest)
    op.get_sweep(sweep.id)
    op.cancel_sweep(sweep.id)


def walk_allowances(op, ag):
    mine = WALKED["evm"]["id"]
    op.create_policy("ALLOWED_TOKENS", {"tokens": [{"address": PLAIN}]}, wallet_id=mine)
    op.create_policy("APPROVED_SPENDERS", {"spenders": [{"address": TO}]}, wallet_id=mine)
    sent = ag.send_token(type="APPROVE", spender=TO, amount="1", token={"address": PLAIN}, network=NETWORK)
    if sent.status == "QUEUED":
        op.admin_approve_transaction(sent.id)
    ag.wait_for_transaction(sent.id, seen="QUEUED")
    op.revoke_allowance(mine, op.list_allowances(mine).items[0].id)


def walk_owners(op, nobody):
    wallet = new_wallet(op).id
    op.set_owner(wallet, OWNER)
    op.remove_owner(wallet)
    op.set_owner(wallet, OWNER)
    other = "0x" + secrets.token_hex(20)
    set_of_two = op.add_owner(wallet, other)
    op.drop_owner(wallet, next(each.id for each in set_of_two.owners if each.address.lower() == other))
    op.set_owners_needed(wallet, 1)
    owner = WAIaaSSyncOwnerClient(URL, OWNER, sign_as_owner)
    owner._client = nobody
    owner.verify(wallet)
    view = nobody.start_view(options=word(nobody.get_view_challenge(OWNER).message))
    nobody.get_view(options=CallOptions(view=view.token))
    text = op.get_owner_challenge(wallet, "add-credential", owner_address=other).message
    added = nobody.add_owner_wallet(wallet, other, options=word(text))
    credential = next(each.id for each in added.owners[0].credentials if each.address.lower() == other)
    op.drop_owner_wallet(wallet, credential)
    text = op.get_owner_challenge(wallet, "add-credential", owner_address=other).message
    nobody.add_owner_wallet(wallet, other, options=word(text))
    text = nobody.get_owner_action_challenge("cut-off", wallet, credential=other, signer=OWNER).message
    nobody.cut_off_credential(wallet, other, options=word(text))
    return wallet, owner


def walk_refusals(op, nobody, wallet):
    refused(op.get_passkey_options, wallet)
    refused(op.get_passkey_challenge, wallet, "AAAA", "AAAA")
    refused(nobody.add_passkey, wallet, "AAAA", "AAAA", options=word("nothing that was asked"))
    refused(op.remove_passkey, wallet, NOBODY)
    refused(op.invite_owner, wallet)
    refused(op.confirm_owner, wallet, "WXYZ-2345")
    refused(nobody.show_invitation, "WXYZ-2345")
    refused(nobody.get_invitation_challenge, "WXYZ-2345", TO, "AAAA", "AAAA")
    refused(nobody.accept_invitation, "WXYZ-2345", TO, "AAAA", "AAAA", "text", "0x00")


def walk_decisions(op, careful, nobody, owner):
    mine = WALKED["careful"]["id"]
    op.set_owner(mine, OWNER)
    owner.verify(mine)

    def waiting():
        return careful.send(to=TO, amount="0.1", network=NETWORK).id

    owner.approve(waiting())
    owner.reject(waiting())
    # What lets more out needs the owner to agree, and passes then.
    loosen = {"rules": {"instant_max_usd": 2, "notify_max_usd": 2, "delay_max_usd": 2}}
    policy = next(each.id for each in op.list_policies(wallet_id=mine).data if each.type == "SPENDING_LIMIT")
    refused(op.update_policy, policy, **loosen)
    consent = op.list_consents().consents[0].id
    op.get_consent(consent)
    text = op.get_consent_challenge(consent, mine, signer=OWNER).message
    nobody.give_consent(consent, mine, options=word(text))
    op.update_policy(policy, **loosen)
    text = op.get_withdraw_challenge(mine, network=NETWORK, signer=OWNER).message
    nobody.withdraw_wallet(mine, network=NETWORK, options=word(text))


def walk_stops(op, nobody, wallet):
    refused(op.acknowledge_clock)
    owner = WAIaaSSyncOwnerClient(URL, OWNER, sign_as_owner)
    owner._client = nobody
    owner.activate_kill_switch()
    op.recover_kill_switch()
    op.activate_kill_switch()
    op.escalate_kill_switch()
    op.start_recovery()
    text = nobody.get_owner_action_challenge("cancel-recovery", wallet, signer=OWNER).message
    nobody.cancel_recovery(options=word(text))
    op.change_master_password(new_password="another password for a walk")
    operator("another password for a walk").shutdown()


class Operations(unittest.TestCase):
    def test_calls_every_operation(self):
        op, ag, careful, nobody = operator(), agent("evm"), agent("careful"), Recording(URL)
        walk_reads(op, ag, nobody)
        walk_wallets(op)
        walk_sessions(op, ag, nobody)
        walk_rules(op)
        walk_payments(op, ag, careful)
        walk_allowances(op, ag)
        wallet, owner = walk_owners(op, nobody)
        walk_refusals(op, nobody, wallet)
        walk_decisions(op, careful, nobody, owner)
        walk_stops(op, nobody, wallet)
        self.assertEqual({name: code for name, code in REFUSED.items() if name not in DONE}, ONLY_REFUSED)
        self.assertEqual(sorted(set(DESCRIBED) - DONE), sorted(ONLY_REFUSED))

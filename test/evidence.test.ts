import { randomBytes } from 'node:crypto'
import { type AuditEntry, type EventName, mayCall, type Operation, operations } from '@waiaas/contract'
import { deployEvmFixtures } from '@waiaas/localnet'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { relyingPartyOf } from '../packages/daemon/src/owners/webauthn.ts'
import { agreeTo, askedFor, verifiedOwner } from './support/consents.ts'
import { MASTER_PASSWORD, startTestDaemon, type TestDaemon } from './support/daemon.ts'
import { evmOwner, type TestOwner } from './support/owners.ts'
import { acceptedInvitation, madeUpAuthenticator, sentBytes } from './support/passkeys.ts'
import { requireKnownDetails } from './support/strict-audit.ts'
import { unsignedPayment } from './support/unsigned.ts'
import { until } from './support/until.ts'
import { GENEROUS, type TestWallet } from './support/wallets.ts'
import { type EvmWorld, evmWorld } from './support/worlds.ts'

const VIEW_PASSWORD = 'a password for looking'
const PAGE = 'https://wallets.example.org'
let world: EvmWorld
let daemon: TestDaemon
/** A wallet whose payments run at once, and one whose payments wait for a human. */
let quick: TestWallet
let slow: TestWallet
let plainToken: string

beforeAll(async () => {
  // No block comes by itself: what is sent can be replaced.
  world = await evmWorld({ blockTime: 3_600 })
  plainToken = (await deployEvmFixtures(world.node)).plainToken
  daemon = await startTestDaemon({
    env: { ...world.env, WAIAAS_SECURITY_MAX_SESSIONS_PER_WALLET: '100', WAIAAS_SERVER_PUBLIC_URL: PAGE },
  })
  quick = await world.wallet(daemon, { limit: GENEROUS })
  slow = await world.wallet(daemon, { limit: { instant_max_usd: 0, notify_max_usd: 0, delay_max_usd: 0 } })
})
afterAll(async () => {
  await daemon?.stop()
  await world?.stop()
})

type Name = keyof typeof operations
type Step = { readonly event: EventName; readonly run: () => Promise<unknown> }

const payment = () => ({ to: world.newAddress(), amount: String(world.amount(0)), network: world.network })
const waiting = async () => ({ id: (await daemon.agent(slow.token).sendToken(payment())).id })
let made = 0
const newWallet = () => {
  const without = { createSession: false, defaultPolicy: false }
  return daemon.operator.createWallet({ name: `short-lived ${++made}`, chain: 'ethereum', ...without })
}
const newSession = () => daemon.operator.createSession({ walletId: quick.id })
const newCode = async () => (await daemon.operator.startPairing({ name: 'an agent' })).code
/** An address that needs no name to be resolved; nobody is there. */
const newWebhook = () => daemon.operator.createWebhook({ url: 'https://192.0.3.1/', events: ['WALLET_PURGED'] })
const newPush = () =>
  daemon.operator.addPush({
    ...{ name: 'phone', endpoint: 'https://192.0.3.1/push', auth: 'BTBZMqHH6r4Tts7J_aSIgg' },
    p256dh: 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4',
  })
let contactsMade = 0
const newContact = () =>
  daemon.operator.addContact({ name: `payee${'x'.repeat(++contactsMade)}`, address: world.newAddress() })
const newRpcUrl = () => daemon.agent(quick.token).createRpcUrl({ network: world.network })
const endRpcUrl = async () => daemon.operator.revokeRpcUrl({ id: (await newRpcUrl()).id })
const newStopToken = () => daemon.operator.createStopToken({ name: randomBytes(8).toString('hex') })
const endStopToken = async () => daemon.operator.revokeStopToken({ id: (await newStopToken()).id })
const newPolicy = () =>
  daemon.operator.createPolicy({
    walletId: quick.id,
    type: 'ALLOWED_NETWORKS',
    rules: { networks: [{ network: world.network }] },
  })
/** The last of those who own the wallet whose payments wait. */
let slowOwner: TestOwner
/** What the owner of that wallet says, once there is one. */
const byOwners = (): Steps => {
  const answered = async (decision: 'approve' | 'reject') => {
    const { id } = await waiting()
    const { message } = await daemon.operator.getTransactionChallenge({ id, decision })
    return { id, owner: await slowOwner.word(message) }
  }
  return {
    rejectTransaction: {
      event: 'TX_REJECTED',
      run: async () => {
        slowOwner = await newOwner(slow.id)
        const { id, owner } = await answered('reject')
        await daemon.operator.rejectTransaction({ id }, { owner })
      },
    },
    approveTransaction: {
      event: 'TX_APPROVED',
      run: async () => {
        const { id, owner } = await answered('approve')
        await daemon.operator.approveTransaction({ id }, { owner })
      },
    },
  }
}

async function newOwner(id: string) {
  const owner = evmOwner()
  await daemon.operator.setOwner({ id, ownerAddress: owner.address })
  return owner
}
/** Two, who have not verified. */
async function newOwners() {
  const { id } = await newWallet()
  await newOwner(id)
  return daemon.operator.addOwner({ id, ownerAddress: evmOwner().address })
}
/** An owner with two wallets, the second of which has not verified. */
async function twoWallets() {
  const { id } = await newWallet()
  const owner = await verifiedOwner(daemon, id)
  const wanted = { id, ownerAddress: evmOwner().address }
  const { message } = await daemon.operator.getOwnerChallenge({ ...wanted, action: 'add-credential' })
  return daemon.operator.addOwnerWallet(wanted, { owner: await owner.word(message) })
}
/** An owner agrees that a policy goes. Whoever owns a wallet that lives on is asked about all that is for every wallet. */
async function agreed() {
  const { operator } = daemon
  const { id: walletId } = await newWallet()
  const owner = await verifiedOwner(daemon, walletId)
  const rules = { max_requests: 1, window_seconds: 1 }
  const policy = await operator.createPolicy({ walletId, type: 'RATE_LIMIT', rules })
  const id = await askedFor(() => operator.deletePolicy({ id: policy.id }))
  await agreeTo(daemon, { id: id!, walletId, owner })
  await operator.terminateWallet({ id: walletId })
}
/** An owner takes all that a wallet holds. */
async function withdrawn() {
  const { id } = await world.wallet(daemon)
  const owner = await verifiedOwner(daemon, id)
  const wanted = { id, network: world.network }
  const { message } = await daemon.operator.getWithdrawChallenge(wanted)
  await daemon.operator.withdrawWallet(wanted, { owner: await owner.word(message) })
  await daemon.operator.terminateWallet({ id })
}
/** What somebody may take of a token is taken back. */
async function revoked() {
  const { operator } = daemon
  const { id, token } = await world.wallet(daemon, { limit: GENEROUS })
  const [spender, { network }] = [world.newAddress(), world]
  const policies = {
    ALLOWED_TOKENS: { tokens: [{ address: plainToken }] },
    APPROVED_SPENDERS: { spenders: [{ address: spender }] },
    // Of a token of which there is none any amount is all.
    APPROVE_AMOUNT_LIMIT: { blockUnlimited: false },
  }
  for (const [type, rules] of Object.entries(policies))
    await operator.createPolicy({ walletId: id, type: type as keyof typeof policies, rules })
  const asked = { type: 'APPROVE', spender, amount: '1', token: { address: plainToken }, network } as const
  const sent = await daemon.agent(token).sendToken(asked)
  if (sent.status === 'QUEUED') await operator.adminApproveTransaction({ id: sent.id! })
  const listed = async () => (await operator.listAllowances({ id })).items[0]
  await until('it to be sent', async () => (await listed()) !== undefined)
  await operator.revokeAllowance({ id, allowanceId: (await listed())!.id })
}
async function verifiedOnce() {
  const { id } = await newWallet()
  await verifiedOwner(daemon, id)
  await daemon.operator.terminateWallet({ id })
}
/** Of the owner of a wallet of its own. */
async function newPasskey() {
  const { id } = await newWallet()
  const owner = await verifiedOwner(daemon, id)
  const device = madeUpAuthenticator(relyingPartyOf(PAGE)!)
  const { challenge } = await daemon.operator.getPasskeyOptions({ id })
  const made = { id, ...sentBytes(device.create(challenge)) }
  const { message } = await daemon.operator.getPasskeyChallenge(made)
  return { id, passkeyId: (await daemon.operator.addPasskey(made, { owner: await owner.word(message) })).id }
}
const terminated = async () => daemon.operator.terminateWallet({ id: (await newWallet()).id })

/** Of a wallet of its own, in which all waits for a human. */
async function newSweep(): Promise<string> {
  const { id } = await world.wallet(daemon, { limit: { instant_max_usd: 0, notify_max_usd: 0, delay_max_usd: 0 } })
  const wanted = { id, to: world.newAddress(), networks: [world.network] }
  const shown = await daemon.operator.sweepWallet(wanted)
  const digest = 'digest' in shown ? shown.digest : ''
  const sweep = await daemon.operator.sweepWallet({ ...wanted, digest })
  return 'id' in sweep ? sweep.id : ''
}

async function submitted(): Promise<{ id: string }> {
  const { id } = await daemon.agent(quick.token).sendToken(payment())
  await until(
    'the payment to be sent',
    async () => (await daemon.operator.getTransaction({ id })).status === 'SUBMITTED',
  )
  return { id }
}

type Steps = Partial<Record<Name, Step>>

/** Every call that changes something, with the row that it must leave. What stops comes last. */
const changes = (): Steps => ({
  ...ofWallets(),
  ...ofSessions(),
  ...ofRules(),
  ...ofContacts(),
  ...ofPayments(),
  ...ofTheDaemon(),
})

const ofWallets = (): Steps => {
  const { operator } = daemon
  return {
    createWallet: { event: 'WALLET_CREATED', run: newWallet },
    renameWallet: { event: 'WALLET_RENAMED', run: () => operator.renameWallet({ id: quick.id, name: 'other' }) },
    changeWalletCeiling: {
      event: 'WALLET_CEILING_CHANGED',
      run: async () =>
        operator.changeWalletCeiling({ id: (await newWallet()).id, network: 'ethereum-sepolia', day: '1' }),
    },
    suspendWallet: {
      event: 'WALLET_SUSPENDED',
      run: async () => operator.suspendWallet({ id: (await newWallet()).id }),
    },
    resumeWallet: {
      event: 'WALLET_RESUMED',
      run: async () => operator.resumeWallet({ id: (await operator.suspendWallet({ id: (await newWallet()).id })).id }),
    },
    terminateWallet: { event: 'WALLET_TERMINATED', run: terminated },
    purgeWallet: { event: 'WALLET_PURGED', run: async () => operator.purgeWallet({ id: (await terminated()).id }) },
    importWallet: {
      event: 'WALLET_IMPORTED',
      run: () =>
        operator.importWallet({
          name: 'imported',
          chain: 'ethereum',
          environment: 'testnet',
          format: 'private-key',
          secret: randomBytes(32).toString('hex'),
        }),
    },
    ...ofOwners(),
    exportWallet: {
      event: 'WALLET_EXPORTED',
      run: () => operator.exportWallet({ id: quick.id, format: 'private-key', masterPassword: MASTER_PASSWORD }),
    },
  }
}

const ofOwners = (): Steps => {
  const { operator } = daemon
  return {
    revokeAllowance: { event: 'TX_REQUESTED', run: revoked },
    setOwner: { event: 'OWNER_SET', run: async () => newOwner((await newWallet()).id) },
    verifyOwner: { event: 'OWNER_VERIFIED', run: verifiedOnce },
    withdrawWallet: { event: 'SWEEP_STARTED', run: withdrawn },
    giveConsent: { event: 'OWNER_AGREED', run: agreed },
    addPasskey: {
      event: 'OWNER_PASSKEY_ADDED',
      run: async () => operator.terminateWallet({ id: (await newPasskey()).id }),
    },
    removePasskey: {
      event: 'OWNER_PASSKEY_REMOVED',
      async run() {
        const passkey = await newPasskey()
        await operator.removePasskey(passkey)
        await operator.terminateWallet({ id: passkey.id })
      },
    },
    addOwner: { event: 'OWNER_ADDED', run: newOwners },
    inviteOwner: {
      event: 'OWNER_INVITED',
      run: async () => operator.inviteOwner({ id: (await newWallet()).id }),
    },
    confirmOwner: {
      event: 'OWNER_ADDED',
      async run() {
        const { id } = await newWallet()
        const party = relyingPartyOf(PAGE)!
        const { code } = await acceptedInvitation(operator, { id, party, withdrawTo: evmOwner().address })
        await operator.confirmOwner({ id, code })
        await operator.terminateWallet({ id })
      },
    },
    cutOffCredential: {
      event: 'OWNER_CUT_OFF',
      async run() {
        const { id } = await newWallet()
        const { address: credential, word } = await verifiedOwner(daemon, id)
        const wanted = { walletId: id, credential }
        const { message } = await operator.getOwnerActionChallenge({ ...wanted, action: 'cut-off' })
        await operator.cutOffCredential(wanted, { owner: await word(message) })
        await operator.terminateWallet({ id })
      },
    },
    addOwnerWallet: {
      event: 'OWNER_WALLET_ADDED',
      run: async () => operator.terminateWallet({ id: (await twoWallets()).id }),
    },
    dropOwnerWallet: {
      event: 'OWNER_WALLET_DROPPED',
      async run() {
        const { id, owners } = await twoWallets()
        await operator.dropOwnerWallet({ id, credentialId: owners[0]!.credentials[1]!.id })
        await operator.terminateWallet({ id })
      },
    },
    dropOwner: {
      event: 'OWNER_DROPPED',
      async run() {
        const { id, owners } = await newOwners()
        await operator.dropOwner({ id, ownerId: owners[1]!.id })
      },
    },
    setOwnersNeeded: {
      event: 'OWNERS_NEEDED',
      run: async () => operator.setOwnersNeeded({ id: (await newOwners()).id, needed: 2 }),
    },
    removeOwner: {
      event: 'OWNER_REMOVED',
      run: async () => {
        const { id } = await newWallet()
        await newOwner(id)
        await operator.removeOwner({ id })
      },
    },
  }
}

const ofSessions = (): Steps => {
  const { operator } = daemon
  return {
    createSession: { event: 'SESSION_CREATED', run: newSession },
    createMcpToken: { event: 'SESSION_CREATED', run: () => operator.createMcpToken({ walletId: quick.id }) },
    revokeSession: {
      event: 'SESSION_REVOKED',
      run: async () => operator.revokeSession({ id: (await newSession()).id }),
    },
    rotateSessionToken: { event: 'SESSION_ROTATED', run: () => operator.rotateSessionToken(quick.sessionId) },
    reissueSession: {
      event: 'SESSION_ROTATED',
      run: async () => operator.reissueSession({ id: (await newSession()).id }),
    },
    createAgentPrompt: {
      event: 'SESSION_CREATED',
      run: () => operator.createAgentPrompt({ walletIds: [quick.id] }),
    },
    linkSessionWallet: {
      event: 'SESSION_WALLET_ADDED',
      run: async () => operator.linkSessionWallet({ id: (await newSession()).id, walletId: slow.id }),
    },
    unlinkSessionWallet: {
      event: 'SESSION_WALLET_REMOVED',
      run: async () => {
        const { id } = await operator.createSession({ walletIds: [quick.id, slow.id] })
        await operator.unlinkSessionWallet({ id, walletId: slow.id })
      },
    },
    approvePairing: {
      event: 'PAIRING_APPROVED',
      run: async () => operator.approvePairing({ code: await newCode(), walletIds: [quick.id] }),
    },
    denyPairing: { event: 'PAIRING_DENIED', run: async () => operator.denyPairing({ code: await newCode() }) },
    createLogin: { event: 'LOGGED_IN', run: () => operator.createLogin() },
    endLogin: { event: 'LOGGED_OUT', run: async () => operator.endLogin({ id: (await operator.createLogin()).id }) },
    createRpcUrl: { event: 'RPC_URL_CREATED', run: newRpcUrl },
    revokeRpcUrl: { event: 'RPC_URL_REVOKED', run: endRpcUrl },
    setViewPassword: { event: 'VIEW_PASSWORD_SET', run: () => operator.setViewPassword({ password: VIEW_PASSWORD }) },
    createViewLogin: { event: 'VIEW_LOGGED_IN', run: () => operator.createViewLogin({ password: VIEW_PASSWORD }) },
    removeViewPassword: { event: 'VIEW_PASSWORD_REMOVED', run: () => operator.removeViewPassword() },
    createStopToken: { event: 'STOP_TOKEN_CREATED', run: newStopToken },
    revokeStopToken: { event: 'STOP_TOKEN_REVOKED', run: endStopToken },
  }
}

const ofRules = (): Steps => {
  const { operator } = daemon
  const token = { network: world.network, address: plainToken }
  return {
    createWebhook: { event: 'WEBHOOK_CREATED', run: newWebhook },
    rotateWebhookSecret: {
      event: 'WEBHOOK_SECRET_ROTATED',
      run: async () => operator.rotateWebhookSecret({ id: (await newWebhook()).id }),
    },
    deleteWebhook: {
      event: 'WEBHOOK_DELETED',
      run: async () => operator.deleteWebhook({ id: (await newWebhook()).id }),
    },
    addNoticeRoute: {
      event: 'SETTINGS_CHANGED',
      run: () => operator.addNoticeRoute({ channel: 'slack', walletIds: [slow.id] }),
    },
    removeNoticeRoutes: { event: 'SETTINGS_CHANGED', run: () => operator.removeNoticeRoutes({ channel: 'slack' }) },
    addPush: { event: 'PUSH_ADDED', run: newPush },
    removePush: { event: 'PUSH_REMOVED', run: async () => operator.removePush({ id: (await newPush()).id }) },
    redeliverNotices: { event: 'NOTIFICATIONS_REDELIVERED', run: () => operator.redeliverNotices() },
    addToken: {
      event: 'TOKEN_ADDED',
      run: () => operator.addToken({ ...token, symbol: 'PLAIN', name: 'Plain', decimals: 18 }),
    },
    removeToken: { event: 'TOKEN_REMOVED', run: () => operator.removeToken(token) },
    setPrice: { event: 'SETTINGS_CHANGED', run: () => operator.setPrice({ asset: 'eip155:1/slip44:60', usd: '1' }) },
    unsetPrice: { event: 'SETTINGS_CHANGED', run: () => operator.unsetPrice({ asset: 'eip155:1/slip44:60' }) },
    createPolicy: { event: 'POLICY_CREATED', run: newPolicy },
    applyPolicyTemplate: {
      event: 'POLICY_CREATED',
      run: async () => operator.applyPolicyTemplate({ template: 'stablecoins', walletId: (await newWallet()).id }),
    },
    applyPolicies: {
      event: 'POLICY_CREATED',
      run: () =>
        operator.applyPolicies({
          policies: [{ wallet: quick.id, type: 'RATE_LIMIT', rules: { max_requests: 1_000_000, window_seconds: 1 } }],
        }),
    },
    updatePolicy: {
      event: 'POLICY_UPDATED',
      run: async () => operator.updatePolicy({ id: (await newPolicy()).id, enabled: false }),
    },
    deletePolicy: { event: 'POLICY_DELETED', run: async () => operator.deletePolicy({ id: (await newPolicy()).id }) },
  }
}

const plan = () => ({ network: world.network, steps: [{ to: world.newAddress(), value: '1000' }] })

const ofContacts = (): Steps => ({
  addContact: { event: 'CONTACT_ADDED', run: newContact },
  changeContact: {
    event: 'CONTACT_CHANGED',
    run: async () => daemon.operator.changeContact({ name: (await newContact()).name, address: world.newAddress() }),
  },
  removeContact: {
    event: 'CONTACT_REMOVED',
    run: async () => daemon.operator.removeContact({ name: (await newContact()).name }),
  },
})

const ofPayments = (): Steps => {
  const { operator } = daemon
  return {
    sendToken: { event: 'TX_REQUESTED', run: submitted },
    signMessage: {
      event: 'TX_REQUESTED',
      async run() {
        await operator.createPolicy({ walletId: quick.id, type: 'SIGN_MESSAGE_RULES', rules: { personal: 'INSTANT' } })
        await daemon.agent(quick.token).signMessage({ message: 'hello', network: world.network })
      },
    },
    signTransaction: {
      event: 'TX_REQUESTED',
      async run() {
        // What follows on its lane waits for it.
        const { token } = await world.wallet(daemon, { limit: GENEROUS })
        await daemon.agent(token).signTransaction({ transaction: await unsignedPayment(world), network: world.network })
      },
    },
    sendPlan: {
      event: 'TX_REQUESTED',
      run: async () => {
        await daemon.agent(quick.token).sendPlan(plan(), { idempotencyKey: 'plan-1' })
      },
    },
    sweepWallet: { event: 'SWEEP_STARTED', run: newSweep },
    cancelSweep: { event: 'SWEEP_ENDED', run: async () => operator.cancelSweep({ id: await newSweep() }) },
    cancelPlan: {
      event: 'TX_CANCELLED',
      run: async () => {
        const sent = await daemon.agent(slow.token).sendPlan(plan(), { idempotencyKey: 'plan-2' })
        if ('id' in sent) await operator.cancelPlan({ id: sent.id })
      },
    },
    replaceTransaction: {
      event: 'TX_REPLACED',
      run: async () => operator.replaceTransaction({ ...(await submitted()), with: 'cancel' }),
    },
    cancelTransaction: {
      event: 'TX_CANCELLED',
      run: async () => daemon.agent(slow.token).cancelTransaction(await waiting()),
    },
    adminApproveTransaction: {
      event: 'TX_APPROVED',
      run: async () => operator.adminApproveTransaction(await waiting()),
    },
    ...byOwners(),
    adminRejectTransaction: {
      event: 'TX_REJECTED',
      run: async () => operator.adminRejectTransaction(await waiting()),
    },
    adminCancelTransaction: {
      event: 'TX_CANCELLED',
      run: async () => operator.adminCancelTransaction(await waiting()),
    },
  }
}

async function pairSomebody(): Promise<string> {
  const chatId = String(++made + 1_000)
  await daemon.operator.pairTelegramUser({ chatId, role: 'ADMIN' })
  return chatId
}

const ofTheDaemon = (): Steps => {
  const { operator } = daemon
  return {
    updateSettings: {
      event: 'SETTINGS_CHANGED',
      run: () => operator.updateSettings({ settings: [{ key: 'oracle.max_age_seconds', value: '600' }] }),
    },
    pairTelegramUser: { event: 'TELEGRAM_USER_PAIRED', run: pairSomebody },
    unpairTelegramUser: {
      event: 'TELEGRAM_USER_UNPAIRED',
      run: async () => operator.unpairTelegramUser({ chatId: await pairSomebody() }),
    },
    updateAutostopRule: {
      event: 'SETTINGS_CHANGED',
      run: () => operator.updateAutostopRule({ id: 'near_limit', config: { threshold: 3 } }),
    },
    createBackup: { event: 'BACKUP_CREATED', run: () => operator.createBackup() },
    changeMasterPassword: {
      event: 'MASTER_PASSWORD_CHANGED',
      run: () => operator.changeMasterPassword({ newPassword: MASTER_PASSWORD }),
    },
    ownerKillSwitch: {
      event: 'KILL_SWITCH_ACTIVATED',
      run: async () => {
        const { message } = await operator.getOwnerActionChallenge({ action: 'kill-switch', walletId: slow.id })
        await operator.ownerKillSwitch({}, { owner: await slowOwner.word(message) })
        await operator.recoverKillSwitch()
      },
    },
    activateKillSwitch: { event: 'KILL_SWITCH_ACTIVATED', run: () => operator.activateKillSwitch() },
    recoverKillSwitch: { event: 'KILL_SWITCH_RECOVERED', run: () => operator.recoverKillSwitch() },
    escalateKillSwitch: {
      event: 'KILL_SWITCH_ESCALATED',
      run: async () => {
        await operator.activateKillSwitch()
        await operator.escalateKillSwitch()
      },
    },
    startRecovery: { event: 'RECOVERY_STARTED', run: () => operator.startRecovery() },
    cancelRecovery: {
      event: 'RECOVERY_CANCELLED',
      run: async () => {
        const { message } = await operator.getOwnerActionChallenge({ action: 'cancel-recovery', walletId: slow.id })
        await operator.cancelRecovery({}, { owner: await slowOwner.word(message) })
      },
    },
    shutdown: { event: 'SHUTDOWN_REQUESTED', run: () => operator.shutdown() },
  }
}

async function everyRow() {
  const rows: AuditEntry[] = []
  for (let cursor: number | undefined; ; ) {
    const page = await daemon.operator.listAuditLogs({ limit: 200, ...(cursor !== undefined && { cursor }) })
    rows.push(...page.data)
    if (page.nextCursor === null) return rows
    cursor = page.nextCursor
  }
}

function actorOf(op: Operation): RegExp {
  if (op === operations.createViewLogin) return /^viewer$/
  if (mayCall(op, 'operator')) return /^operator$/
  return mayCall(op, 'owner') ? /^owner:0x/ : /^session:/
}

test('every call that changes something leaves its row of evidence, with who asked and from where', async () => {
  const steps = changes()
  // A simulation and a list change nothing; a renewal comes after half a session's life and is proven with the sessions; a clock
  // that is held is proven in clock.test.ts, what a restored wallet has spent in attack/restore.test.ts.
  const elsewhere: readonly string[] = [
    'simulate',
    'testPolicies',
    'draftExposure',
    'replayPolicies',
    'diffPolicies',
    'previewPolicies',
    'previewPolicyTemplate',
    'encodeCalldata',
    'verifyReceipt',
    // What it sends is in the log of notices.
    'testNotification',
    'listDerivations',
    'renewSession',
    // What strangers ask for is on record once the operator, or the owner, has answered.
    'startPairing',
    'pollPairing',
    'getPairing',
    'showInvitation',
    'getInvitationChallenge',
    'acceptInvitation',
    // Who only looks changes nothing.
    'getPasskeyChallenge',
    'startView',
    'verifyReceipt',
    'acknowledgeClock',
    'confirmSpends',
  ]
  const changing = (Object.entries(operations) as [Name, Operation][])
    .filter(([name, op]) => op.method !== 'GET' && !elsewhere.includes(name))
    .map(([name]) => name)
  expect(Object.keys(steps).sort()).toEqual([...changing].sort())

  for (const [name, { event, run }] of Object.entries(steps) as [Name, Step][]) {
    const newest = async () => (await daemon.operator.listAuditLogs({ event_type: event, limit: 1 })).data[0]
    const before = (await newest())?.id ?? 0
    await run()
    if (name === 'shutdown') {
      // It answers while it stops; a new start shows what was written.
      await daemon.terminate()
      await daemon.restart()
    }
    const row = await newest()
    expect(row?.id, `${name} left no ${event}`).toBeGreaterThan(before)
    expect(row!.actor, name).toMatch(actorOf(operations[name]))
    expect(row!.ipAddress, `${name} does not say from where`).toBe('127.0.0.1')
  }
  for (const row of await everyRow()) requireKnownDetails(row.eventType as EventName, row.details)
})

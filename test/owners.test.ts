import { randomBytes } from 'node:crypto'
import { WAIaaSOwnerClient } from '@waiaas/sdk'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { hexToBytes } from 'viem/utils'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { challengeOf, relyingPartyOf } from '../packages/daemon/src/owners/webauthn.ts'
import { agreeTo, askedFor, ownedBy } from './support/consents.ts'
import { MASTER_PASSWORD, startTestDaemon, type TestDaemon } from './support/daemon.ts'
import { evmOwner, mindfulContract, solanaOwner, type TestOwner } from './support/owners.ts'
import { acceptedInvitation, madeUpAuthenticator, passkeyHeaders, sentBytes } from './support/passkeys.ts'
import { until } from './support/until.ts'
import { type EvmWorld, evmWorld } from './support/worlds.ts'

const PAGE = 'https://wallets.example.org'
let world: EvmWorld
let daemon: TestDaemon
const ALL_WAIT = { instant_max_usd: 0, notify_max_usd: 0, delay_max_usd: 0 }

beforeAll(async () => {
  world = await evmWorld()
  daemon = await startTestDaemon({ env: { ...world.env, WAIAAS_SERVER_PUBLIC_URL: PAGE } })
})
afterAll(async () => {
  await daemon?.stop()
  await world?.stop()
})

const payment = () => ({ to: world.newAddress(), amount: String(world.amount(0)), network: world.network })
const ended = (id: string) =>
  until(`transaction ${id} to end`, async () => {
    const { status } = await daemon.operator.getTransaction({ id })
    return ['CONFIRMED', 'FAILED', 'CANCELLED'].includes(status) && status
  })
async function owned(owner: TestOwner, network?: string) {
  const wallet = await world.wallet(daemon, { limit: ALL_WAIT })
  await daemon.operator.setOwner({ id: wallet.id, ownerAddress: owner.address, ...(network && { network }) })
  return wallet
}
const verified = async (id: string, owner: TestOwner) => {
  const { message } = await daemon.operator.getOwnerChallenge({ id, action: 'verify' })
  return daemon.operator.verifyOwner({ id }, { owner: await owner.word(message) })
}

test('a contract that is an owner approves while it is willing, and not by what it was before', async () => {
  const contract = await mindfulContract(world.node)
  const wallet = await owned(contract, world.network)
  await expect(verified(wallet.id, contract)).rejects.toMatchObject({ code: 'INVALID_SIGNATURE' })
  await contract.becomes('willing')
  expect(await verified(wallet.id, contract)).toMatchObject({ ownerState: 'LOCKED' })
  const { id } = await daemon.agent(wallet.token).sendToken(payment())
  const { message } = await daemon.operator.getTransactionChallenge({ id, decision: 'approve' })
  expect(message).toContain('\nChain ID: 31337\n')
  const word = await contract.word(message)
  await contract.becomes('unwilling')
  const approve = () => daemon.operator.approveTransaction({ id }, { owner: word })
  await expect(approve()).rejects.toMatchObject({ code: 'INVALID_SIGNATURE' })
  await contract.becomes('reverting')
  await expect(approve()).rejects.toMatchObject({ code: 'INVALID_SIGNATURE' })
  await contract.becomes('willing')
  await approve()
  expect(await ended(id)).toBe('CONFIRMED')
})

test('of two people who both have to approve, each says so by wallet or passkey, and one alone takes nothing out', async () => {
  const { operator } = daemon
  const wallet = await world.wallet(daemon, { limit: ALL_WAIT })
  const { id: walletId } = wallet
  const [first, second] = [evmOwner(), evmOwner()]
  await ownedBy(daemon, walletId, [first, second])
  const { owners } = await operator.getOwner({ id: walletId })
  const device = madeUpAuthenticator(relyingPartyOf(PAGE)!)
  const { challenge } = await operator.getPasskeyOptions({ id: walletId })
  const made = { id: walletId, ownerId: owners[0]!.id, ...sentBytes(device.create(challenge)) }
  const add = async (by: TestOwner) => {
    const { message } = await operator.getPasskeyChallenge({ ...made, signer: by.address })
    return operator.addPasskey(made, { owner: await by.word(message) })
  }
  await expect(add(second)).rejects.toMatchObject({ code: 'OWNER_CONSENT_REQUIRED' })
  await add(first)

  const { id } = await daemon.agent(wallet.token).sendToken(payment())
  const text = async (signer: string) =>
    (await operator.getTransactionChallenge({ id, decision: 'approve', signer })).message
  const message = await text(first.address)
  const headers = passkeyHeaders(device.credentialId, message, device.get(challengeOf(message)))
  const asPasskey = await fetch(`${daemon.url}/v1/transactions/${id}/approve`, {
    ...{ method: 'POST', body: '{}', headers: { ...headers, 'content-type': 'application/json' } },
  })
  const waits = { needed: 2, agreed: [first.address], missing: [second.address] }
  expect(await asPasskey.json()).toEqual({ id, status: 'QUEUED', approvedAt: null, owners: waits })
  const again = await operator.approveTransaction({ id }, { owner: await first.word(await text(first.address)) })
  expect(again).toMatchObject({ status: 'QUEUED', owners: waits })
  const { lines, owners: standing } = await operator.getCard({ id })
  expect(lines).toContain(`Owners: 1 of 2 owners has agreed; ${second.address} still has to`)
  expect(standing).toEqual(waits)
  await expect(operator.adminApproveTransaction({ id })).rejects.toMatchObject({ code: 'OWNER_CONSENT_REQUIRED' })
  const last = await operator.approveTransaction({ id }, { owner: await second.word(await text(second.address)) })
  expect(last).toMatchObject({ status: 'PENDING', owners: { missing: [] } })
  expect(await ended(id)).toBe('CONFIRMED')

  const withdraw = async (by: TestOwner, to: string) => {
    const wanted = { id: walletId, network: world.network, to }
    const asked = await operator.getWithdrawChallenge({ ...wanted, signer: by.address })
    return operator.withdrawWallet(wanted, { owner: await by.word(asked.message) })
  }
  await expect(withdraw(first, first.address)).rejects.toMatchObject({ code: 'OWNER_CONSENT_REQUIRED' })
  // Each to themselves is not the same.
  await expect(withdraw(second, second.address)).rejects.toMatchObject({ code: 'OWNER_CONSENT_REQUIRED' })
  await expect(withdraw(second, world.newAddress())).rejects.toMatchObject({ code: 'ACTION_VALIDATION_FAILED' })
  expect(await withdraw(second, first.address)).toMatchObject({ to: first.address })
})

test('somebody with a passkey alone owns a wallet, approves, and takes all out to the address that they named', async () => {
  const { operator } = daemon
  const wallet = await world.wallet(daemon, { limit: ALL_WAIT })
  const withdrawTo = evmOwner().address
  const offer = { id: wallet.id, party: relyingPartyOf(PAGE)!, withdrawTo }
  const { person, code } = await acceptedInvitation(operator, offer)
  const owner = { ownerState: 'LOCKED', ownerAddress: person.address, ownerNetwork: null }
  expect(await operator.confirmOwner({ id: wallet.id, code })).toMatchObject(owner)
  expect(await operator.getWallet({ id: wallet.id })).toMatchObject({ ownerAddress: person.address })
  const { id } = await daemon.agent(wallet.token).sendToken(payment())
  await expect(operator.adminApproveTransaction({ id })).rejects.toMatchObject({ code: 'OWNER_CONSENT_REQUIRED' })
  const { message } = await operator.getTransactionChallenge({ id, decision: 'approve' })
  await operator.approveTransaction({ id }, { owner: await person.word(message) })
  expect(await ended(id)).toBe('CONFIRMED')

  const wanted = { id: wallet.id, network: world.network }
  const asked = await operator.getWithdrawChallenge(wanted)
  expect(asked.message).toContain(`, to ${withdrawTo}\n`)
  const taken = await operator.withdrawWallet(wanted, { owner: await person.word(asked.message) })
  expect(taken).toMatchObject({ to: withdrawTo, failed: 0 })
  await until('all to arrive', async () => (await world.balance(withdrawTo)) > 0n)
  const elsewhere = operator.getWithdrawChallenge({ ...wanted, to: world.newAddress() })
  await expect(elsewhere).rejects.toMatchObject({ code: 'ACTION_VALIDATION_FAILED' })
})

test('owners of a Solana wallet agree together to fewer of them', async () => {
  const { operator } = daemon
  const { id } = await operator.createWallet({ name: 'ours', chain: 'solana', createSession: false })
  const people = [solanaOwner(randomBytes(32)), solanaOwner(randomBytes(32))]
  await ownedBy(daemon, id, people)
  const change = () => operator.setOwnersNeeded({ id, needed: 1 })
  for (const owner of people) {
    const consent = await askedFor(change)
    await agreeTo(daemon, { id: consent!, walletId: id, owner })
  }
  const listed = async () => {
    const { consents } = await operator.listConsents()
    expect(await operator.getAdminStatus()).toMatchObject({ waitingConsents: consents.length })
    return consents.filter(({ wallets }) => wallets.some(({ walletId }) => walletId === id))
  }
  expect(await listed()).toMatchObject([
    { action: 'change-owners', isAgreed: true, wallets: [{ owners: { missing: [] } }] },
  ])
  expect(await change()).toMatchObject({ needed: 1, owners: { length: 2 } })
  expect(await listed()).toEqual([])
  await operator.terminateWallet({ id })
})

test('an owner needs no session and no password, and their client speaks for them', async () => {
  const account = privateKeyToAccount(generatePrivateKey())
  const wallet = await owned({ ...evmOwner(), address: account.address })
  const owner = new WAIaaSOwnerClient({
    ...{ baseUrl: daemon.url, ownerAddress: account.address, masterPassword: MASTER_PASSWORD },
    signMessage: async (raw) => hexToBytes(await account.signMessage({ message: { raw } })),
  })
  expect(await owner.verify(wallet.id)).toMatchObject({ ownerVerified: true })
  const [first, second, third] = [
    await daemon.agent(wallet.token).sendToken(payment()),
    await daemon.agent(wallet.token).sendToken(payment()),
    await daemon.agent(wallet.token).sendToken(payment()),
  ]
  await owner.approve(first.id)
  expect(await ended(first.id)).toBe('CONFIRMED')
  expect(await owner.reject(second.id)).toMatchObject({ status: 'CANCELLED' })
  await expect(owner.approve(second.id)).rejects.toMatchObject({ code: 'TX_ALREADY_PROCESSED' })
  expect(await owner.activateKillSwitch()).toMatchObject({ state: 'SUSPENDED' })
  expect(await ended(third.id)).toBe('CANCELLED')
  expect(await owner.getKillSwitchStatus()).toMatchObject({ activatedBy: `owner:${account.address}` })
  await daemon.operator.escalateKillSwitch()
  expect(await owner.recover(wallet.id)).toMatchObject({ state: 'ACTIVE' })
  await expect(owner.approve(third.id)).rejects.toMatchObject({ code: 'TX_ALREADY_PROCESSED' })
})

test('whoever knows ids alone is told nothing of what waits, and an owner is told of their own', async () => {
  const [owner, other] = [evmOwner(), evmOwner()]
  const [mine, theirs] = [await owned(owner), await owned(other)]
  await verified(mine.id, owner)
  await verified(theirs.id, other)
  const { id } = await daemon.agent(mine.token).sendToken(payment())
  const rules = { max_requests: 1, window_seconds: 1 }
  const { id: policy } = await daemon.operator.createPolicy({ walletId: mine.id, type: 'RATE_LIMIT', rules })
  const consent = await askedFor(() => daemon.operator.deletePolicy({ id: policy }))
  const paths = [
    `/v1/transactions/${id}/challenge?decision=approve`,
    `/v1/transactions/${id}/challenge?decision=reject`,
    `/v1/transactions/${id}/card`,
    `/v1/owner/consents/${consent}`,
    `/v1/owner/consents/${consent}/challenge?walletId=${mine.id}`,
    `/v1/wallets/${mine.id}/withdraw/challenge`,
    `/v1/wallets/${mine.id}/owner/challenge?action=remove`,
  ]
  async function looks(by: TestOwner) {
    const { message } = await daemon.operator.getViewChallenge({ address: by.address })
    return (await daemon.operator.startView({}, { owner: await by.word(message) })).token
  }
  const [seesMine, seesTheirs] = [await looks(owner), await looks(other)]
  const answers = async (as?: string) => {
    const all = await Promise.all(paths.map((path) => daemon.call('GET', path, { ...(as && { as }) })))
    return all.map(({ status, body }) => ({ status, text: JSON.stringify(body) }))
  }
  expect((await answers()).map(({ status }) => status)).toEqual(paths.map(() => 401))
  for (const { status, text } of await answers(seesTheirs)) {
    expect(status).toBe(404)
    expect(text.toLowerCase()).not.toContain(mine.address.toLowerCase())
  }
  expect((await answers(seesMine)).map(({ status }) => status)).toEqual(paths.map(() => 200))
  const waiting = async (view: string, walletId?: string) =>
    (await daemon.operator.listWaiting(walletId === undefined ? {} : { walletId }, { view })).items.map((one) => one.id)
  expect(await waiting(seesMine)).toEqual([id])
  expect([await waiting(seesTheirs), await waiting(seesTheirs, mine.id)]).toEqual([[], []])
  const asked = async (view: string) => (await daemon.operator.listConsents({}, { view })).consents.map((one) => one.id)
  expect(await asked(seesMine)).toEqual([consent])
  expect(await asked(seesTheirs)).toEqual([])
  const card = await daemon.operator.getCard({ id }, { view: seesMine })
  expect(card).toMatchObject({ id, walletId: mine.id, worstCase: expect.any(String) })
  // Stopping needs no look, and its text names what the asker named.
  const stop = await daemon.call<{ message: string }>(
    'GET',
    `/v1/owner/challenge?action=kill-switch&walletId=${mine.id}`,
  )
  expect(stop.body.message).toContain(`as the owner of the wallet ${mine.id}`)
  expect(stop.body.message.toLowerCase()).not.toContain(mine.address.toLowerCase())
})

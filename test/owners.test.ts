import { WAIaaSOwnerClient } from '@waiaas/sdk'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { hexToBytes } from 'viem/utils'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { MASTER_PASSWORD, startTestDaemon, type TestDaemon } from './support/daemon.ts'
import { evmOwner, mindfulContract, type TestOwner } from './support/owners.ts'
import { until } from './support/until.ts'
import { type EvmWorld, evmWorld } from './support/worlds.ts'

let world: EvmWorld
let daemon: TestDaemon
const ALL_WAIT = { instant_max_usd: 0, notify_max_usd: 0, delay_max_usd: 0 }

beforeAll(async () => {
  world = await evmWorld()
  daemon = await startTestDaemon({ env: world.env })
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

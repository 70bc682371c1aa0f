import type { Card } from '@waiaas/contract'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startTestDaemon, type TestDaemon } from './support/daemon.ts'
import { until } from './support/until.ts'
import { ETHER, type TestWallet } from './support/wallets.ts'
import { type EvmWorld, evmWorld } from './support/worlds.ts'

/** Above a hundred dollars a day a human decides, and nothing else makes one. */
const LIMIT = {
  ...{ instant_max_usd: 1_000, notify_max_usd: 1_000, delay_max_usd: 1_000 },
  ...{ daily_limit_usd: 100, over_limit: 'APPROVAL' },
}
const PRICE = 2_000
/** What 150 dollars are at that price. */
const AMOUNT = (150n * ETHER) / BigInt(PRICE)
const TOO_LATE = { code: 'TX_ALREADY_PROCESSED' }

let world: EvmWorld
let daemon: TestDaemon
let wallet: TestWallet
beforeAll(async () => {
  world = await evmWorld({ blockTime: 0.25 })
  daemon = await startTestDaemon({ env: world.env })
})
beforeEach(async () => {
  wallet = await world.wallet(daemon, { limit: LIMIT })
})
afterAll(async () => {
  await daemon?.stop()
  await world?.stop()
})

type Asked = { id: string; to: string }
async function ask(amount = AMOUNT, to = world.newAddress()): Promise<Asked> {
  const { status, body, text } = await daemon.call<{ id: string }>('POST', '/v1/transactions/send', {
    as: wallet.token,
    body: { type: 'TRANSFER', to, amount: String(amount), network: world.network },
  })
  if (status !== 201) throw new Error(`expected 201, got ${status} ${text}`)
  return { id: body.id, to }
}
const approve = ({ id }: Asked, upToUsd?: number, code?: string) =>
  daemon.operator.adminApproveTransaction({
    id,
    ...(upToUsd !== undefined && { upToUsd }),
    ...(code !== undefined && { code }),
  })
const cardOf = ({ id }: Asked): Promise<Card> => daemon.operator.getCard({ id })
const statusOf = async ({ id }: Asked) => (await daemon.operator.getTransaction({ id })).status
const statuses = (...all: Asked[]) => Promise.all(all.map(statusOf))
const received = ({ to }: Asked) => world.balance(to)
async function landed(asked: Asked): Promise<void> {
  await until(`${asked.id} to land`, async () => {
    await world.finalise()
    const status = await statusOf(asked)
    if (!['PENDING', 'EXECUTING', 'SUBMITTED', 'CONFIRMED'].includes(status))
      throw new Error(`expected it to land, it is ${status}`)
    return status === 'CONFIRMED'
  })
}
const sentBy = async () => Number(await world.node.rpc('eth_getTransactionCount', [wallet.address, 'pending']))
const price = (usd: number) =>
  daemon.operator.updateSettings({
    settings: [{ key: 'oracle.fixed_prices', value: JSON.stringify({ [`native:${world.network}`]: String(usd) }) }],
  })

test('a raise is for one payment: not for another one, not below what was asked, and for no limit behind it', async () => {
  const [one, other] = [await ask(), await ask()]
  const card = await cardOf(one)
  expect(card).toMatchObject({ status: 'QUEUED', tier: 'APPROVAL', amounts: [{ usd: 150 }] })
  expect(card.reasons.join()).toContain('limit of 100 USD')
  await expect(approve(one, 149)).rejects.toThrow('expected at least the 150 USD that were shown')
  await expect(approve(one, 1_000, (await cardOf(other)).code)).rejects.toMatchObject(TOO_LATE)
  expect(await statuses(one, other)).toEqual(['QUEUED', 'QUEUED'])
  expect(await sentBy()).toBe(0)

  await approve(one, 1_000, card.code)
  await expect(approve(one, 2_000)).rejects.toMatchObject(TOO_LATE)
  await landed(one)
  // What is left of what was named is nobody's.
  const small = await ask(1n)
  expect(await statuses(other, small)).toEqual(['QUEUED', 'QUEUED'])
  expect([await received(one), await received(other), await sentBy()]).toEqual([AMOUNT, 0n, 1])
})

test('of two raises at the same time one counts, and the payment leaves once', async () => {
  const asked = await ask()
  const answers = await Promise.allSettled([approve(asked, 150), approve(asked, 300), approve(asked, 1_000)])
  const refused = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason] : []))
  expect(refused).toHaveLength(2)
  for (const why of refused) expect(why).toMatchObject(TOO_LATE)
  await landed(asked)
  expect([await received(asked), await sentBy()]).toEqual([AMOUNT, 1])
  const { data } = await daemon.operator.listAuditLogs({ event_type: 'TX_APPROVED', wallet_id: wallet.id })
  expect(data).toHaveLength(1)
})

test('what has become dearer than the raise waits anew, and runs up to the one that follows', async () => {
  const asked = await ask()
  await price(PRICE * 2)
  try {
    await approve(asked, 299)
    // It was PENDING when that was answered.
    await until('it to wait anew', async () => {
      const status = await statusOf(asked)
      if (!['PENDING', 'QUEUED'].includes(status)) throw new Error(`expected it to wait, it is ${status}`)
      return status === 'QUEUED'
    })
    expect(await cardOf(asked)).toMatchObject({ tier: 'APPROVAL', amounts: [{ usd: 300 }] })
    await expect(approve(asked, 299)).rejects.toThrow('expected at least the 300 USD that were shown')
    expect(await sentBy()).toBe(0)
    await approve(asked, 300)
    await landed(asked)
    expect([await received(asked), await sentBy()]).toEqual([AMOUNT, 1])
  } finally {
    await price(PRICE)
  }
})

test('a stop ends what was raised and has not left, and no raise of it counts after that', async () => {
  const [raised, waiting] = [await ask(), await ask()]
  // Without a node nothing is signed.
  world.proxy.mode = 'away'
  try {
    await approve(raised, 1_000)
    await daemon.operator.suspendWallet({ id: wallet.id })
  } finally {
    world.proxy.mode = 'pass'
  }
  for (const each of [raised, waiting]) await expect(approve(each, 1_000)).rejects.toMatchObject(TOO_LATE)
  await daemon.operator.resumeWallet({ id: wallet.id })
  for (const each of [raised, waiting]) await expect(approve(each, 1_000)).rejects.toMatchObject(TOO_LATE)
  // The same once more is another one; and what is raised behind all of it is signed behind it.
  const [again, next] = [await ask(AMOUNT, raised.to), await ask()]
  await approve(next, 150)
  await landed(next)
  expect(await statuses(raised, waiting, again)).toEqual(['CANCELLED', 'CANCELLED', 'QUEUED'])
  expect([await received(raised), await received(waiting), await sentBy()]).toEqual([0n, 0n, 1])
})

import { formatUnits, integerOf, newId, toBase, toUsd } from '@waiaas/contract'
import { deployEvmFixtures, evmContracts, mintToken } from '@waiaas/localnet'
import { encodeFunctionData, type Hex } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ETHER, migrations, startEvm, startPipeline } from '../../test/pipeline-bed.ts'
import { walletWindow } from '../ledger/service.ts'
import { openDatabase } from '../platform/db/database.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const { abi } = evmContracts.PlainToken
const whole = (amount: number) => BigInt(amount) * ETHER

let node: Awaited<ReturnType<typeof startEvm>>
let token: Hex
let stop: () => Promise<void>
let bed: Awaited<ReturnType<typeof startPipeline>>
let shift = -30 * DAY
const now = () => Date.now() + shift

beforeAll(async () => {
  node = await startEvm({})
  token = (await deployEvmFixtures(node)).plainToken as Hex
  const database = await openDatabase({ path: ':memory:', migrations })
  const fixed = { [`eip155:31337/erc20:${token.toLowerCase()}`]: '1' }
  bed = await startPipeline(database, node, undefined, { now }, { fixed })
  stop = async () => {
    await bed.stop()
    await database.close()
  }
})
afterAll(async () => {
  await stop?.()
  await node?.stop()
})

/** A wallet with so much of the token, which may let one spender take it, and a limit of a hundred dollars a day. */
async function allower(has: number) {
  const from = await bed.wallet()
  const spender = `0x${newId().replaceAll('-', '').padStart(40, 'a')}` as Hex
  await mintToken(node, token, { to: from.address, amount: whole(has) })
  await node.fund(spender, ETHER)
  await node.rpc('anvil_impersonateAccount', [spender])
  await bed.limit(from.id, {
    ...{ instant_max_usd: 1e3, notify_max_usd: 1e3, delay_max_usd: 1e3 },
    daily_limit_usd: 100,
  })
  for (const [type, rules] of [
    ['ALLOWED_TOKENS', { tokens: [{ address: token }] }],
    ['APPROVED_SPENDERS', { spenders: [{ address: spender }] }],
  ] as const)
    await bed.rules.create({ walletId: from.id, type, rules, priority: 0, enabled: true } as never)
  const send = async (request: object) => {
    const { transactionId, refused } = await bed.send(from, request as never, newId())
    if (refused) return refused
    await bed.until(transactionId, 'CONFIRMED')
    await node.rpc('anvil_mine', ['0x46'])
    return undefined
  }
  const worth = (_: string, amount: bigint) => toUsd(amount / 10n ** 12n)
  const window = async () => {
    const query = { worth: worth as never, account: from.id, lengthMs: DAY, now: now() }
    const { open, total } = await bed.database.read((db) => walletWindow(db, query))
    // Fees are some cents.
    return [open, total].map((usd) => Math.floor(Number(formatUnits(toBase(integerOf(usd)), 6))))
  }
  const take = async (amount: bigint) => {
    const data = encodeFunctionData({ abi, functionName: 'transferFrom', args: [from.address as Hex, spender, amount] })
    await node.rpc('eth_sendTransactionSync', [{ from: spender, to: token, data, gas: '0x30000' }])
  }
  const approve = (amount: bigint) =>
    send({ type: 'APPROVE', spender, amount: String(amount), token: { address: token } })
  const pay = (amount: bigint) =>
    send({ type: 'TOKEN_TRANSFER', to: spender, amount: String(amount), token: { address: token } })
  /** Its transaction is final, and the chain was asked what is open of it. */
  const looked = () =>
    expect
      .poll(
        () =>
          bed.database.read((db) =>
            db.query<{ balance: string | null }>((k) =>
              k.selectFrom('standing_allowances').select('balance').where('account', '=', from.id),
            ),
          ),
        { timeout: 60_000, interval: 50 },
      )
      .toEqual([{ balance: expect.any(String) }])
  return { address: from.address, spender, looked, window, take, approve, pay }
}

/** What is open of a window, and all of it, in dollars. */
const shows = (window: () => Promise<number[]>, open: number, total: number) =>
  expect.poll(window, { timeout: 60_000, interval: 50 }).toEqual([open, total])

test('an allowance holds its room in every window as long as it is open, and what is taken of it counts when it is taken', async () => {
  const { spender, looked, window, take, approve, pay } = await allower(1_000)
  expect(await approve(whole(60))).toBeUndefined()
  await looked()
  await shows(window, 60, 60)
  shift += 3 * DAY
  expect(await window()).toEqual([60, 60])
  const refused = await pay(whole(50))
  expect(refused).toMatchObject({ code: 'POLICY_DENIED' })
  expect(JSON.stringify(refused).toLowerCase()).toContain(`60 usd of it are held by open allowances to ${spender}`)

  await take(whole(25))
  shift += HOUR
  await shows(window, 35, 60)
  shift += DAY + HOUR
  expect(await window()).toEqual([35, 35])

  // What is taken back may have been taken just before.
  expect(await approve(0n)).toBeUndefined()
  shift += HOUR
  await shows(window, 0, 35)
  shift += DAY + HOUR
  expect(await window()).toEqual([0, 0])
  expect(await pay(whole(90))).toBeUndefined()
}, 120_000)

test('no more is held than the wallet has, and what comes in is held with the next look', async () => {
  const { address, looked, window, approve, pay } = await allower(20)
  expect(await approve(whole(95))).toBeUndefined()
  await looked()
  await shows(window, 20, 20)
  await mintToken(node, token, { to: address, amount: whole(50) })
  shift += HOUR
  await shows(window, 70, 70)
  // What the wallet pays itself is not there to be taken any more.
  expect(await pay(whole(25))).toBeUndefined()
  await shows(window, 45, 70)
  shift += DAY + HOUR
  expect(await window()).toEqual([45, 45])
}, 120_000)

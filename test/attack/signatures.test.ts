import { randomBytes } from 'node:crypto'
import { newId } from '@waiaas/contract'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { evmChain } from '../../packages/daemon/src/chains/evm/chain.ts'
import type { Claim } from '../../packages/daemon/src/chains/messages.ts'
import { killSwitchStore } from '../../packages/daemon/src/killswitch/store.ts'
import { forgetSession } from '../../packages/daemon/src/ledger/service.ts'
import { settleRestored } from '../../packages/daemon/src/offline/restored-state.ts'
import { changing, startEndpoint } from '../../packages/daemon/test/evm-bed.ts'
import { localEvm } from '../../packages/daemon/test/pipeline-bed.ts'
import {
  add,
  type Bed,
  fieldsOf,
  OTHER,
  permitChain,
  refused,
  SPENDER,
  sign,
  turn,
  usd,
  type Wallet,
} from '../support/permits.ts'

let chain: Awaited<ReturnType<typeof permitChain>>
beforeAll(async () => {
  chain = await permitChain()
})
afterAll(() => chain?.node.stop())

const alone = () => chain.world('sqlite', onTestFinished)

test('a voucher counts on over a restore and the end of its session, until nobody can use it', async () => {
  const { permit, allow } = chain
  const { bed, clock, rows, spend, ended, lapse } = await alone()
  const from = await bed.wallet()
  await allow(bed, from)
  const { id } = await sign(bed, from, await permit(from))
  const backup = { created_at: '', daemon_version: '', isAuditWhole: true }
  await settleRestored({ database: bed.database, clock, audit: bed.evidence }, backup)
  expect([await spend(id), (await rows('vouchers')).length]).toEqual(['out', 1])
  expect(await bed.database.work({}, (db) => forgetSession(db, from.session))).toBe(false)
  // The operator has looked, and says that the ledger knows all.
  await bed.database.work({ exclusive: ['system', `wallet:${from.id}`] }, (db) =>
    db.query((k) => k.updateTable('wallets').set({ status: 'ACTIVE', spends_unknown_before: null })),
  )
  const session = await bed.session(from.id)
  const second = () => permit(from, { nonce: 1 })
  expect(await refused(bed, from, await second(), { session })).toEqual(['SPENDING_LIMIT_EXCEEDED'])
  await lapse()
  expect(await ended(id)).toBe('void')
  expect(await refused(bed, from, await second(), { session })).toEqual([])
})

test('a voucher counts on when its key is purged and comes in again', async () => {
  const { permit, allow } = chain
  const { bed, spend, ended, lapse } = await alone()
  const secret = randomBytes(32).toString('hex')
  const first = await bed.wallet(secret)
  await allow(bed, first)
  const { id } = await sign(bed, first, await permit(first))
  await bed.database.work({ exclusive: ['system', `wallet:${first.id}`] }, async (db) => {
    const at = Date.now()
    await db.query((k) => k.updateTable('wallets').set({ status: 'TERMINATED', terminated_at: at, purged_at: at }))
    await db.query((k) => k.deleteFrom('wallet_keys'))
  })
  const again = await bed.wallet(secret)
  await allow(bed, again)
  expect(await refused(bed, again, await permit(again))).toEqual(['SPENDING_LIMIT_EXCEEDED'])
  expect(await spend(id)).toBe('out')
  await lapse()
  expect(await ended(id)).toBe('void')
  expect(await refused(bed, again, await permit(again))).toEqual([])
})

describe('two replicas', () => {
  const stops: (() => Promise<void>)[] = []
  let pair: Awaited<ReturnType<typeof chain.world>> & { other: Bed }
  beforeAll(async () => {
    const made = await chain.world('postgres', (stop) => stops.unshift(stop))
    pair = { ...made, other: await made.boot(made.bed.keyring) }
  })
  afterAll(async () => {
    for (const stop of stops.splice(0)) await stop()
  })
  async function holder(): Promise<Wallet> {
    const from = await pair.bed.wallet()
    await chain.allow(pair.bed, from)
    return from
  }
  /** What is stored of one wallet. */
  async function of(from: Wallet) {
    const [vouchers, spends, signatures] = await Promise.all(
      (['vouchers', 'spends', 'signatures'] as const).map(pair.rows),
    )
    return {
      vouchers: vouchers!.filter((each) => each.wallet_id === from.id),
      out: spends!.filter((each) => each.account === from.id && each.state === 'out'),
      signatures: signatures!.filter((each) => String(each.lane).endsWith(from.address)),
    }
  }

  test('one key at both at once is one permit, and counts once', async () => {
    const { bed, other } = pair
    const from = await holder()
    const [data, key] = [await chain.permit(from), newId()]
    const [one, ...others] = await Promise.all([bed, other, bed, other].map((each) => sign(each, from, data, { key })))
    for (const each of others) expect(each).toEqual(one)
    const { vouchers, out, signatures } = await of(from)
    expect([vouchers.length, out.length, signatures.length]).toEqual([1, 1, 1])
  })

  test('the same permit under two keys has one signature, and leaves with no more than the limit says', async () => {
    const { bed, other } = pair
    const from = await holder()
    const data = await chain.permit(from)
    const answers = await Promise.allSettled([bed, other].map((each) => sign(each, from, data)))
    const signed = answers.flatMap((each) => (each.status === 'fulfilled' ? [each.value.signature] : []))
    expect(new Set(signed).size).toBe(1)
    // Once it is out the same one is told again, and counts no second time.
    expect((await sign(other, from, data)).signature).toBe(signed[0])
    const { vouchers, out } = await of(from)
    expect([vouchers.length, out.length]).toEqual([1, 1])
  })

  test('counts that are gone are older than what was signed, for a signer that has not seen it', async () => {
    const { bed, other } = pair
    const from = await holder()
    await sign(bed, from, await chain.permit(from, { value: usd(2) }))
    await bed.database.work({}, (db) => db.query((k) => k.deleteFrom('ceiling_counts')))
    const second = await chain.permit(from, { value: usd(2), nonce: 1 })
    const failure = await sign(other, from, second).catch((error: Error) => error)
    expect(String(failure)).toContain('missing or older than the last payment')
  })

  test.each<[string, (from: Wallet) => Promise<unknown>]>([
    [
      'a suspension',
      (from) =>
        pair.other.database.work({ exclusive: ['system', `wallet:${from.id}`] }, (db) =>
          db.query((k) => k.updateTable('wallets').set({ status: 'SUSPENDED' }).where('id', '=', from.id)),
        ),
    ],
    [
      'the end of its session',
      ({ id, session }) =>
        pair.other.database.work({ exclusive: ['system', `wallet:${id}`, `session:${session}`] }, (db) =>
          db.query((k) => k.updateTable('sessions').set({ revoked_at: 1 }).where('id', '=', session)),
        ),
    ],
    ['the kill switch, thrown and lifted again,', () => moveSwitch('ACTIVE')],
    ['the kill switch', () => moveSwitch('SUSPENDED')],
  ])('%s at the one while the other has it signed: nothing is told', async (_what, stop) => {
    const { bed } = pair
    const from = await holder()
    let leave: unknown
    const leaveOf = async () => (await of(from)).signatures[0]
    async function onSign(): Promise<void> {
      // That of an earlier example, which is signed anew: not what this one stops.
      if (!(await leaveOf())) return bed.onSign(onSign)
      await stop(from)
      leave = await leaveOf()
    }
    bed.onSign(onSign)
    expect(await refused(bed, from, await chain.permit(from))).not.toEqual([])
    expect(leave).toMatchObject({ sealed: null })
    // It may be signed anew where the stop is over: under another leave.
    const { signatures, vouchers } = await of(from)
    const kept = signatures.filter((each) => each.sealed !== null)
    for (const each of kept) expect(each.attempt_id).not.toBe((leave as { attempt_id: string }).attempt_id)
    expect(vouchers.length).toBe(kept.length)
  })
  const moveSwitch = (to: 'ACTIVE' | 'SUSPENDED') =>
    pair.other.database.work({ exclusive: ['system'] }, (db) =>
      killSwitchStore.swap(db, { from: 'ACTIVE', to, at: null, by: null, lockedAt: null }),
    )
})

test('a voucher is not free while no final block is past its deadline, whatever the clock and newer blocks say', async () => {
  const { permit, allow, node } = chain
  const { bed, time, rows, spend, ended } = await alone()
  const from = await bed.wallet()
  await allow(bed, from)
  const { id } = await sign(bed, from, await permit(from))
  const due = async () => Number((await rows('vouchers'))[0]!.due_at)
  /** Until the worker has looked at it once more. */
  const looked = async (before: number) => {
    while ((await due()) === before) await turn()
  }
  const first = await due()
  time.shift += 3_600_000
  await looked(first)
  expect(await spend(id)).toBe('out')
  // Another block comes next: until it is final, one with an earlier time may take its place.
  const second = await due()
  await node.rpc('evm_increaseTime', [4_000])
  await node.mine(1)
  time.shift += 60_000
  await looked(second)
  expect(await spend(id)).toBe('out')
  await node.mine(4)
  time.shift += 60_000
  expect(await ended(id)).toBe('void')
})

describe('a lying endpoint', () => {
  type Says = { nonce?: bigint; ahead?: number; isDown?: boolean }
  const word = (value: bigint) => `0x${value.toString(16).padStart(64, '0')}`
  async function endpoint({ nonce, ahead, isDown }: Says): Promise<string> {
    const answer = changing(chain.node.url, ({ method }, { result }) => {
      if (method === 'eth_call' && nonce !== undefined) return { result: word(nonce) }
      if (method !== 'eth_getBlockByNumber' || ahead === undefined) return undefined
      const block = result as { timestamp: string }
      return { result: { ...block, timestamp: `0x${(Number(block.timestamp) + ahead).toString(16)}` } }
    })
    const { url } = await startEndpoint((body, response, raw) =>
      isDown ? void response.writeHead(503).end() : answer(body, response, raw),
    )
    return url
  }
  async function fate(...all: Says[]) {
    const urls = await Promise.all(all.map(endpoint))
    const evm = evmChain({ network: localEvm, urls, allowForeignGenesis: true, warn: () => undefined })
    onTestFinished(() => evm.close())
    const now = await chain.seconds()
    const claim: Claim = { by: 'nonces', contract: chain.token, owner: OTHER, nonce: '0', deadline: String(now) }
    const { isUsed, time } = await evm.messages!.fate(claim)
    return { isUsed, isPast: time > now }
  }

  test('cannot free a permit that was used, nor bring its end nearer', async () => {
    const [used, unused] = [{ nonce: 1n }, { nonce: 0n }]
    for (const says of [
      [used, unused],
      [unused, used],
      [used, { ...unused, ahead: 900 }],
    ])
      expect(await fate(...says)).toEqual({ isUsed: true, isPast: false })
    expect(await fate({ ...unused, ahead: 900 }, unused)).toEqual({ isUsed: false, isPast: false })
    expect(await fate({ ...unused, ahead: 900 }, { ...unused, ahead: 900 })).toEqual({ isUsed: false, isPast: true })
  })

  test('is not believed alone', async () => {
    await expect(fate({ nonce: 0n, ahead: 900 }, { isDown: true })).rejects.toMatchObject({ code: 'CHAIN_ERROR' })
    await expect(fate({ isDown: true }, { nonce: 0n, ahead: 900 })).rejects.toMatchObject({ code: 'CHAIN_ERROR' })
  })
})

describe('other spellings', () => {
  const hex = (value: string | number) => `0x${BigInt(value).toString(16)}`
  const upper = (text: string) => `0x${text.slice(2).toUpperCase()}`

  test('of one permit are the same permit, and count once', async () => {
    const { permit, allow, token } = chain
    const { bed, rows } = await alone()
    const from = await bed.wallet()
    await allow(bed, from)
    const plain = await permit(from)
    const { message } = plain
    const key = newId()
    const first = await sign(bed, from, plain, { key })
    const others: (typeof plain)[] = [
      { ...plain, domain: { ...plain.domain, verifyingContract: upper(token) } },
      { ...plain, domain: { ...plain.domain, chainId: '31337' } },
      { ...plain, domain: { ...plain.domain, chainId: hex(31_337) } },
      { ...plain, message: { ...message, owner: from.address.toLowerCase(), spender: upper(SPENDER) } },
      { ...plain, message: { ...message, value: hex(usd(8)), nonce: '0x0', deadline: hex(Number(message.deadline)) } },
      { ...plain, message: Object.fromEntries(Object.entries(message).reverse()) },
    ]
    for (const other of others) {
      expect(await sign(bed, from, other)).toEqual(first)
      expect(await sign(bed, from, other, { key })).toEqual(first)
    }
    expect(await refused(bed, from, await permit(from, { nonce: 1 }), { key })).toEqual(['IDEMPOTENCY_KEY_REUSED'])
    expect((await rows('vouchers')).length).toBe(1)
    // With a salt it is another signature over the same allowance.
    const salted = await permit(from, {}, { salt: `0x${'ab'.repeat(32)}` })
    expect(await refused(bed, from, salted)).toEqual(['SPENDING_LIMIT_EXCEEDED'])
    const odd: (typeof plain)[] = [
      { ...plain, message: { ...message, hidden: 1 } },
      { ...plain, domain: { ...plain.domain, chainId: '031337' } },
      { ...plain, domain: { ...plain.domain, chainId: '0X7A69' } },
      { ...plain, domain: { ...plain.domain, chainId: 31_337 + 2 ** 32 } },
      { ...plain, message: { ...message, value: `${usd(8)} ` } },
      { ...plain, message: { ...message, value: '8e6' } },
    ]
    for (const each of odd)
      expect(await refused(bed, from, each), JSON.stringify(each)).toEqual(['INVALID_TRANSACTION'])
    expect((await rows('spends')).length).toBe(1)
  })

  test('of Permit2 and of its types are Permit2, which lets take what its parts let take together', async () => {
    const { allow, token, seconds } = chain
    const { bed, rows } = await alone()
    const from = await bed.wallet()
    await allow(bed, from)
    await add(bed, from, 'APPROVE_AMOUNT_LIMIT', { maxAmount: usd(5) })
    const TokenPermissions = fieldsOf('address token,uint256 amount')
    const PermitBatchTransferFrom = fieldsOf(
      'TokenPermissions[] permitted,address spender,uint256 nonce,uint256 deadline',
    )
    const deadline = (await seconds()) + 600
    const take = (...dollars: number[]) => ({
      domain: { name: 'Permit2', chainId: 31_337, verifyingContract: PERMIT2 },
      types: { PermitBatchTransferFrom, TokenPermissions },
      primaryType: 'PermitBatchTransferFrom',
      message: {
        permitted: dollars.map((each, at) => ({ token: at === 0 ? token : upper(token), amount: usd(each) })),
        ...{ spender: SPENDER, nonce: 5, deadline },
      },
    })
    const first = await sign(bed, from, take(2, 3))
    const others = [
      { ...take(2, 3), types: { TokenPermissions, PermitBatchTransferFrom } },
      { ...take(2, 3), domain: { ...take(2).domain, verifyingContract: PERMIT2.toLowerCase() } },
      { ...take(2, 3), domain: { ...take(2).domain, verifyingContract: upper(PERMIT2) } },
    ]
    for (const other of others) expect(await sign(bed, from, other)).toEqual(first)
    expect((await rows('vouchers')).length).toBe(1)
    expect(await refused(bed, from, take(3, 3))).toEqual(['APPROVE_AMOUNT_EXCEEDED'])
    // All that there is, in two halves.
    expect(await refused(bed, from, take(5 * 10 ** 8, 5 * 10 ** 8))).toContain('UNLIMITED_APPROVE_BLOCKED')
    const elsewhere = { ...take(2, 3), domain: { ...take(2).domain, verifyingContract: OTHER } }
    expect(await refused(bed, from, elsewhere)).toEqual(['TYPED_DATA_UNKNOWN'])
  })
})
const PERMIT2 = '0x000000000022D473030F116dDEE9F6B43aC78BA3'

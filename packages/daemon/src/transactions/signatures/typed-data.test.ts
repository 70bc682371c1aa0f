import { type Failure, newId, type TypedDataInput } from '@waiaas/contract'
import { type Hex, recoverTypedDataAddress } from 'viem'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { forEachEngine } from '../../../../../test/support/for-each-engine.ts'
import { migrations, startEvm, startPipeline } from '../../../test/pipeline-bed.ts'
import { transactionStore } from '../rows/store.ts'

const TOKEN = '0x00000000000000000000000000000000000000c3'
const ASSET = `eip155:31337/erc20:${TOKEN}`
const SPENDER = '0x00000000000000000000000000000000000000b2'
/** A contract with the symbol PMT, six decimals and a supply of 2^100, that answers everything else with its first slot. */
const ANSWERING = [
  '0x60003560e01c8063313ce5671461003957806395d89b411461005f57806306fdde031461008557806318160ddd146100ab576000546100d1565b',
  '7f00000000000000000000000000000000000000000000000000000000000000066100d1565b',
  '7f504d5400000000000000000000000000000000000000000000000000000000006100d1565b',
  '7f504d5400000000000000000000000000000000000000000000000000000000006100d1565b',
  '7f00000000000000000000000000000000000000100000000000000000000000006100d1565b60005260206000f3',
].join('')

let node: Awaited<ReturnType<typeof startEvm>>
beforeAll(async () => {
  node = await startEvm({ extraArgs: ['--slots-in-an-epoch', '1'] })
  await node.rpc('anvil_setCode', [TOKEN, ANSWERING])
})
afterAll(() => node?.stop())

const chainTime = async (): Promise<number> => {
  const block = (await node.rpc('eth_getBlockByNumber', ['latest', false])) as { timestamp: string }
  return Number(block.timestamp)
}
/** What the token says of the nonce, or the state, of whatever it is asked. */
const setNonce = (nonce: number) =>
  node.rpc('anvil_setStorageAt', [TOKEN, '0x0', `0x${nonce.toString(16).padStart(64, '0')}`])

const fields = (text: string) =>
  text.split(',').map((each) => {
    const [type, name] = each.split(' ')
    return { name: name!, type: type! }
  })
const PERMIT = fields('address owner,address spender,uint256 value,uint256 nonce,uint256 deadline')
const usd = (dollars: number) => String(dollars * 1_000_000)

forEachEngine((_engine, open, fresh) => {
  const stops: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop()
    await setNonce(0)
  })

  async function start() {
    const location = await fresh()
    let shift = 0
    const clock = { now: () => Date.now() + shift }
    const database = await open(migrations, location)
    const bed = await startPipeline(database, node, undefined, clock, {
      fixed: { [ASSET]: '1', 'native:local-evm': '2000' },
    })
    stops.unshift(() => bed.stop())
    const from = await bed.wallet()
    const add = (type: string, rules: Record<string, unknown>) =>
      bed.rules.create({ walletId: from.id, type, rules, priority: 0, enabled: true } as never)
    await bed.limit(from.id, { instant_max_usd: 10, notify_max_usd: 100, delay_max_usd: 500, daily_limit_usd: 12 })
    const allow = async () => {
      await add('ALLOWED_TOKENS', { tokens: [{ address: TOKEN }] })
      await add('APPROVED_SPENDERS', { spenders: [{ address: SPENDER }] })
    }
    const permit = async (message: Record<string, unknown> = {}): Promise<TypedDataInput> => ({
      domain: { name: 'PMT', version: '1', chainId: 31_337, verifyingContract: TOKEN },
      types: { Permit: PERMIT },
      primaryType: 'Permit',
      message: {
        ...{ owner: from.address, spender: SPENDER, value: usd(8), nonce: 0 },
        deadline: (await chainTime()) + 600,
        ...message,
      },
    })
    const sign = (typedData: TypedDataInput, key: string = newId(), session = from.session) =>
      bed.service.signMessage(
        { typedData, signType: 'typedData', walletId: from.id },
        { sessionId: session, peer: '127.0.0.1', key, onDelivered: () => undefined },
      )
    const refused = async (typedData: TypedDataInput, key?: string) => {
      const failure = await sign(typedData, key).then(
        () => undefined,
        (error: Failure) => error,
      )
      const { reasons = [], ...details } = (failure?.details ?? {}) as { reasons?: { code: string }[] }
      return failure && { code: failure.code, ...details, reasons: reasons.map(({ code }) => code) }
    }
    const spend = async (id: string) =>
      (
        await database.read((db) =>
          db.query<{ state: string }>((k) => k.selectFrom('spends').select('state').where('transaction_id', '=', id)),
        )
      )[0]!.state
    /** Lets the deadline pass, for the daemon and in a block that is final. */
    const lapse = async () => {
      shift = ((await chainTime()) + 620) * 1_000 - Date.now()
      await node.rpc('evm_increaseTime', [620])
      await node.rpc('anvil_mine', ['0x4'])
    }
    const settled = async (id: string) => {
      while ((await spend(id)) === 'out') await new Promise((resolve) => setTimeout(resolve, 50))
      return spend(id)
    }
    return { bed, from, add, allow, permit, sign, refused, spend, lapse, settled }
  }

  test('a permit needs what an approval needs, counts at its amount, and the same one counts once', async () => {
    const { bed, from, allow, permit, sign, refused, spend } = await start()
    const first = await permit()
    expect(await refused(first)).toMatchObject({
      code: 'POLICY_DENIED',
      reasons: ['TOKEN_NOT_ALLOWED', 'APPROVE_DISABLED'],
    })
    await allow()
    const { id, signature, signType } = await sign(first)
    expect(signType).toBe('typedData')
    const typed = first as Parameters<typeof recoverTypedDataAddress>[0]
    expect(await recoverTypedDataAddress({ ...typed, signature: signature as Hex })).toBe(from.address)
    expect(await spend(id)).toBe('out')
    expect(await sign(first)).toEqual({ id, signature, signType })
    expect(await refused(await permit({ nonce: 1 }))).toMatchObject({ reasons: ['SPENDING_LIMIT_EXCEEDED'] })
    const other = await bed.session(from.id)
    await expect(sign(first, newId(), other)).rejects.toMatchObject({ code: 'POLICY_DENIED' })
    expect(await bed.service.get(id, from.session)).toMatchObject({
      type: 'SIGN',
      status: 'SIGNED',
      signature,
      amountUsd: 8,
    })
  })

  test('a permit that nobody used is free when its deadline has passed in a block that is final', async () => {
    const { bed, allow, permit, sign, refused, lapse, settled } = await start()
    await allow()
    const { id } = await sign(await permit())
    expect(await refused(await permit({ nonce: 1 }))).toMatchObject({ reasons: ['SPENDING_LIMIT_EXCEEDED'] })
    await lapse()
    expect(await settled(id)).toBe('void')
    const ended = await bed.database.read((db) =>
      db.query((k) => k.selectFrom('evidence').select('details').where('event', '=', 'VOUCHER_ENDED')),
    )
    expect(ended).toEqual([{ details: '{"isUsed":false}' }])
    expect(await sign(await permit({ nonce: 1 }))).toMatchObject({ signType: 'typedData' })
  })

  test('a permit that was used goes on to count as spent', async () => {
    const { allow, permit, sign, refused, lapse, settled } = await start()
    await allow()
    const { id } = await sign(await permit())
    await setNonce(1)
    await lapse()
    expect(await settled(id)).toBe('final')
    expect(await refused(await permit({ nonce: 1 }))).toMatchObject({ reasons: ['SPENDING_LIMIT_EXCEEDED'] })
  })

  test('permits without a limit or an end are refused, long ones wait for a human', async () => {
    const { allow, permit, refused } = await start()
    await allow()
    expect(await refused(await permit({ value: `${2n ** 256n - 1n}` }))).toMatchObject({
      reasons: expect.arrayContaining(['UNLIMITED_APPROVE_BLOCKED']),
    })
    expect(await refused(await permit({ value: `${2n ** 100n}` }))).toMatchObject({
      reasons: expect.arrayContaining(['UNLIMITED_APPROVE_BLOCKED']),
    })
    expect(await refused(await permit({ deadline: `${2n ** 256n - 1n}` }))).toMatchObject({
      reasons: ['VOUCHER_ENDLESS'],
    })
    const long = Math.floor(Date.now() / 1_000) + 7_200
    expect(await refused(await permit({ deadline: long }))).toMatchObject({
      status: 'QUEUED',
      reasons: ['VOUCHER_TOO_LONG'],
    })
  })

  test('typed data that nobody knows is refused, until a rule names it; the ceiling has to name its contract as well', async () => {
    const { bed, from, add, permit, refused, sign } = await start()
    const order: TypedDataInput = {
      ...(await permit()),
      types: { Order: fields('uint256 a') },
      primaryType: 'Order',
      message: { a: 1 },
    }
    expect(await refused(order)).toMatchObject({ reasons: ['TYPED_DATA_UNKNOWN'] })
    const rule = { chain: 'local-evm', verifying_contract: TOKEN, primary_type: 'Order', tier: 'INSTANT' }
    await add('SIGN_MESSAGE_RULES', { typed_data: [rule] })
    expect(await refused({ ...order, primaryType: 'Offer', types: { Offer: fields('uint256 a') } })).toMatchObject({
      reasons: ['TYPED_DATA_UNKNOWN'],
    })
    expect(await refused({ ...order, domain: { chainId: 31_337 } })).toMatchObject({ reasons: ['TYPED_DATA_UNKNOWN'] })
    const key = newId()
    const waiting = await refused(order, key)
    expect(waiting).toMatchObject({ status: 'QUEUED', reasons: ['ABOVE_CEILING'] })
    const { id } = waiting as unknown as { id: string }
    await expect(bed.service.approve(id)).rejects.toMatchObject({ code: 'CEILING_EXCEEDED' })
    await bed.service.approve(id, { overCeiling: { shown: 'correct horse battery' } })
    await bed.until(id, 'SIGNED')
    const { signature } = await sign(order, key)
    const typed = order as Parameters<typeof recoverTypedDataAddress>[0]
    expect(await recoverTypedDataAddress({ ...typed, signature: signature as Hex })).toBe(from.address)
  })

  test('what is renewed in each period is refused, whatever names it, and leaves nothing that waits', async () => {
    const { bed, from, add, permit, sign } = await start()
    await add('SIGN_MESSAGE_RULES', { typed_data: [{ verifying_contract: TOKEN, tier: 'INSTANT' }] })
    const permission: TypedDataInput = {
      ...(await permit()),
      types: {
        SpendPermission: fields(
          'address account,address spender,address token,uint160 allowance,uint48 period,uint48 start,uint48 end,uint256 salt,bytes extraData',
        ),
      },
      primaryType: 'SpendPermission',
      message: {
        ...{ account: from.address, spender: SPENDER, token: TOKEN, allowance: usd(1), period: 86_400, start: 0 },
        ...{ end: 2_000_000_000, salt: 0, extraData: '0x' },
      },
    }
    await expect(sign(permission)).rejects.toMatchObject({ code: 'INVALID_TRANSACTION', message: /in each period/ })
    const stored = await bed.database.read((db) => db.query((k) => k.selectFrom('transactions').select('id')))
    expect(stored).toEqual([])
  })

  /** Typed data that waits, as a version stored it that did not know what it is. */
  async function former({ bed, from, add, permit, refused }: Awaited<ReturnType<typeof start>>, rule: object) {
    await add('SIGN_MESSAGE_RULES', { typed_data: [{ verifying_contract: TOKEN, ...rule }] })
    const before = {
      ...(await permit()),
      types: { Former: fields('uint256 a') },
      primaryType: 'Former',
      message: { a: 1 },
    }
    const { id } = (await refused(before)) as unknown as { id: string }
    const asked = (await bed.database.read((db) => transactionStore.byId(db, id)))!.request
    const request = asked.replaceAll('Former', 'SpendPermission')
    await bed.database.work({ exclusive: [`wallet:${from.id}`] }, (db) =>
      db.query((k) => k.updateTable('transaction_texts').set({ request }).where('id', '=', id)),
    )
    return id
  }

  test('what waits since before it was known as that is approved by nobody, and can be rejected', async () => {
    const started = await start()
    const { bed } = started
    const id = await former(started, { tier: 'APPROVAL' })
    const approved = bed.service.approve(id, { overCeiling: { shown: 'correct horse battery' } })
    await expect(approved).rejects.toMatchObject({ code: 'INVALID_TRANSACTION', message: /in each period/ })
    expect(await bed.service.get(id, undefined)).toMatchObject({ status: 'QUEUED' })
    await bed.service.reject(id)
    expect(await bed.service.get(id, undefined)).toMatchObject({ error: expect.stringMatching(/reject/) })
  })

  test('what was let pass before it was known as that ends unsigned, and says why', async () => {
    const started = await start()
    const id = await former(started, { tier: 'APPROVAL' })
    // It was approved, and its process ended.
    await started.bed.database.work({ exclusive: [`wallet:${started.from.id}`] }, (db) =>
      db.query((k) => k.updateTable('transactions').set({ status: 'PENDING', approved_at: 1 }).where('id', '=', id)),
    )
    await started.bed.until(id, 'CANCELLED')
    const { error } = await started.bed.service.get(id, undefined)
    expect(error).toMatch(/in each period/)
  })
})

import { type Failure, integerOf, newId } from '@waiaas/contract'
import { deployEvmFixtures } from '@waiaas/localnet'
import {
  encodeFunctionData,
  type Hex,
  keccak256,
  parseAbi,
  parseTransaction,
  recoverTransactionAddress,
  serializeTransaction,
  type TransactionSerializable,
} from 'viem'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { openPrepared, preparedPostgresDatabase } from '../../../../../test/support/prepared.ts'
import { agent, ETHER, migrations, startEvm, startPipeline } from '../../../test/pipeline-bed.ts'
import type { KeyringRow } from '../../keys/service.ts'
import { walletWindow } from '../../ledger/service.ts'
import { type Database, openDatabase } from '../../platform/db/database.ts'
import { walletStore } from '../../wallets/store.ts'

/** At 2,000 dollars for one. */
const eth = (dollars: number) => (BigInt(Math.round(dollars * 1e6)) * ETHER) / 2_000_000_000n
const TO = `0x${'b0'.repeat(20)}` as Hex

let node: Awaited<ReturnType<typeof startEvm>>
let token: Hex
beforeAll(async () => {
  node = await startEvm({})
  token = (await deployEvmFixtures(node)).plainToken as Hex
})
afterAll(() => node?.stop())
const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

async function start(replica?: () => Promise<Database>) {
  const memory = await openPrepared()
  const open = replica ?? (async () => memory)
  let shift = 0
  const clock = { now: () => Date.now() + shift }
  const boot = async (keyring?: KeyringRow) => {
    const made = await startPipeline(await open(), node, keyring, clock)
    stops.unshift(() => made.stop())
    return made
  }
  const bed = await boot()
  const { database } = bed
  const from = await bed.wallet()
  await bed.limit(from.id, { instant_max_usd: 10, notify_max_usd: 100, delay_max_usd: 500, daily_limit_usd: 5_000 })
  const price = BigInt((await node.rpc('eth_gasPrice')) as string)
  const fees = { maxFeePerGas: 2n * price, maxPriorityFeePerGas: price / 10n }
  const whole = (more: object = {}): TransactionSerializable =>
    ({ type: 'eip1559', chainId: 31_337, nonce: 0, to: TO, value: eth(4), gas: 21_000n, ...fees, ...more }) as never
  const text = (more: object = {}) => serializeTransaction(whole(more))
  const legacy = (more: object = {}) =>
    text({ type: 'legacy', gasPrice: 2n * price, maxFeePerGas: undefined, maxPriorityFeePerGas: undefined, ...more })
  const sign = (transaction: string, { key = newId(), by = from.session, service = bed.service } = {}) =>
    service.signTransaction(
      { transaction, walletId: from.id },
      { sessionId: by, peer: '127.0.0.1', key, onDelivered: () => undefined },
    )
  const refused = async (...args: Parameters<typeof sign>) => {
    const failure = await sign(...args).then(
      () => undefined,
      (error: Failure) => error,
    )
    return failure ? { code: failure.code, message: failure.message, ...failure.details } : undefined
  }
  const pay = async (dollars: number) =>
    (await bed.send(from, { to: TO, amount: String(eth(dollars)) }, newId())).transactionId
  const pass = (ms: number) => {
    shift += ms
  }
  const held = async () => {
    const window = { worth: () => null, account: from.id, lengthMs: 86_400_000, now: clock.now() }
    return Number(integerOf((await database.read((db) => walletWindow(db, window))).total)) / 1e6
  }
  const stored = (table: 'transactions' | 'attempts' | 'evidence' | 'signatures') =>
    database.read((db) => db.query<Record<string, unknown>>((k) => k.selectFrom(table).selectAll()))
  const send = (signed: string) => node.rpc('eth_sendRawTransaction', [signed])
  const mine = () => node.rpc('anvil_mine', ['0x46'])
  const known = (hash: unknown) => node.rpc('eth_getTransactionByHash', [hash])
  return { bed, boot, from, text, legacy, sign, refused, pay, pass, held, stored, send, mine, known }
}
const turn = () => new Promise((resolve) => setTimeout(resolve, 25))

test('a transaction is signed as it was given, and what follows waits for it and says so', async () => {
  const { bed, from, text, sign, pay, held, stored, send, known } = await start()
  const given = text()
  const { id, signedTransaction, txHash, operations, policyResult } = await sign(given)
  const serialized = signedTransaction as `0x02${string}`
  expect(await recoverTransactionAddress({ serializedTransaction: serialized })).toBe(from.address)
  const { r: _r, s: _s, v: _v, yParity: _y, ...fields } = parseTransaction(serialized)
  expect(serializeTransaction(fields as TransactionSerializable)).toBe(given)
  expect(txHash).toBe(keccak256(serialized))
  expect(operations).toMatchObject([{ type: 'NATIVE_TRANSFER', amount: String(eth(4)), token: null }])
  expect(policyResult).toEqual({ tier: 'INSTANT' })
  expect(await bed.service.get(id, from.session)).toMatchObject({ type: 'SIGN', status: 'SIGNED', signedTransaction })
  expect(await sign(given)).toMatchObject({ id, signedTransaction })
  expect(await held()).toBeGreaterThan(4)
  const behind = await pay(2)
  while (!(await bed.service.get(behind, undefined)).waitReason?.includes(id)) await turn()
  expect(await bed.service.get(behind, undefined)).toMatchObject({
    ...{ status: 'PENDING', waitReason: expect.stringMatching(/waiaas tx replace .* --with cancel/) },
  })
  expect(await known(txHash)).toBeNull()
  expect(await send(signedTransaction)).toBe(txHash)
  await bed.until(id, 'CONFIRMED')
  await bed.until(behind, 'CONFIRMED')
  const events = (await stored('evidence')).filter(({ tx_id }) => tx_id === id).map(({ event }) => event)
  expect(events).toEqual(['TX_REQUESTED', 'TX_GIVEN_OUT', 'TX_CONFIRMED'])
})

test('past its deadline the daemon takes the nonce back, and the money is free when that is final', async () => {
  const { bed, text, sign, pay, held, mine, send, pass } = await start()
  const { id, signedTransaction } = await sign(text({ value: eth(8) }))
  const behind = await pay(2)
  pass(599_000)
  await turn()
  expect((await bed.service.get(id, undefined)).status).toBe('SIGNED')
  expect(await held()).toBeGreaterThan(8)
  pass(2_000)
  // A block has to come before anything is outbid.
  while ((await bed.service.get(behind, undefined)).status !== 'CONFIRMED') {
    await node.rpc('anvil_mine', ['0x1'])
    pass(2_000)
    await turn()
  }
  await mine()
  await bed.until(id, 'CANCELLED')
  expect(await held()).toBeLessThan(4)
  await expect(send(signedTransaction)).rejects.toThrow()
})

test('its asker takes it back at once, and nobody speeds it up', async () => {
  const { bed, from, text, sign, refused, pay, mine, stored } = await start()
  const key = newId()
  const { id } = await sign(text(), { key })
  const other = await bed.session(from.id)
  await expect(bed.service.replace(id, agent(other), { with: 'cancel' })).rejects.toMatchObject({
    code: 'TX_NOT_FOUND',
  })
  await expect(bed.service.replace(id, agent(from.session), { with: 'speed-up' })).rejects.toMatchObject({
    code: 'INVALID_TRANSACTION',
  })
  await bed.service.replace(id, agent(from.session), { with: 'cancel' })
  // In a block and not final: what others may still send has no nonce any more that anybody could wait for.
  while (!(await stored('attempts')).some(({ state }) => state === 'included')) await turn()
  await bed.until(await pay(2), 'CONFIRMED')
  await mine()
  await bed.until(id, 'CANCELLED')
  expect(await refused(text(), { key })).toMatchObject({ code: 'TX_ALREADY_PROCESSED', id })
})

test('sent while the daemon takes it back it counts once, by what the chain took', async () => {
  const { bed, from, text, sign, pay, held, mine, send } = await start()
  const { id, signedTransaction, txHash } = await sign(text())
  await Promise.allSettled([bed.service.replace(id, agent(from.session), { with: 'cancel' }), send(signedTransaction)])
  await mine()
  const hasLanded = (await node.rpc('eth_getTransactionReceipt', [txHash])) !== null
  await bed.until(id, hasLanded ? 'CONFIRMED' : 'CANCELLED')
  const counted = await held()
  expect(counted > 4).toBe(hasLanded)
  await bed.until(await pay(1), 'CONFIRMED')
})

test("taken out of its block it is its asker's alone to send again, is counted, and lands once", async () => {
  const { bed, from, text, sign, pay, held, mine, send, known } = await start()
  const { id, signedTransaction, txHash } = await sign(text())
  await send(signedTransaction)
  await bed.until(id, 'CONFIRMED')
  await node.rpc('anvil_reorg', [1, []])
  await node.rpc('anvil_dropTransaction', [txHash])
  await bed.until(id, 'SIGNED')
  expect(await held()).toBeGreaterThan(4)
  // Its asker has it still; the daemon has no bytes of it, and what is behind it waits again.
  expect(await bed.service.get(id, from.session)).toMatchObject({ status: 'SIGNED', signedTransaction })
  const behind = await pay(2)
  while (!(await bed.service.get(behind, undefined)).waitReason?.includes(id)) await turn()
  expect(await known(txHash)).toBeNull()
  expect(await send(signedTransaction)).toBe(txHash)
  await bed.until(id, 'CONFIRMED')
  await bed.until(behind, 'CONFIRMED')
  await mine()
  while ((await held()) > 6.1) await turn()
  expect(await held()).toBeGreaterThan(6)
})

test('what was given out by a wallet that is purged is watched and counted to its end', async () => {
  const { bed, from, text, sign, held, mine, send, stored } = await start()
  const { id, signedTransaction } = await sign(text())
  const why = { error: 'the wallet was terminated', code: 'WALLET_TERMINATED', actor: 'operator' } as const
  await bed.database.work({ exclusive: ['system', `wallet:${from.id}`] }, async (db) => {
    await db.query((k) => k.updateTable('wallets').set({ status: 'TERMINATED' }).where('id', '=', from.id))
    await bed.service.stops.begin(db, { ...why, walletId: from.id })
    await walletStore.deleteKey(db, from.id)
    await walletStore.purge(db, from.id, 1)
  })
  // Held back from its asker as well from here on, who may have it from before.
  const shown = await bed.service.get(id, from.session)
  expect([shown.status, shown.signedTransaction]).toEqual(['SIGNED', undefined])
  expect(await held()).toBeGreaterThan(4)
  await send(signedTransaction)
  await bed.until(id, 'CONFIRMED')
  await mine()
  const states = async () => (await stored('attempts')).map(({ state }) => state)
  while ((await states())[0] !== 'final') await turn()
  expect(await held()).toBeGreaterThan(4)
  expect(await states()).toEqual(['final'])
})

test('what does the same is judged alike, sent or signed', async () => {
  const { bed, from, text, refused } = await start()
  const abi = parseAbi(['function approve(address, uint256)', 'function transfer(address, uint256)'])
  const calls: Hex[] = [
    encodeFunctionData({ abi, functionName: 'approve', args: [TO, 5n] }),
    encodeFunctionData({ abi, functionName: 'transfer', args: [TO, 0n] }),
  ]
  for (const data of calls) {
    const signed = await refused(text({ to: token, value: 0n, data, gas: 200_000n }))
    const { decision } = await bed.service.simulate(
      { type: 'CONTRACT_CALL', dryRun: true, to: token, calldata: data, walletId: from.id } as never,
      from.session,
    )
    const codes = (reasons: unknown) => (reasons as { code: string }[]).map(({ code }) => code).sort()
    expect(codes((signed as unknown as { reasons: unknown }).reasons), data).toEqual(codes(decision!.reasons))
  }
})

test('what could not be sent, is for another chain or place, or hands the account over is refused by name', async () => {
  const { text, legacy, refused, stored } = await start()
  const entry = [{ address: token, storageKeys: [] }]
  const signature = { r: `0x${'11'.repeat(32)}`, s: `0x${'22'.repeat(32)}`, yParity: 0 } as const
  const signed = serializeTransaction(parseTransaction(text() as `0x02${string}`), signature)
  const cases: [string, RegExp][] = [
    [text({ nonce: 1 }), /expected nonce 0/],
    [text({ chainId: 1 }), /chain 31337/],
    [legacy({ chainId: undefined }), /every chain/],
    [text({ accessList: entry, gas: 23_399n }), /at least 23400/],
    [legacy({ type: 'eip2930', accessList: entry, gas: 23_399n }), /at least 23400/],
    [`0x03${text().slice(4)}`, /type 3/],
    [`0x04${text().slice(4)}`, /EIP-7702/],
    [signed, /12/],
    [text({ gas: 20_999n }), /at least 21000/],
    [text({ gas: 2n ** 60n }), /at most/],
    [`${text()}00`, /./],
    [text().replace('0x02', '02'), /0x and hex/],
    ['0x', /./],
    ['AAEC', /0x and hex/],
  ]
  for (const [transaction, why] of cases)
    expect(await refused(transaction), transaction).toMatchObject({
      ...{ code: 'INVALID_TRANSACTION', message: expect.stringMatching(why) },
    })
  expect([await stored('transactions'), await stored('attempts')]).toEqual([[], []])
})

test('a legacy transaction takes the next nonce behind what is on its way', async () => {
  const { bed, from, text, legacy, sign, refused, pay, send } = await start()
  await bed.until(await pay(1), 'CONFIRMED')
  expect(await refused(text())).toMatchObject({ message: expect.stringMatching(/expected nonce 1/) })
  const { id, signedTransaction, txHash } = await sign(legacy({ nonce: 1 }))
  expect(await recoverTransactionAddress({ serializedTransaction: signedTransaction as never })).toBe(from.address)
  expect(await send(signedTransaction)).toBe(txHash)
  await bed.until(id, 'CONFIRMED')
})

test('what names beforehand what it reads is signed as it is, seen like any call, and lands', async () => {
  const { bed, from, text, legacy, sign, refused, send } = await start()
  const accessList = [
    { address: token.toLowerCase() as Hex, storageKeys: [`0x${'00'.repeat(32)}`, `0x${'01'.repeat(32)}`] },
    { address: TO, storageKeys: [] },
  ] as const
  for (const [nonce, form] of [text, legacy].entries()) {
    const type = form === legacy ? { type: 'eip2930' } : {}
    const asked = form({ ...type, nonce, gas: 60_000n, accessList })
    const { id, signedTransaction, txHash } = await sign(asked)
    expect(await recoverTransactionAddress({ serializedTransaction: signedTransaction as never })).toBe(from.address)
    const parsed = parseTransaction(signedTransaction as `0x02${string}`)
    expect(parsed).toMatchObject({ ...type, nonce, to: TO, value: eth(4), gas: 60_000n })
    expect(parsed.accessList).toEqual(accessList)
    expect(await send(signedTransaction)).toBe(txHash)
    await bed.until(id, 'CONFIRMED')
  }
  // What its code would do is seen with the list, and judged.
  const abi = parseAbi(['function transferFrom(address, address, uint256)'])
  const data = encodeFunctionData({ abi, functionName: 'transferFrom', args: [from.address as Hex, TO, 1n] })
  const call = { nonce: 2, to: token, value: 0n, data, gas: 200_000n }
  const codes = async (more: object) =>
    ((await refused(text({ ...call, ...more }))) as unknown as { reasons: { code: string }[] }).reasons.map(
      ({ code }) => code,
    )
  const plain = await codes({})
  expect(plain.length).toBeGreaterThan(0)
  expect(await codes({ accessList })).toEqual(plain)
})

test('the next process goes on to watch it, and holds back what follows', async () => {
  const { bed, boot, from, text, sign, send } = await start()
  const { id, signedTransaction } = await sign(text())
  await bed.stop()
  const next = await boot(bed.keyring)
  const { transactionId } = await next.send(from, { to: TO, amount: String(eth(2)) }, newId())
  while (!(await next.service.get(transactionId, undefined)).waitReason?.includes(id)) await turn()
  await send(signedTransaction)
  await next.until(id, 'CONFIRMED')
  await next.until(transactionId, 'CONFIRMED')
})

test('one that waits for a human is refused by name when its nonce has gone to another', async () => {
  const { bed, text, refused, pay } = await start()
  const key = newId()
  const { id } = (await refused(text({ value: eth(600) }), { key })) as unknown as { id: string }
  await bed.until(await pay(1), 'CONFIRMED')
  await bed.service.approve(id)
  await bed.until(id, 'CANCELLED')
  expect(await refused(text({ value: eth(600) }), { key })).toMatchObject({
    ...{ code: 'INVALID_TRANSACTION', message: expect.stringMatching(/expected nonce 1/), id },
  })
})

test('two replicas give out one nonce once, whichever of them is asked', async () => {
  const url = await preparedPostgresDatabase()
  const { bed, boot, from, text, sign, stored } = await start(async () => {
    const database = await openDatabase({ url, migrations })
    stops.push(() => database.close())
    return database
  })
  const other = await boot(bed.keyring)
  const [key, given] = [newId(), text()]
  const there = { key, service: other.service }
  const [one, ...others] = await Promise.all([sign(given, { key }), sign(given, there), sign(given, { key })])
  for (const each of others) expect(each).toEqual(one)
  expect((await stored('attempts')).filter(({ hash }) => hash !== null)).toHaveLength(1)
  // The nonce is given out, whoever is asked for another transaction with it.
  await expect(sign(text({ value: eth(3) }), { service: other.service })).rejects.toMatchObject({
    code: 'INVALID_TRANSACTION',
  })
  expect(await other.service.get(one!.id, from.session)).toMatchObject({ signedTransaction: one!.signedTransaction })
})

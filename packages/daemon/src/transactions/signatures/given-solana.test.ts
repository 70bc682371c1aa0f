import { type Address, createNoopSigner, getBase58Decoder } from '@solana/kit'
import { getTransferSolInstruction } from '@solana-program/system'
import { type Failure, integerOf, newId } from '@waiaas/contract'
import { afterEach, expect, test } from 'vitest'
import { openPrepared } from '../../../../../test/support/prepared.ts'
import { newSolanaAddress } from '../../../../../test/support/wallets.ts'
import { startPipeline, startSolana } from '../../../test/pipeline-bed.ts'
import { writeMessage } from '../../chains/solana/body.ts'
import { systemProgram } from '../../chains/solana/programs.ts'
import { isSignedBy } from '../../chains/solana/signature.ts'
import type { KeyringRow } from '../../keys/service.ts'
import { walletWindow } from '../../ledger/service.ts'

/** At 2,000 dollars for one. */
const sol = (dollars: number) => BigInt(Math.round((dollars / 2_000) * 1e9))
const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

async function start() {
  const node = await startSolana({ slotMs: 0 })
  stops.unshift(() => node.stop())
  const database = await openPrepared()
  let shift = 0
  const clock = { now: () => Date.now() + shift }
  const boot = async (keyring?: KeyringRow) => {
    const made = await startPipeline(database, node, keyring, clock)
    stops.unshift(() => made.stop())
    return made
  }
  const bed = await boot()
  const from = await bed.wallet()
  const to = (await bed.wallet()).address
  await bed.limit(from.id, { instant_max_usd: 10, notify_max_usd: 100, delay_max_usd: 500, daily_limit_usd: 5_000 })
  node.advance(40)
  const rpc = async <T>(method: string, ...params: unknown[]): Promise<T> => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
    const answer = (await (await fetch(node.url, { method: 'POST', body })).json()) as { result: T; error?: unknown }
    if (answer.error) throw new Error(JSON.stringify(answer.error))
    return answer.result
  }
  const blockhash = async () =>
    (await rpc<{ value: { blockhash: string } }>('getLatestBlockhash', { commitment: 'confirmed' })).value.blockhash
  const transfer = (lamports: bigint, recipient: string = to, payer: string = from.address) =>
    getTransferSolInstruction({
      source: createNoopSigner(payer as Address),
      destination: recipient as Address,
      amount: lamports,
    })
  const message = async (...instructions: ReturnType<typeof transfer>[]) =>
    writeMessage(from.address as Address, instructions, await blockhash())
  const wire = (bytes: Uint8Array, signatures = 1) =>
    Buffer.concat([Buffer.of(signatures), Buffer.alloc(64 * signatures), bytes]).toString('base64')
  type Asking = { key?: string; by?: string; service?: typeof bed.service; chain?: 'ethereum' }
  const sign = (
    transaction: string,
    { key = newId(), by = from.session, service = bed.service, ...more }: Asking = {},
  ) =>
    service.signTransaction(
      { transaction, walletId: from.id, ...more },
      { sessionId: by, peer: '127.0.0.1', key, onDelivered: () => undefined },
    )
  const refused = async (...args: Parameters<typeof sign>) => {
    const failure = await sign(...args).then(
      () => undefined,
      (error: Failure) => error,
    )
    return failure ? { code: failure.code, message: failure.message, ...failure.details } : undefined
  }
  const pass = (slots: number) => {
    node.advance(slots)
    shift += 400 * slots
  }
  const until = async (id: string, status: string, slots = 1) => {
    for (;;) {
      const now = (await bed.service.get(id, undefined)).status
      if (now === status) return
      pass(slots)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  const held = async () => {
    const window = { worth: () => null, account: from.id, lengthMs: 86_400_000, now: clock.now() }
    return Number(integerOf((await database.read((db) => walletWindow(db, window))).total)) / 1e6
  }
  const stored = (table: 'transactions' | 'attempts' | 'evidence' | 'signatures') =>
    database.read((db) => db.query<Record<string, unknown>>((k) => k.selectFrom(table).selectAll()))
  const send = (text: string) => rpc<string>('sendTransaction', text, { encoding: 'base64', skipPreflight: true })
  const balance = async (address: string) =>
    BigInt((await rpc<{ value: number }>('getBalance', address, { commitment: 'confirmed' })).value)
  return {
    ...{ node, database, boot, bed, from, to, rpc, blockhash, transfer, message, wire, sign, refused, pass, until },
    ...{ held, stored, send, balance },
  }
}

test('a transaction is signed as it was given, whoever sends it, and counts once', async () => {
  const { bed, from, to, message, wire, transfer, sign, send, until, pass, held, balance, stored } = await start()
  const bytes = await message(transfer(sol(4)))
  const before = await balance(to)
  const { id, signedTransaction, txHash, operations, policyResult } = await sign(wire(bytes))
  const signed = Buffer.from(signedTransaction, 'base64')
  expect(signed.subarray(65)).toEqual(Buffer.from(bytes))
  expect(isSignedBy(from.address as Address, bytes, signed.subarray(1, 65))).toBe(true)
  expect(txHash).toBe(getBase58Decoder().decode(signed.subarray(1, 65)))
  expect(operations).toEqual([
    { type: 'NATIVE_TRANSFER', to, amount: String(sol(4)), token: null, programId: null, method: null },
  ])
  expect(policyResult).toEqual({ tier: 'INSTANT' })
  expect(await bed.service.get(id, from.session)).toMatchObject({
    ...{ type: 'SIGN', status: 'SIGNED', signedTransaction, txHash, waitReason: expect.stringMatching(/counts/) },
  })
  expect(await held()).toBeGreaterThan(4)
  // The daemon does not send it, however long it waits.
  pass(20)
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(await balance(to)).toBe(before)
  expect(await send(signedTransaction)).toBe(txHash)
  await until(id, 'CONFIRMED')
  pass(40)
  while ((await stored('attempts'))[0]!.state !== 'final') await new Promise((resolve) => setTimeout(resolve, 20))
  expect((await balance(to)) - before).toBe(sol(4))
  expect(await held()).toBeGreaterThan(4)
  expect(await held()).toBeLessThan(4.1)
  const events = (await stored('evidence')).filter(({ tx_id }) => tx_id === id).map(({ event }) => event)
  expect(events).toEqual(['TX_REQUESTED', 'TX_GIVEN_OUT', 'TX_CONFIRMED'])
})

test('what nobody sent is free when no block can take it any more, and not before', async () => {
  const { bed, message, wire, transfer, sign, refused, until, pass, held, stored } = await start()
  const key = newId()
  const text = wire(await message(transfer(sol(4))))
  const { id } = await sign(text, { key })
  pass(140)
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect(await held()).toBeGreaterThan(4)
  expect((await bed.service.get(id, undefined)).status).toBe('SIGNED')
  await until(id, 'FAILED', 20)
  expect(await held()).toBe(0)
  expect(await stored('attempts')).toMatchObject([{ state: 'void', purpose: 'sign-only', signed: null }])
  expect(await refused(text, { key })).toMatchObject({ code: 'TX_ALREADY_PROCESSED', id })
  expect(await refused(text)).toMatchObject({
    code: 'INVALID_TRANSACTION',
    message: expect.stringMatching(/blockhash/),
  })
})

test('a limit holds over what is sent and what is signed for others to send', async () => {
  const { bed, from, to, message, wire, transfer, sign, refused } = await start()
  await sign(wire(await message(transfer(sol(8)))))
  expect(await refused(wire(await message(transfer(sol(200)))))).toMatchObject({ status: 'QUEUED', tier: 'DELAY' })
  const { accepted } = await bed.send(from, { to, amount: String(sol(2_600)) }, newId())
  expect(accepted).toMatchObject({ status: 'QUEUED', tier: 'APPROVAL' })
  expect(await refused(wire(await message(transfer(sol(2_600)))))).toMatchObject({
    ...{ code: 'POLICY_DENIED', reasons: [{ code: 'SPENDING_LIMIT_EXCEEDED' }] },
  })
  const { refused: denied } = await bed.send(from, { to, amount: String(sol(2_600)) }, newId())
  expect(denied).toMatchObject({ code: 'POLICY_DENIED', details: { reasons: [{ code: 'SPENDING_LIMIT_EXCEEDED' }] } })
})

test('the same is signed once for a session, whatever its key and form, and told to no other', async () => {
  const { bed, from, message, wire, transfer, sign, held, stored } = await start()
  const bytes = await message(transfer(sol(4)))
  const first = await sign(wire(bytes))
  const once = await held()
  for (const text of [wire(bytes), Buffer.from(bytes).toString('base64')]) expect(await sign(text)).toEqual(first)
  expect(await held()).toBe(once)
  const other = await bed.session(from.id)
  for (const session of [other, undefined])
    expect(await bed.service.get(first.id, session)).not.toHaveProperty('signedTransaction')
  for (const table of ['transactions', 'attempts', 'signatures', 'evidence'] as const)
    expect(JSON.stringify(await stored(table))).not.toContain(first.signedTransaction.slice(2, 60))
})

test('what others sign, what is dead and what nobody can read is refused by name, and nothing of it is kept', async () => {
  const { from, to, blockhash, message, wire, transfer, refused, stored } = await start()
  const [me, other] = [from.address as Address, newSolanaAddress() as Address]
  const bytes = Buffer.from(await message(transfer(sol(1))))
  const hash = await blockhash()
  const advance = { programAddress: systemProgram, data: Uint8Array.of(4, 0, 0, 0), accounts: [] }
  const cases: [string, string, RegExp][] = [
    [wire(writeMessage(other, [transfer(1n, to, other)], hash)), 'WALLET_NOT_SIGNER', /signs nothing/],
    [wire(writeMessage(me, [transfer(1n, to, other)], hash), 2), 'INVALID_TRANSACTION', /sign too/],
    [wire(writeMessage(other, [transfer(1n, to, me)], hash), 2), 'INVALID_TRANSACTION', /sign too/],
    [wire(writeMessage(me, [advance, transfer(1n)], hash)), 'INVALID_TRANSACTION', /nonce/],
    [wire(writeMessage(me, [transfer(1n)], other)), 'INVALID_TRANSACTION', /blockhash/],
    [wire(Buffer.concat([Buffer.of(0x82), bytes.subarray(1)])), 'INVALID_TRANSACTION', /version 2/],
    [wire(bytes, 2), 'INVALID_TRANSACTION', /signatures/],
    [wire(Buffer.concat([bytes, Buffer.of(0)])), 'INVALID_TRANSACTION', /after its end/],
    [`0x${bytes.toString('hex')}`, 'INVALID_TRANSACTION', /base64/],
    [` ${wire(bytes)}`, 'INVALID_TRANSACTION', /base64/],
    ['AA==', 'INVALID_TRANSACTION', /./],
  ]
  for (const [text, code, why] of cases)
    expect(await refused(text), text).toMatchObject({ code, message: expect.stringMatching(why) })
  expect(await refused(wire(bytes), { chain: 'ethereum' })).toMatchObject({ code: 'ENVIRONMENT_NETWORK_MISMATCH' })
  expect([await stored('transactions'), await stored('attempts')]).toEqual([[], []])
})

test('one that waits is signed for its key once it is approved, while its blockhash lives', async () => {
  const { bed, message, wire, transfer, sign, refused, pass, until } = await start()
  const [key, late] = [newId(), newId()]
  const text = wire(await message(transfer(sol(600))))
  const { id } = (await refused(text, { key })) as unknown as { id: string }
  expect(await refused(text, { key })).toMatchObject({ id, status: 'QUEUED', tier: 'APPROVAL' })
  const { id: second } = (await refused(wire(await message(transfer(sol(601)))), { key: late })) as unknown as {
    id: string
  }
  await bed.service.approve(id)
  expect(await sign(text, { key })).toMatchObject({ id, policyResult: { tier: 'APPROVAL' } })
  pass(200)
  await bed.service.approve(second)
  await until(second, 'CANCELLED')
  expect(await bed.service.get(second, undefined)).toMatchObject({
    error: expect.stringMatching(/blockhash .* expired/),
  })
})

test('a stop that comes while the signer signs leaves nothing that is told', async () => {
  const { bed, from, database, message, wire, transfer, refused, stored, held } = await start()
  bed.onSign(async () => {
    await database.work({ exclusive: ['system', `wallet:${from.id}`] }, (db) =>
      db.query((k) => k.updateTable('wallets').set({ status: 'SUSPENDED' }).where('id', '=', from.id)),
    )
  })
  expect(await refused(wire(await message(transfer(sol(4)))))).toMatchObject({
    code: 'POLICY_DENIED',
    status: 'PENDING',
  })
  expect(await stored('signatures')).toEqual([])
  expect(await stored('attempts')).toMatchObject([{ state: 'dropped', hash: null }])
  expect(await held()).toBeGreaterThan(4)
})

test('what was issued and not recorded when its process ended is signed by the next one, once', async () => {
  const { bed, boot, message, wire, transfer, sign, stored } = await start()
  const [key, text] = [newId(), wire(await message(transfer(sol(4))))]
  // The process ends while the signer signs: nothing is ever recorded.
  const { promise: ended, resolve: end } = Promise.withResolvers<void>()
  bed.onSign(() => ended)
  const lost = sign(text, { key })
  while ((await stored('attempts')).length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  const next = await boot(bed.keyring)
  const signed = await sign(text, { key, service: next.service })
  expect(await stored('attempts')).toMatchObject([
    { state: 'dropped', hash: null },
    { state: 'recorded', hash: signed.txHash },
  ])
  // It comes back, and may write nothing about the lane any more.
  end()
  expect(await lost).toEqual(signed)
  expect((await stored('attempts')).map(({ state }) => state)).toEqual(['dropped', 'recorded'])
})

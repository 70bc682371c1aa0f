import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newId } from '@waiaas/contract'
import type { EvmNode } from '@waiaas/localnet'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { evmOwner, mindfulContract, type TestOwner } from '../../../../test/support/owners.ts'
import { preparedPostgresDatabase } from '../../../../test/support/prepared.ts'
import { newSolanaAddress } from '../../../../test/support/wallets.ts'
import { peopleOf } from '../../test/owners-bed.ts'
import { agent, ETHER, migrations, operator, startEvm, startPipeline, startSolana } from '../../test/pipeline-bed.ts'
import type { CeilingText } from '../keys/service.ts'
import { killSwitchStore } from '../killswitch/store.ts'
import { checkableOwners } from '../owners/service.ts'
import type { OwnerSignature } from '../platform/caller.ts'
import { type Database, openDatabase } from '../platform/db/database.ts'
import { ceilingStore } from '../wallets/ceiling-store.ts'

const recipient = '0x1111111111111111111111111111111111111111'
const PASSWORD = 'correct horse battery'
const ORIGIN = 'http://127.0.0.1:3100'

describe.each(['sqlite', 'postgres'])('on %s', (engine) => {
  const folder = mkdtempSync(join(tmpdir(), 'waiaas-test-'))
  let database: Database
  let node: EvmNode
  let bed: Awaited<ReturnType<typeof startPipeline>>
  beforeAll(async () => {
    node = await startEvm({ extraArgs: ['--no-mining', '--slots-in-an-epoch', '1'] })
    const place = engine === 'postgres' ? { url: await preparedPostgresDatabase() } : { path: join(folder, 'test.db') }
    database = await openDatabase({ ...place, migrations })
    bed = await startPipeline(database, node)
  })
  afterAll(async () => {
    await bed.stop()
    await node.stop()
    await database.close()
    rmSync(folder, { recursive: true })
  })

  /** A wallet that signs a payment of 0.1 ETH at most. */
  async function start() {
    const { keys } = bed
    const from = await bed.wallet()
    await bed.limit(from.id, { instant_max_usd: 10_000, notify_max_usd: 10_000, delay_max_usd: 10_000 })

    const present = async () => (await database.read((db) => ceilingStore.byWallet(db, from.id)))!
    /** The ceiling with so many tenths of an ETH a payment; a higher one with the password. */
    async function setCeiling(tenths: bigint, password?: string): Promise<void> {
      const now = await present()
      const { ceiling } = JSON.parse(now.text) as CeilingText
      const native = { transaction: String((tenths * ETHER) / 10n), day: String(10n * ETHER) }
      const chains = Object.entries(ceiling.chains).map(([id, chain]) => [id, { ...chain, native }])
      const change = { address: from.address, now, next: { ...ceiling, chains: Object.fromEntries(chains) } }
      const sealed = await keys.changeCeiling(change, password)
      await database.work({ exclusive: [`wallet:${from.id}`] }, (db) => ceilingStore.set(db, from.id, sealed))
    }
    await setCeiling(1n)

    const pay = (tenths: bigint) => bed.send(from, { to: recipient, amount: String((tenths * ETHER) / 10n) }, newId())
    const shown = { overCeiling: { shown: PASSWORD } }
    const lifts = () =>
      database.read((db) =>
        db.query((kysely) => kysely.selectFrom('lifts').select('until').where('lane', 'like', `%/${from.address}`)),
      )
    return { ...bed, from, setCeiling, pay, shown, lifts }
  }

  test('what is seen above the ceiling waits for an approval that lifts it, and lands with that alone', async () => {
    const { pay, service, until, shown, sent, lifts } = await start()
    const { transactionId, accepted } = await pay(2n)
    expect(accepted).toMatchObject({ status: 'QUEUED', tier: 'APPROVAL' })
    expect(accepted!.decision!.reasons).toMatchObject([
      { code: 'ABOVE_CEILING', message: "above the wallet's ceiling of 0.1 ETH a payment" },
    ])
    const { waitReason } = await service.get(transactionId, undefined)
    expect(waitReason).toContain(`waiaas tx approve ${transactionId} --over-ceiling`)
    await expect(service.approve(transactionId)).rejects.toMatchObject({
      code: 'CEILING_EXCEEDED',
      message: expect.stringContaining(`waiaas tx approve ${transactionId} --over-ceiling`),
    })
    await expect(service.approve(transactionId, { overCeiling: { shown: 'a guess' } })).rejects.toMatchObject({
      code: 'INVALID_MASTER_PASSWORD',
    })
    expect(await lifts()).toEqual([])
    await service.approve(transactionId, shown)
    await sent(transactionId)
    // Of the same payment no second one without another approval.
    const again = await pay(2n)
    expect(again.accepted).toMatchObject({ status: 'QUEUED' })
    await node.mine(3)
    expect(await until(transactionId, 'CONFIRMED', 'FAILED')).toBe('CONFIRMED')
  })

  async function willingContract(): Promise<TestOwner> {
    const contract = await mindfulContract(node)
    await contract.becomes('willing')
    return { ...contract, network: 'local-evm' }
  }
  const kinds = { 'a key': async () => evmOwner(), 'a contract, which the signer cannot ask': willingContract }
  test.each(Object.entries(kinds))(
    'where an owner with %s has verified it takes both, in that order: the operator with the password, and the owner',
    async (kind, make) => {
      const { from, pay, service, shown, sent, lifts } = await start()
      const owner = await make()
      const { set, verify, proven } = peopleOf(bed, from.id)
      await set(owner)
      await verify(owner)
      const known = await database.read(async (db) => (await checkableOwners(db, [from.id]))(from.id))
      expect(known).toEqual(kind === 'a key' ? { threshold: 1, owners: [[owner.address]] } : undefined)
      const approved = async (id: string) => {
        const { message } = await service.ownerChallenge(id, 'approve', { origin: ORIGIN })
        const signed = await proven(await owner.signs(message))
        return service.decide(id, { says: 'approve', by: { actor: `owner:${owner.address}` }, channel: 'rest', signed })
      }
      const [{ transactionId: id }, { transactionId: other }] = [await pay(2n), await pay(3n)]
      await expect(approved(id)).rejects.toMatchObject({ code: 'CEILING_EXCEEDED' })
      expect(await service.approve(id, shown)).toMatchObject({ status: 'QUEUED' })
      expect((await service.get(id, undefined)).status).toBe('QUEUED')
      expect(await lifts()).toHaveLength(1)
      await approved(id)
      const told = await database.read((db) => bed.evidence.list(db, { walletId: from.id }, 50))
      const steps = told.filter(({ tx_id, event }) => tx_id === id && /^TX_(LET_ABOVE|APPROVED)$/.test(event))
      expect(steps.map(({ event, actor }) => `${event} ${actor}`)).toEqual([
        `TX_APPROVED owner:${owner.address}`,
        'TX_LET_ABOVE operator',
      ])
      await sent(id)
      // What was let above and is rejected leaves nothing behind.
      await service.approve(other, shown)
      expect(await lifts()).toHaveLength(2)
      await service.reject(other)
      expect(await lifts()).toHaveLength(1)
      await node.mine(3)
      expect(await bed.until(id, 'CONFIRMED', 'FAILED')).toBe('CONFIRMED')
    },
  )

  test('where the signer knows the owner, their signature alone lets it pass, and the password does not', async () => {
    const { from, pay, service, shown, sent, lifts, until } = await start()
    const owner = evmOwner()
    const { set, verify, proven: of } = peopleOf(bed, from.id)
    await set(owner)
    await verify(owner)
    const proven = async (message: string) => of(await owner.signs(message))
    const text = async (id: string) => (await service.ownerChallenge(id, 'approve', { origin: ORIGIN })).message
    const answer = (id: string, signed: OwnerSignature) =>
      service.decide(id, { says: 'approve', by: { actor: `owner:${owner.address}` }, channel: 'rest', signed })
    const [{ transactionId: id }, { transactionId: other }] = [await pay(2n), await pay(3n)]
    const before = await text(id)
    expect(before).not.toContain('urn:waiaas:signs:')
    const early = await proven(before)

    const now = (await database.read((db) => ceilingStore.byWallet(db, from.id)))!
    const { ceiling } = JSON.parse(now.text) as CeilingText
    const next = { ...ceiling, owners: { threshold: 1, owners: [[owner.address]] } }
    const sealed = await bed.keys.changeCeiling({ address: from.address, now, next }, PASSWORD)
    await database.work({ exclusive: [`wallet:${from.id}`] }, (db) => ceilingStore.set(db, from.id, sealed))
    // What they signed before, and the password, are not what the signer asks for now.
    await expect(answer(id, early)).rejects.toMatchObject({ code: 'CEILING_EXCEEDED' })
    await expect(service.approve(id, shown)).rejects.toMatchObject({ code: 'ACTION_VALIDATION_FAILED' })
    expect(await lifts()).toEqual([])

    const message = await text(id)
    expect(message.split('\n').filter((line) => line.startsWith('- urn:waiaas:signs:'))).toEqual([
      expect.stringMatching(/^- urn:waiaas:signs:at:[0-9a-f-]{39}$/),
      `- urn:waiaas:signs:from:eip155:31337:${from.address}`,
      `- urn:waiaas:signs:pays:${(2n * ETHER) / 10n}:native:${recipient}`,
      expect.stringMatching(/^- urn:waiaas:signs:fee:[1-9]\d+$/),
    ])
    expect((await text(other)).split('\n')).toContain(
      `- urn:waiaas:signs:pays:${(3n * ETHER) / 10n}:native:${recipient}`,
    )
    const reject = (await service.ownerChallenge(id, 'reject', { origin: ORIGIN })).message
    expect(reject).not.toContain('urn:waiaas:signs:')
    // For another one it is good for nothing.
    const signed = await proven(message)
    await expect(answer(other, signed)).rejects.toMatchObject({ code: 'CEILING_EXCEEDED' })
    await answer(id, signed)
    await sent(id)
    await node.mine(3)
    expect(await until(id, 'CONFIRMED', 'FAILED', 'CANCELLED')).toBe('CONFIRMED')
    expect((await service.get(other, undefined)).status).toBe('QUEUED')
    await service.reject(other)
  })

  test('the approval holds for a fee that rises within the one that was named', async () => {
    const { pay, service, shown, sent, until, from } = await start()
    const { transactionId } = await pay(2n)
    await service.approve(transactionId, { ...shown, maxFee: String(ETHER / 100n) })
    const first = await sent(transactionId)
    const second = await service.replace(transactionId, agent(from.session), { with: 'speed-up' })
    expect(second).not.toBe(first)
    while ((await node.rpc('eth_getTransactionByHash', [second])) === null)
      await new Promise((resolve) => setTimeout(resolve, 20))
    await node.mine(4)
    expect(await until(transactionId, 'CONFIRMED', 'FAILED')).toBe('CONFIRMED')
    expect((await service.get(transactionId, undefined)).txHash).toBe(second)
  })

  test('a rejected, cancelled or stopped payment leaves no approval behind', async () => {
    const { pay, service, shown, lifts, onSign, from, until, database } = await start()
    const [rejected, cancelled] = [await pay(2n), await pay(3n)]
    await service.reject(rejected.transactionId)
    let hasHeld = false
    onSign(async () => {
      // Signed, and overtaken: nothing of it is stored or sent.
      hasHeld = (await lifts()).length === 1
      await service.cancel(cancelled.transactionId, operator)
    })
    await service.approve(cancelled.transactionId, shown)
    await until(cancelled.transactionId, 'CANCELLED')
    expect(hasHeld).toBe(true)
    expect(await lifts()).toEqual([])
    const stored = await database.read((db) =>
      db.query((kysely) => kysely.selectFrom('attempts').select('signed').where('sender', '=', from.address)),
    )
    expect(stored).toEqual([{ signed: null }])
  })

  test.each(['SUSPENDED', 'ACTIVE'] as const)(
    'a stop while it is signed voids the approval, with the wallet %s: later it is asked for, and approved, anew',
    async (wallet) => {
      const { pay, service, shown, lifts, onSign, from, until, sent, database } = await start()
      const stop = (state: 'ACTIVE' | 'SUSPENDED') =>
        database.work({ exclusive: ['system', `wallet:${from.id}`] }, async (db) => {
          const status = state === 'ACTIVE' ? 'ACTIVE' : wallet
          await db.query((k) => k.updateTable('wallets').set({ status }).where('id', '=', from.id))
          // Where the wallet stays active it is the kill switch that stops.
          if (wallet === 'ACTIVE') {
            const { state: before } = await killSwitchStore.read(db)
            const change = { from: before, to: state, at: null, by: null, lockedAt: null }
            expect(await killSwitchStore.swap(db, change)).toBe(true)
          }
          const why = { error: 'stopped', code: 'SYSTEM_LOCKED', actor: 'operator' } as const
          if (state === 'SUSPENDED')
            await service.stops.begin(db, { ...why, ...(wallet === 'SUSPENDED' && { walletId: from.id }) })
        })
      const { transactionId } = await pay(2n)
      let hasHeld = false
      onSign(async () => {
        hasHeld = (await lifts()).length === 1
        await stop('SUSPENDED')
      })
      await service.approve(transactionId, shown)
      await until(transactionId, 'CANCELLED')
      expect(hasHeld).toBe(true)
      expect(await lifts()).toEqual([])
      await expect(pay(2n)).rejects.toMatchObject({
        code: wallet === 'ACTIVE' ? 'SYSTEM_LOCKED' : 'WALLET_SUSPENDED',
      })
      await stop('ACTIVE')
      service.stops.resume(from.id)
      const next = await pay(2n)
      expect(next.accepted).toMatchObject({ status: 'QUEUED' })
      await expect(service.approve(next.transactionId)).rejects.toMatchObject({ code: 'CEILING_EXCEEDED' })
      await service.approve(next.transactionId, shown)
      await sent(next.transactionId)
      expect((await service.get(transactionId, undefined)).status).toBe('CANCELLED')
      const signed = await database.read((db) =>
        db.query<{ transaction_id: string }>((k) =>
          k
            .selectFrom('attempts')
            .select('transaction_id')
            .where('sender', '=', from.address)
            .where('signed', 'is not', null),
        ),
      )
      expect(signed).toEqual([{ transaction_id: next.transactionId }])
    },
  )

  test('a policy that denies it since is not lifted', async () => {
    const { pay, service, shown, limit, from, until } = await start()
    const { transactionId } = await pay(2n)
    await limit(from.id, { instant_max_usd: 1, notify_max_usd: 1, delay_max_usd: 1, daily_limit_usd: 1 })
    await service.approve(transactionId, shown)
    expect(await until(transactionId, 'CANCELLED', 'SUBMITTED')).toBe('CANCELLED')
    expect((await service.get(transactionId, undefined)).error).not.toContain('ceiling')
  })

  test('where nobody saw it coming the signer refuses, and says which command raises the ceiling', async () => {
    const { pay, service, setCeiling, onSign, until, from } = await start()
    await setCeiling(5n, PASSWORD)
    onSign(() => setCeiling(1n))
    const { transactionId, accepted } = await pay(2n)
    expect(accepted).toMatchObject({ status: 'PENDING' })
    expect(await until(transactionId, 'CANCELLED', 'SUBMITTED')).toBe('CANCELLED')
    const { error } = await service.get(transactionId, undefined)
    expect(error).toContain('takes up to 0.2 ETH, and the most in one transaction is 0.1 ETH')
    expect(error).toContain(`waiaas wallet ceiling ${from.id} --network local-evm --transaction 0.2`)
  })

  test('a raised ceiling needs no approval above it, and ends those from before', async () => {
    const { pay, service, shown, setCeiling, onSign, until, sent } = await start()
    const [one, other] = [await pay(2n), await pay(9n)]
    await setCeiling(3n, PASSWORD)
    await service.approve(one.transactionId)
    await sent(one.transactionId)
    onSign(() => setCeiling(4n, PASSWORD))
    await service.approve(other.transactionId, shown)
    expect(await until(other.transactionId, 'CANCELLED', 'SUBMITTED')).toBe('CANCELLED')
    expect((await service.get(other.transactionId, undefined)).error).toContain(
      'the operator has changed the ceiling since',
    )
  })

  test('what is approved has to be what waits, at no lower fee', async () => {
    const { pay, service, from } = await start()
    const { transactionId } = await pay(2n)
    const { payment, why, network } = await service.showOverCeiling(transactionId)
    expect({ why, network }).toEqual({ why: "above the wallet's ceiling of 0.1 ETH a payment", network: 'local-evm' })
    expect(payment).toMatchObject({
      ...{ chain: 'eip155:31337', sender: from.address, call: null, codeHash: null, memos: [] },
      moves: [{ asset: 'native', amount: String(ETHER / 5n), to: recipient }],
    })
    const approve = (changed: object) =>
      service.approve(transactionId, { overCeiling: { payment: { ...payment, ...changed }, shown: PASSWORD } })
    for (const changed of [
      { fee: '1' },
      { moves: [{ asset: 'native', amount: '1', to: recipient }] },
      { chain: 'eip155:1' },
      { sender: 'nobody' },
    ])
      await expect(approve(changed)).rejects.toMatchObject({ code: 'ACTION_VALIDATION_FAILED' })
    const sealed = { sealed: 'relayed', body: '{}' }
    await expect(service.approve(transactionId, { overCeiling: { shown: sealed } })).rejects.toMatchObject({
      code: 'ACTION_VALIDATION_FAILED',
      message: expect.stringContaining('payment'),
    })
    await service.reject(transactionId)
    await expect(service.showOverCeiling(transactionId)).rejects.toMatchObject({ code: 'TX_ALREADY_PROCESSED' })
  })
})

test('on Solana an approval above the ceiling lifts it for the payment with its memo, whatever its blockhash', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'waiaas-test-'))
  const node = await startSolana({ slotMs: 50, finalSlots: 8 })
  const database = await openDatabase({ path: join(folder, 'test.db'), migrations })
  const bed = await startPipeline(database, node)
  onTestFinished(async () => {
    await bed.stop()
    await node.stop()
    await database.close()
    rmSync(folder, { recursive: true })
  })
  const from = await bed.wallet()
  await bed.limit(from.id, { instant_max_usd: 1e6, notify_max_usd: 1e6, delay_max_usd: 1e6 })
  const now = (await database.read((db) => ceilingStore.byWallet(db, from.id)))!
  const { ceiling } = JSON.parse(now.text) as CeilingText
  const low = { ...ceiling.chains.solana!, native: { transaction: '100000000', day: '100000000' } }
  const next = { ...ceiling, chains: { ...ceiling.chains, solana: low } }
  const sealed = await bed.keys.changeCeiling({ address: from.address, now, next })
  await database.work({ exclusive: [`wallet:${from.id}`] }, (db) => ceilingStore.set(db, from.id, sealed))
  const to = newSolanaAddress()
  const sent = await bed.send(from, { to, amount: '200000000', memo: 'order 7' }, newId())
  expect(sent.accepted!.decision!.reasons).toMatchObject([
    { code: 'ABOVE_CEILING', message: "above the wallet's ceiling of 0.1 SOL a payment" },
  ])
  const { payment } = await bed.service.showOverCeiling(sent.transactionId)
  expect(payment).toMatchObject({
    ...{ chain: 'solana', moves: [{ asset: 'native', amount: '200000000', to }] },
    memos: [Buffer.from('order 7').toString('hex')],
  })
  await bed.service.approve(sent.transactionId, { overCeiling: { shown: PASSWORD } })
  expect(await bed.until(sent.transactionId, 'CONFIRMED', 'CANCELLED', 'FAILED')).toBe('CONFIRMED')
})

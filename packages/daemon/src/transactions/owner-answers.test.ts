import { isFailure, newId, operations } from '@waiaas/contract'
import type { EvmNode } from '@waiaas/localnet'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'
import { evmOwner, type TestOwner } from '../../../../test/support/owners.ts'
import { agent, ETHER, migrations, startEvm, startPipeline } from '../../test/pipeline-bed.ts'
import { ownerOf } from '../owners/service.ts'
import { ownerStore } from '../owners/store.ts'
import type { OwnerSignature } from '../platform/caller.ts'

const ORIGIN = 'http://127.0.0.1:3100'
const bin = '0x00000000000000000000000000000000DeaDBeef'
const limits = { instant_max_usd: 10, notify_max_usd: 100, delay_max_usd: 500, daily_limit_usd: 5_000 }
const usd = (dollars: number) => String((ETHER * BigInt(dollars)) / 2_000n)
const operator = { actor: 'operator', ip: undefined } as const
type Says = 'approve' | 'reject'

let node: EvmNode
beforeAll(async () => {
  node = await startEvm({ blockTime: 0.25, slotsInAnEpoch: 1 })
})
afterAll(() => node.stop())

forEachEngine((_engine, open) => {
  let stop: () => Promise<void> = async () => undefined
  afterEach(() => stop())

  async function start() {
    const bed = await startPipeline(await open(migrations), node)
    stop = bed.stop
    const { service, owners, database } = bed

    const name = (id: string, owner: TestOwner, signed?: OwnerSignature) =>
      owners.set({ id, ownerAddress: owner.address, network: undefined }, { by: operator, signed })
    async function proven(owner: TestOwner, message: string): Promise<OwnerSignature> {
      return (await owners.authenticate(new Headers(await owner.signs(message))))!
    }
    const word = async (owner: TestOwner, id: string, says: Says) =>
      proven(owner, (await service.ownerChallenge(id, says, { origin: ORIGIN, by: owner.address })).message)
    async function verify(id: string, owner: TestOwner) {
      const { message } = await owners.walletChallenge({ id, action: 'verify', signer: owner.address }, ORIGIN)
      await owners.verify(id, await proven(owner, message))
    }
    const answer = (id: string, says: Says, signed: OwnerSignature) =>
      service.decide(id, { says, by: { actor: `owner:${signed.address}` }, channel: 'rest', signed })

    return {
      ...bed,
      signs: proven,
      text: async (id: string, { address: by }: TestOwner) =>
        (await service.ownerChallenge(id, 'approve', { origin: ORIGIN, by })).message,
      name,
      word,
      verify,
      answer,
      /** A wallet, with somebody who owns it and has verified. */
      async owned(owner = evmOwner()) {
        const wallet = await bed.wallet()
        await bed.limit(wallet.id, limits)
        await name(wallet.id, owner)
        await verify(wallet.id, owner)
        return { wallet, owner }
      },
      /** One that several own, so many of whom have to agree. */
      async ownedBy(needed: number, [first, ...others]: readonly [TestOwner, ...TestOwner[]]) {
        const wallet = await bed.wallet()
        const { id } = wallet
        await bed.limit(id, limits)
        await name(id, first)
        for (const { address } of others)
          await owners.several.add({ id, ownerAddress: address, network: undefined }, operator)
        await owners.several.need({ id, needed }, operator)
        for (const one of [first, ...others]) await verify(id, one)
        return wallet
      },
      /** Something that waits for an approval. */
      asks: async (from: { id: string; session: string }, dollars = 1_000) =>
        (await bed.send(from, { to: bin, amount: usd(dollars) }, newId())).accepted!.id,
      state: (id: string) => database.read(async (db) => (await ownerOf(db, id)).state),
    }
  }
  const codeOf = async (attempt: Promise<unknown>): Promise<string> =>
    attempt.then(
      () => 'done',
      (error) => (isFailure(error) ? error.code : Promise.reject(error)),
    )

  test('a verified owner approves what waits, knowing what it is, and the operator alone does not', async () => {
    const bed = await start()
    const { wallet, owner } = await bed.owned()
    const id = await bed.asks(wallet)
    const { suggestion, inputs } = JSON.parse((await bed.service.list({}, 5)).rows[0]!.decision)
    expect(suggestion).toMatchObject({ approver: 'owner', message: /^It waits until the owner approves it/ })
    expect(inputs).toMatchObject({ approver: 'owner' })
    expect(await codeOf(bed.service.approve(id))).toBe('OWNER_CONSENT_REQUIRED')
    const { message } = await bed.service.ownerChallenge(id, 'approve', { origin: ORIGIN })
    const fee = /its fee is at most (0\.\d+) ETH;/.exec(message)?.[1]
    const { digest, max_fee } = (await bed.service.list({}, 5)).rows[0]!
    expect(BigInt(max_fee!)).toBe(BigInt(Math.round(Number(fee) * 1e18)))
    expect(message).toContain(`Approve this transaction: pays 0.5 ETH to ${bin}; lets nobody spend more; its fee`)
    expect(message).toContain(`from the wallet 'w ${wallet.id}', ${wallet.address}, on local-evm. Code `)
    expect(message).toContain(
      `\nRequest ID: ${id}\nResources:\n- urn:waiaas:action:approve\n- urn:waiaas:sha256:${digest}\n`,
    )
    const signed = await bed.word(owner, id, 'approve')
    await bed.answer(id, 'approve', signed)
    expect(await bed.until(id, 'CONFIRMED', 'FAILED', 'CANCELLED')).toBe('CONFIRMED')
    expect(await codeOf(bed.answer(id, 'approve', signed))).toBe('TX_ALREADY_PROCESSED')
    const rows = await bed.database.read((db) => bed.evidence.list(db, { walletId: wallet.id }, 50))
    const approved = rows.find(({ event }) => event === 'TX_APPROVED')!
    expect(approved.actor).toBe(`owner:${owner.address}`)
    expect(JSON.parse(approved.details!)).toMatchObject({ digest, consent: /^Nonce: (\w+)$/m.exec(signed.message)![1] })
  })

  test('owner and operator can each reject, and what was rejected stays so', async () => {
    const bed = await start()
    const { wallet, owner } = await bed.owned()
    const [first, second] = [await bed.asks(wallet), await bed.asks(wallet)]
    const late = await bed.word(owner, first, 'approve')
    await bed.answer(first, 'reject', await bed.word(owner, first, 'reject'))
    await bed.service.reject(second)
    expect(await codeOf(bed.answer(first, 'approve', late))).toBe('TX_ALREADY_PROCESSED')
    expect(await codeOf(bed.word(owner, second, 'approve'))).toBe('TX_ALREADY_PROCESSED')
    for (const id of [first, second]) expect(await bed.until(id, 'CANCELLED', 'CONFIRMED')).toBe('CANCELLED')
  })

  test('an approval is for one transaction, by the owner of its wallet, and is no rejection', async () => {
    const bed = await start()
    const [{ wallet, owner }, other] = [await bed.owned(), await bed.owned()]
    const [first, second, theirs] = [await bed.asks(wallet), await bed.asks(wallet), await bed.asks(other.wallet)]
    const refused = async (id: string, says: Says, signed: Promise<OwnerSignature>) =>
      codeOf(signed.then((one) => bed.answer(id, says, one)))
    expect(await refused(second, 'approve', bed.word(owner, first, 'approve'))).toBe('INVALID_NONCE')
    expect(await refused(first, 'approve', bed.word(owner, first, 'reject'))).toBe('INVALID_NONCE')
    expect(await refused(first, 'reject', bed.word(owner, first, 'approve'))).toBe('INVALID_NONCE')
    expect(await refused(theirs, 'approve', bed.word(owner, first, 'approve'))).toBe('INVALID_SIGNATURE')
    // They own a wallet here, and sign what another owner was asked to sign.
    expect(await refused(first, 'approve', bed.signs(other.owner, await bed.text(first, owner)))).toBe(
      'INVALID_SIGNATURE',
    )
    expect(await codeOf(bed.text(first, other.owner))).toBe('OWNER_NOT_CONNECTED')
    for (const id of [first, second, theirs]) expect(await bed.until(id, 'QUEUED')).toBe('QUEUED')
  })

  test('what waits and is not what was signed needs another signature', async () => {
    const bed = await start()
    const { wallet, owner } = await bed.owned()
    const id = await bed.asks(wallet)
    const changes: [string, unknown][] = [
      ['digest', 'f'.repeat(64)],
      ['max_fee', '1'],
    ]
    for (const [column, value] of changes) {
      const signed = await bed.word(owner, id, 'approve')
      const before = await bed.database.work({ exclusive: [`wallet:${wallet.id}`] }, (db) =>
        db.query((kysely) => kysely.selectFrom('transactions').selectAll().where('id', '=', id)),
      )
      const write = (to: object) =>
        bed.database.work({ exclusive: [`wallet:${wallet.id}`] }, (db) =>
          db.query((kysely) => kysely.updateTable('transactions').set(to).where('id', '=', id).returningAll()),
        )
      await write({ [column]: value })
      expect(await codeOf(bed.answer(id, 'approve', signed)), column).toBe('INVALID_NONCE')
      await write({ [column]: (before[0] as unknown as Record<string, unknown>)[column] })
    }
    await bed.answer(id, 'approve', await bed.word(owner, id, 'approve'))
    expect(await bed.until(id, 'CONFIRMED', 'FAILED', 'CANCELLED')).toBe('CONFIRMED')
  })

  test('before the owner has verified, the operator approves too, and an approval by the owner verifies', async () => {
    const bed = await start()
    const wallet = await bed.wallet()
    await bed.limit(wallet.id, limits)
    const [first, second, third] = [await bed.asks(wallet), await bed.asks(wallet), await bed.asks(wallet)]
    expect(await codeOf(bed.service.ownerChallenge(first, 'approve', { origin: ORIGIN }))).toBe('OWNER_NOT_CONNECTED')
    const [owner, thief] = [evmOwner(), evmOwner()]
    await bed.name(wallet.id, owner)
    await bed.service.approve(first)
    expect(await bed.state(wallet.id)).toBe('GRACE')
    await bed.answer(second, 'approve', await bed.word(owner, second, 'approve'))
    expect(await bed.state(wallet.id)).toBe('LOCKED')
    // It was asked for before there was an owner, who cannot be exchanged for it any more.
    expect(await codeOf(bed.service.approve(third))).toBe('OWNER_CONSENT_REQUIRED')
    expect(await codeOf(bed.name(wallet.id, thief))).toBe('OWNER_ALREADY_CONNECTED')
    expect(await codeOf(bed.word(thief, third, 'approve'))).toBe('OWNER_NOT_CONNECTED')
  })

  test('of several owners as many as have to approve, each exactly what waits, and each once', async () => {
    const bed = await start()
    const people = [evmOwner(), evmOwner(), evmOwner()] as const
    const [first, second, third] = people
    const wallet = await bed.ownedBy(2, people)
    const id = await bed.asks(wallet)
    expect(await codeOf(bed.service.approve(id))).toBe('OWNER_CONSENT_REQUIRED')
    const early = await bed.word(first, id, 'approve')
    const waiting = { needed: 2, agreed: [first.address], missing: [second.address, third.address] }
    expect((await bed.answer(id, 'approve', early)).owners).toEqual(waiting)
    expect(await codeOf(bed.answer(id, 'approve', early))).toBe('INVALID_NONCE')
    expect((await bed.service.cards.one(id, undefined)).owners).toEqual(waiting)
    expect((await bed.answer(id, 'approve', await bed.word(first, id, 'approve'))).owners).toEqual(waiting)
    // The agent that asked sees it too, and somebody else's nothing of it.
    for (const session of [wallet.session, undefined])
      expect((await bed.service.get(id, session)).owners).toEqual(waiting)
    expect(await codeOf(bed.service.get(id, (await bed.wallet()).session))).toBe('TX_NOT_FOUND')
    const write = (max_fee: string) =>
      bed.database.work({ exclusive: [`wallet:${wallet.id}`] }, (db) =>
        db.query((kysely) => kysely.updateTable('transactions').set({ max_fee }).where('id', '=', id).returningAll()),
      )
    const { max_fee } = (await bed.service.list({}, 5)).rows[0]!
    await write('1')
    // What the first one agreed to is not this.
    const of = { ...waiting, agreed: [second.address], missing: [first.address, third.address] }
    expect((await bed.answer(id, 'approve', await bed.word(second, id, 'approve'))).owners).toEqual(of)
    await write(max_fee!)
    expect(await bed.until(id, 'QUEUED')).toBe('QUEUED')
    // Two at once: one of them is the last that it takes.
    const last = await Promise.all([second, third].map((one) => bed.word(one, id, 'approve')))
    const codes = await Promise.all(last.map((one) => codeOf(bed.answer(id, 'approve', one))))
    expect(codes.sort()).toEqual(['TX_ALREADY_PROCESSED', 'done'])
    expect(await bed.until(id, 'CONFIRMED', 'FAILED', 'CANCELLED')).toBe('CONFIRMED')
    expect((await bed.service.get(id, undefined)).owners).toBeUndefined()
    const rows = await bed.database.read((db) => bed.evidence.list(db, { walletId: wallet.id }, 100))
    const approved = rows.filter(({ event, tx_id }) => event === 'TX_APPROVED' && tx_id === id)
    expect(approved).toHaveLength(1)
    // Both words of the first one, and the last one.
    const told = JSON.parse(approved[0]!.details!) as { needed: number; signers: { owner: string }[] }
    expect([told.needed, told.signers.length, new Set(told.signers.map(({ owner }) => owner)).size]).toEqual([2, 3, 2])
    const no = await bed.asks(wallet)
    await bed.answer(no, 'approve', await bed.word(first, no, 'approve'))
    await bed.answer(no, 'reject', await bed.word(third, no, 'reject'))
    expect(await bed.until(no, 'CANCELLED', 'CONFIRMED')).toBe('CANCELLED')
  })

  test('what an owner approved who is one no more, or whose wallet needs another number, is approved by nobody', async () => {
    const bed = await start()
    const people = [evmOwner(), evmOwner(), evmOwner()] as const
    const [first, second, third] = people
    const wallet = await bed.ownedBy(2, people)
    const id = await bed.asks(wallet)
    await bed.answer(id, 'approve', await bed.word(first, id, 'approve'))
    // As if all had agreed that the first one goes: by the row.
    const { owners } = await bed.owners.read(wallet.id)
    await bed.database.work({ exclusive: [`wallet:${wallet.id}`] }, (db) => ownerStore.remove(db, owners[0]!.id))
    expect((await bed.answer(id, 'approve', await bed.word(second, id, 'approve'))).owners).toMatchObject({
      agreed: [second.address],
    })
    expect(await codeOf(bed.owners.several.need({ id: wallet.id, needed: 1 }, operator))).toBe('OWNER_CONSENT_REQUIRED')
    await bed.database.work({ exclusive: [`wallet:${wallet.id}`] }, (db) => ownerStore.need(db, wallet.id, 1))
    expect(await bed.until(id, 'QUEUED')).toBe('QUEUED')
    expect(await codeOf(bed.service.approve(id))).toBe('OWNER_CONSENT_REQUIRED')
    await bed.answer(id, 'approve', await bed.word(third, id, 'approve'))
    expect(await bed.until(id, 'CONFIRMED', 'FAILED', 'CANCELLED')).toBe('CONFIRMED')
  })

  /** A wallet whose owner has two keys, one of which somebody else has too, and cuts that one off by itself. */
  async function withCopiedKey() {
    const bed = await start()
    const [stolen, spare] = [evmOwner(), evmOwner()]
    const { wallet } = await bed.owned(stolen)
    const added = { id: wallet.id, ownerAddress: spare.address, network: undefined }
    const { message } = await bed.owners.walletChallenge({ ...added, action: 'add-credential' }, ORIGIN)
    await bed.owners.second.addWallet(added, await bed.signs(stolen, message))
    await bed.verify(wallet.id, spare)
    const cut = { walletId: wallet.id, credential: stolen.address }
    async function cutOff() {
      const text = await bed.owners.actionChallenge({ ...cut, action: 'cut-off', signer: stolen.address }, ORIGIN)
      await bed.owners.cutOff(cut, await bed.signs(stolen, text.message))
    }
    return { bed, wallet, stolen, spare, cutOff }
  }

  test('what was approved ends where what approved it is cut off while it is being signed, and in each step of a plan', async () => {
    const { bed, wallet, stolen, spare, cutOff } = await withCopiedKey()
    const steps = [1, 2].map(() => ({ to: bin, value: usd(600) }))
    const input = operations.sendPlan.input.parse({ walletId: wallet.id, steps })
    const asking = { sessionId: wallet.session, peer: '127.0.0.1', key: newId(), onDelivered: () => undefined }
    const { accepted } = await bed.service.plans.send(input, asking)
    const ids = (await bed.service.plans.get(accepted!.id, undefined)).steps.map(({ id }) => id)
    // The first of the plan is signed, and nobody has sent it.
    bed.onSign(cutOff)
    await bed.answer(ids[0]!, 'approve', await bed.word(stolen, ids[0]!, 'approve'))
    for (const id of ids) expect(await bed.until(id, 'CONFIRMED', 'FAILED', 'CANCELLED')).toBe('CANCELLED')
    const rows = await bed.database.read((db) => bed.evidence.list(db, { walletId: wallet.id }, 50))
    expect(rows.filter(({ event }) => event === 'TX_SUBMITTED')).toEqual([])
    const id = await bed.asks(wallet)
    await bed.answer(id, 'approve', await bed.word(spare, id, 'approve'))
    expect(await bed.until(id, 'CONFIRMED', 'FAILED', 'CANCELLED')).toBe('CONFIRMED')
  })

  test('what was approved and is not signed yet ends where its owner cuts off what approved it, and no other does', async () => {
    const { bed, wallet, stolen, spare, cutOff } = await withCopiedKey()
    const waiting = async (by: TestOwner) => {
      const wanted = { to: bin, amount: usd(600), gasCondition: { maxGasPrice: '1' } }
      const { id } = (await bed.send(wallet, wanted, newId())).accepted!
      await bed.answer(id, 'approve', await bed.word(by, id, 'approve'))
      expect(await bed.until(id, 'GAS_WAITING')).toBe('GAS_WAITING')
      return id
    }
    const [byStolen, bySpare] = [await waiting(stolen), await waiting(spare)]
    await cutOff()
    // Gas is as cheap as they ask for from now on.
    const gas_condition = JSON.stringify({ maxGasPrice: '1000000000000', timeoutSeconds: 600 })
    await bed.database.work({}, (db) =>
      db.query((k) => k.updateTable('transaction_texts').set({ gas_condition }).where('id', 'in', [byStolen, bySpare])),
    )
    expect(await bed.until(byStolen, 'CONFIRMED', 'FAILED', 'CANCELLED')).toBe('CANCELLED')
    expect(await bed.until(bySpare, 'CONFIRMED', 'FAILED', 'CANCELLED')).toBe('CONFIRMED')
  })

  test('an owner who was replaced approves nothing any more', async () => {
    const bed = await start()
    const { wallet, owner } = await bed.owned()
    const id = await bed.asks(wallet)
    const early = await bed.word(owner, id, 'approve')
    const next = evmOwner()
    const wanted = { id: wallet.id, action: 'replace', ownerAddress: next.address } as const
    const { message } = await bed.owners.walletChallenge(wanted, ORIGIN)
    await bed.name(wallet.id, next, (await bed.owners.authenticate(new Headers(await owner.signs(message))))!)
    await bed.verify(wallet.id, next)
    expect(await codeOf(bed.answer(id, 'approve', early))).toBe('INVALID_SIGNATURE')
    await bed.answer(id, 'approve', await bed.word(next, id, 'approve'))
    expect(await bed.until(id, 'CONFIRMED', 'FAILED', 'CANCELLED')).toBe('CONFIRMED')
  })

  test('of an approval, a rejection and a cancellation at once the first counts, and the others are told so', async () => {
    const bed = await start()
    const { wallet, owner } = await bed.owned()
    for (let round = 0; round < 4; round++) {
      const id = await bed.asks(wallet, 600)
      const [yes, no] = [await bed.word(owner, id, 'approve'), await bed.word(owner, id, 'reject')]
      const answers = [
        () => bed.answer(id, 'approve', yes),
        () => bed.answer(id, 'reject', no),
        () => bed.service.reject(id),
        () => bed.service.cancel(id, agent(wallet.session)),
      ]
      const order = [...answers.slice(round), ...answers.slice(0, round)]
      const codes = await Promise.all(order.map((one) => codeOf(one())))
      expect(codes.filter((code) => code !== 'TX_ALREADY_PROCESSED').length).toBeGreaterThan(0)
      const isApproved = codes[(4 - round) % 4] === 'done'
      const end = await bed.until(id, 'CONFIRMED', 'FAILED', 'CANCELLED')
      if (!isApproved) expect(end).toBe('CANCELLED')
      const rows = await bed.database.read((db) => bed.evidence.list(db, { walletId: wallet.id }, 200))
      const ended = rows.filter(({ tx_id, event }) => tx_id === id && /^TX_(APPROVED|REJECTED)$/.test(event))
      expect(ended.length).toBeLessThanOrEqual(1)
    }
  })
})

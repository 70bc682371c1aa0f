import type { EvmNode } from '@waiaas/localnet'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'
import { evmOwner } from '../../../../test/support/owners.ts'
import { bin, limits, ORIGIN, operator, ownersOf, type Says } from '../../test/owned-bed.ts'
import { codeOf } from '../../test/owners-bed.ts'
import { agent, migrations, startEvm, startPipeline } from '../../test/pipeline-bed.ts'
import { ownerStore } from '../owners/store.ts'
import type { OwnerSignature } from '../platform/caller.ts'

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
    return ownersOf(bed)
  }
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

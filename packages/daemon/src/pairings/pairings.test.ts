import { pairingOperations } from '@waiaas/contract'
import { describe, expect, test } from 'vitest'
import {
  type Bed,
  type BedOptions,
  openBed,
  operator,
  removeFoldersAfterEach,
  sharedKeys,
} from '../../../../test/support/feature-bed.ts'
import { forEachEngine, type Location } from '../../../../test/support/for-each-engine.ts'
import { evmOwner } from '../../../../test/support/owners.ts'
import { nextEpoch } from '../killswitch/service.ts'
import type { Handle } from '../platform/db/database.ts'
import { endRestored } from '../sessions/service.ts'

const { keys } = sharedKeys()
removeFoldersAfterEach()
const HERE = '127.0.0.1'
const ORIGIN = 'http://127.0.0.1:3100'

const start = (bed: Bed, more: { name?: string; scopes?: string[] } = {}, peer = HERE) =>
  bed.pairings.start({ name: 'Claude', ...more }, peer)
const approve = (bed: Bed, code: string, wallet: string, more: Record<string, unknown> = {}) =>
  bed.pairings.approve(pairingOperations.approvePairing.input.parse({ code, walletIds: [wallet], ...more }), operator)
const failing = (code: string, retryAfter?: number) =>
  expect.objectContaining({ code, ...(retryAfter !== undefined && { retryAfter }) })

/** The same thing, with some methods of its own. */
const overridden = <T extends object>(real: T, own: Partial<T>): T =>
  new Proxy(real, {
    get(target, name) {
      const member = Reflect.get(name in own ? own : target, name)
      return typeof member === 'function' ? member.bind(target) : member
    },
  })

forEachEngine((_engine, open, fresh) => {
  const bedOf = (more: Partial<BedOptions> = {}) => openBed(open, { keys: keys(), ...more })
  async function withWallet(more: Partial<BedOptions> = {}) {
    const bed = await bedOf(more)
    return { bed, wallet: await bed.createWallet() }
  }
  const replicaOf = (bed: Bed, location: Location) => bedOf({ location, clock: bed.clock })

  test('an agent shows a code, the operator types it, and the agent has a session', async () => {
    const { bed, wallet } = await withWallet()
    const asked = await start(bed, { scopes: ['pay invoices on ethereum-sepolia'] })
    expect(asked).toMatchObject({ interval: 5, command: `waiaas agent pair ${asked.code}` })
    expect(asked.expiresAt).toBe(bed.clock.now() / 1000 + 600)
    expect(await bed.pairings.poll(asked)).toEqual({ status: 'PENDING', interval: 5 })
    expect(await bed.pairings.show(asked.code.toLowerCase().replace('-', ' '))).toMatchObject({
      ...{ name: 'Claude', address: HERE, status: 'PENDING', sessionId: null },
      scopes: ['pay invoices on ethereum-sepolia'],
    })
    const constraints = { maxTotalUsd: 20 }
    const approved = await approve(bed, asked.code, wallet.id, { ttl: 3_600, constraints, labels: { team: 'ops' } })
    expect(approved).not.toHaveProperty('token')
    const { session, status } = await bed.pairings.poll(asked)
    expect({ status, id: session!.id, walletId: session!.walletId }).toEqual({
      ...{ status: 'APPROVED', id: approved.sessionId, walletId: wallet.id },
    })
    expect(await bed.sessions.authenticate(session!.token)).toMatchObject({ sessionId: approved.sessionId })
    const { data } = await bed.sessions.list({ limit: 50, offset: 0 })
    expect(data[0]).toMatchObject({ id: approved.sessionId, source: 'pairing', constraints, labels: { team: 'ops' } })
    expect(data[0]!.expiresAt).toBe(bed.clock.now() / 1000 + 3_600)
    const [event] = await bed.evidence('PAIRING_APPROVED')
    expect(event).toMatchObject({ actor: 'operator', session_id: approved.sessionId })
    const told = { name: 'Claude', address: HERE, scopes: ['pay invoices on ethereum-sepolia'] }
    expect(JSON.parse(event!.details!)).toMatchObject(told)
    await bed.verifyEvidence()
  })

  test('a lost answer loses nothing: each poll has the same token until its first use, then none has', async () => {
    const { bed, wallet } = await withWallet()
    const asked = await start(bed)
    await approve(bed, asked.code, wallet.id)
    // However fast it asks.
    const answers = await Promise.all(Array.from({ length: 5 }, () => bed.pairings.poll(asked)))
    const tokens = new Set(answers.map(({ session }) => session!.token))
    expect(tokens.size).toBe(1)
    const [token = ''] = tokens
    await bed.sessions.authenticate(token)
    await expect(bed.pairings.poll(asked)).rejects.toEqual(failing('PAIRING_EXPIRED'))
    // It opens the session as before.
    await bed.sessions.authenticate(token)
  })

  test('a token is told until the tenth minute, and a minute after a late approval', async () => {
    const { bed, wallet } = await withWallet()
    const early = await start(bed)
    const late = await start(bed)
    await approve(bed, early.code, wallet.id)
    bed.clock.pass(599)
    const { fetchUntil } = await approve(bed, late.code, wallet.id)
    expect(fetchUntil).toBe(bed.clock.now() / 1000 + 60)
    expect((await bed.pairings.poll(early)).status).toBe('APPROVED')
    bed.clock.pass(1)
    await expect(bed.pairings.poll(early)).rejects.toEqual(failing('PAIRING_EXPIRED'))
    bed.clock.pass(58)
    expect((await bed.pairings.poll(late)).status).toBe('APPROVED')
    bed.clock.pass(1)
    await expect(bed.pairings.poll(late)).rejects.toEqual(failing('PAIRING_EXPIRED'))
  })

  test('what nobody approves in ten minutes is over, and forgotten an hour later', async () => {
    const { bed, wallet } = await withWallet()
    const asked = await start(bed)
    bed.clock.pass(599)
    expect((await bed.pairings.poll(asked)).status).toBe('PENDING')
    bed.clock.pass(1)
    await expect(bed.pairings.poll(asked)).rejects.toEqual(failing('PAIRING_EXPIRED'))
    await expect(approve(bed, asked.code, wallet.id)).rejects.toEqual(failing('PAIRING_NOT_FOUND'))
    bed.clock.pass(3_601)
    await start(bed)
    await expect(bed.pairings.poll(asked)).rejects.toEqual(failing('PAIRING_NOT_FOUND'))
  })

  test('while the clock is held a pairing ends by the latest that it may be', async () => {
    const { bed } = await withWallet()
    const asked = await start(bed)
    bed.clock.hold(600)
    await expect(bed.pairings.poll(asked)).rejects.toEqual(failing('PAIRING_EXPIRED'))
  })

  test('two approvals at once, or one after the other, are one session', async () => {
    const location = await fresh()
    const { bed, wallet } = await withWallet({ location })
    const second = await bed.createWallet()
    const asked = await start(bed)
    const answers = await Promise.all([
      approve(bed, asked.code, wallet.id),
      approve(bed, asked.code, second.id, { ttl: 300 }),
      approve(bed, asked.code, wallet.id),
    ])
    expect(new Set(answers.map(({ sessionId }) => sessionId)).size).toBe(1)
    expect((await approve(bed, asked.code, second.id)).sessionId).toBe(answers[0].sessionId)
    expect((await bed.sessions.list({ limit: 50, offset: 0 })).total).toBe(1)
    expect(await bed.evidence('PAIRING_APPROVED')).toHaveLength(1)
    await expect(bed.pairings.deny(asked.code, operator)).rejects.toEqual(failing('INVALID_STATE_TRANSITION'))
  })

  test('a pairing that was denied stays so', async () => {
    const { bed, wallet } = await withWallet()
    const asked = await start(bed)
    expect(await bed.pairings.deny(asked.code, operator)).toMatchObject({ status: 'DENIED', sessionId: null })
    await bed.pairings.deny(asked.code, operator)
    await expect(approve(bed, asked.code, wallet.id)).rejects.toEqual(failing('PAIRING_DENIED'))
    await expect(bed.pairings.poll(asked)).rejects.toEqual(failing('PAIRING_DENIED'))
    expect((await bed.sessions.list({ limit: 50, offset: 0 })).total).toBe(0)
    expect(await bed.evidence('PAIRING_DENIED')).toHaveLength(1)
  })

  test('an approval and a denial at once: one of them is done', async () => {
    const { bed, wallet } = await withWallet()
    const asked = await start(bed)
    const [yes, no] = await Promise.allSettled([
      approve(bed, asked.code, wallet.id),
      bed.pairings.deny(asked.code, operator),
    ])
    expect([yes.status, no.status].filter((status) => status === 'fulfilled')).toHaveLength(1)
    const { total } = await bed.sessions.list({ limit: 50, offset: 0 })
    expect(total).toBe(yes.status === 'fulfilled' ? 1 : 0)
  })

  test('an approval that fails changes nothing', async () => {
    const { bed, wallet } = await withWallet({ maxPerWallet: 1 })
    await bed.sessions.create({ walletId: wallet.id, ttl: 300 }, operator)
    const asked = await start(bed)
    await expect(approve(bed, asked.code, wallet.id)).rejects.toEqual(failing('SESSION_LIMIT_EXCEEDED'))
    expect(await bed.pairings.show(asked.code)).toMatchObject({ status: 'PENDING' })
    expect((await bed.sessions.list({ limit: 50, offset: 0 })).total).toBe(1)
    const other = await bed.createWallet()
    await approve(bed, asked.code, other.id)
  })

  const policies = { template: 'stablecoins' }
  const namesOf = async (bed: Bed, walletId: string) =>
    (await bed.policies.list({ walletId, limit: 50, offset: 0 })).data.map(({ name }) => name)

  test('the policies of a template come with the session, once', async () => {
    const { bed, wallet } = await withWallet()
    const second = await bed.createWallet()
    const asked = await start(bed)
    const walletIds = [wallet.id, second.id]
    const { sessionId } = await approve(bed, asked.code, wallet.id, { walletIds, policies })
    for (const id of walletIds) expect(await namesOf(bed, id)).toContain('stablecoins/limit')
    const before = await namesOf(bed, wallet.id)
    const again = await approve(bed, asked.code, wallet.id, {
      policies: { template: 'treasury', recipients: [evmOwner().address] },
    })
    expect(again.sessionId).toBe(sessionId)
    expect(await namesOf(bed, wallet.id)).toEqual(before)
    const other = await start(bed)
    await expect(approve(bed, other.code, wallet.id, { policies: { template: 'treasury' } })).rejects.toEqual(
      failing('ACTION_VALIDATION_FAILED'),
    )
    expect((await bed.sessions.list({ limit: 50, offset: 0 })).total).toBe(1)
  })

  test('whichever of its writes fails, an approval with a template leaves nothing', async () => {
    let left = Number.POSITIVE_INFINITY
    const failingAt = (db: Handle): Handle =>
      overridden(db, {
        run: (statement, ...params) =>
          left-- > 0 ? db.run(statement, ...params) : Promise.reject(new Error('no more is written')),
      })
    const faulty: typeof open = async (...given) => {
      const database = await open(...given)
      return overridden(database, { work: (scope, job) => database.work(scope, (db) => job(failingAt(db))) })
    }
    const bed = await openBed(faulty, { keys: keys() })
    const wallet = await bed.createWallet()
    const state = async () => [
      ...[await namesOf(bed, wallet.id), await bed.events(), await bed.policies.export()],
      (await bed.sessions.list({ limit: 50, offset: 0 })).total,
    ]
    const before = await state()
    let failed = 0
    for (;;) {
      const asked = await start(bed)
      left = failed
      const done = await approve(bed, asked.code, wallet.id, { policies }).catch(String)
      left = Number.POSITIVE_INFINITY
      if (typeof done !== 'string') break
      expect(done).toContain('no more is written')
      expect(await state()).toEqual(before)
      expect(await bed.pairings.show(asked.code)).toMatchObject({ status: 'PENDING', sessionId: null })
      failed += 1
      bed.clock.pass(600)
    }
    // Policies, session, its wallet, the answer, evidence of each.
    expect(failed).toBeGreaterThan(5)
    expect(await namesOf(bed, wallet.id)).toContain('stablecoins/limit')
  })

  test('a template that lets more out of an owned wallet waits for its owner, and no session comes before', async () => {
    const { bed, wallet } = await withWallet()
    const owner = evmOwner()
    const signed = async (message: string) => (await bed.owners.authenticate(new Headers(await owner.signs(message))))!
    const named = { id: wallet.id, ownerAddress: owner.address, network: undefined }
    await bed.owners.set(named, { by: operator, signed: undefined })
    const verifying = await bed.owners.walletChallenge({ id: wallet.id, action: 'verify' }, ORIGIN)
    await bed.owners.verify(wallet.id, await signed(verifying.message))
    const asked = await start(bed)
    const approving = () => bed.consents.asking(operator, () => approve(bed, asked.code, wallet.id, { policies }))
    const before = await namesOf(bed, wallet.id)
    const refused = await approving().catch((error: unknown) => error)
    expect(refused).toEqual(failing('OWNER_CONSENT_REQUIRED'))
    expect(await namesOf(bed, wallet.id)).toEqual(before)
    expect(await bed.pairings.show(asked.code)).toMatchObject({ status: 'PENDING' })
    expect((await bed.sessions.list({ limit: 50, offset: 0 })).total).toBe(0)
    const { consent } = (refused as { details: { consent: string } }).details
    const { message } = await bed.consents.challenge({ id: consent, walletId: wallet.id }, ORIGIN)
    const by = { actor: `owner:${owner.address}` } as const
    await bed.consents.give(consent, wallet.id, { by, signed: await signed(message) })
    await approving()
    expect(await namesOf(bed, wallet.id)).toContain('stablecoins/limit')
    expect((await bed.pairings.poll(asked)).status).toBe('APPROVED')
  })

  test('who polls too soon is told to slow down, and has to', async () => {
    const { bed } = await withWallet()
    const asked = await start(bed)
    const poll = () => bed.pairings.poll(asked)
    expect(await poll()).toEqual({ status: 'PENDING', interval: 5 })
    bed.clock.pass(5)
    expect(await poll()).toEqual({ status: 'PENDING', interval: 5 })
    bed.clock.pass(4)
    expect(await poll()).toEqual({ status: 'SLOW_DOWN', interval: 10 })
    bed.clock.pass(5)
    expect(await poll()).toEqual({ status: 'SLOW_DOWN', interval: 15 })
    bed.clock.pass(15)
    expect(await poll()).toEqual({ status: 'PENDING', interval: 15 })
    for (let tries = 0; tries < 20; tries++) await poll()
    expect(await poll()).toEqual({ status: 'SLOW_DOWN', interval: 60 })
  })

  test('a restart, or another replica, goes on with all that waits', async () => {
    const location = await fresh()
    const { bed, wallet } = await withWallet({ location })
    const waiting = await start(bed)
    const approved = await start(bed)
    const denied = await start(bed)
    await approve(bed, approved.code, wallet.id)
    const { session } = await bed.pairings.poll(approved)
    await bed.pairings.deny(denied.code, operator)
    const other = await replicaOf(bed, location)
    expect((await other.pairings.poll(waiting)).status).toBe('PENDING')
    expect((await other.pairings.poll(approved)).session).toEqual(session)
    await expect(other.pairings.poll(denied)).rejects.toEqual(failing('PAIRING_DENIED'))
    await approve(other, waiting.code, wallet.id)
    expect((await bed.pairings.poll(waiting)).status).toBe('APPROVED')
    // The first use at one is the end at the other.
    await bed.sessions.authenticate(session!.token)
    await expect(other.pairings.poll(approved)).rejects.toEqual(failing('PAIRING_EXPIRED'))
  })

  describe('what ends it', () => {
    test('the kill switch ends all that wait, and they stay ended when it is lifted', async () => {
      const { bed, wallet } = await withWallet()
      const waiting = await start(bed)
      const approved = await start(bed)
      await approve(bed, approved.code, wallet.id)
      const { session } = await bed.pairings.poll(approved)
      await bed.killSwitch.activate(operator)
      const ended = async (code: string) => {
        for (const asked of [waiting, approved])
          await expect(bed.pairings.poll(asked)).rejects.toEqual(failing('PAIRING_EXPIRED'))
        await expect(approve(bed, waiting.code, wallet.id)).rejects.toEqual(failing(code))
        await expect(bed.pairings.show(waiting.code)).rejects.toEqual(failing(code))
      }
      await ended('SYSTEM_LOCKED')
      await expect(start(bed)).rejects.toEqual(failing('SYSTEM_LOCKED'))
      await bed.killSwitch.recover(operator)
      await ended('PAIRING_NOT_FOUND')
      // What was handed out before is a session like others, and places are free again.
      await bed.sessions.authenticate(session!.token)
      for (let count = 0; count < 3; count++) await start(bed)
    })

    test('who revokes the session, or replaces its token, ends its pairing', async () => {
      const { bed, wallet } = await withWallet()
      const revoked = await start(bed)
      const rotated = await start(bed)
      await bed.sessions.revoke((await approve(bed, revoked.code, wallet.id)).sessionId, operator)
      await expect(bed.pairings.poll(revoked)).rejects.toEqual(failing('SESSION_REVOKED'))
      await bed.sessions.rotate((await approve(bed, rotated.code, wallet.id)).sessionId, operator)
      await expect(bed.pairings.poll(rotated)).rejects.toEqual(failing('PAIRING_EXPIRED'))
      // Approved once more it is the same session, which is over.
      await approve(bed, revoked.code, wallet.id)
      await expect(bed.pairings.poll(revoked)).rejects.toEqual(failing('SESSION_REVOKED'))
    })

    test('a restore ends all of the backup', async () => {
      const { bed, wallet } = await withWallet()
      const waiting = await start(bed)
      const approved = await start(bed)
      await approve(bed, approved.code, wallet.id)
      const audit = { record: async () => undefined as never }
      await bed.database.work({ exclusive: ['system'] }, async (db) => {
        await endRestored({ clock: bed.clock, audit }, db)
        await nextEpoch(db)
      })
      for (const asked of [waiting, approved])
        await expect(bed.pairings.poll(asked)).rejects.toEqual(failing('PAIRING_EXPIRED'))
      await expect(approve(bed, waiting.code, wallet.id)).rejects.toEqual(failing('PAIRING_NOT_FOUND'))
    })
  })

  describe('attacks', () => {
    test('codes cannot be guessed: few can be tried, and right ones wait as well', async () => {
      const { bed, wallet } = await withWallet()
      const asked = await start(bed)
      let tried = 0
      const wrong = (code: string) => bed.pairings.show(code).catch(({ code: failure }) => ({ failure }))
      for (; tried < 20; tried++) expect(await wrong('BBBB-BBBB')).toEqual({ failure: 'PAIRING_NOT_FOUND' })
      expect(await wrong('BBBB-BBBB')).toEqual({ failure: 'RATE_LIMITED' })
      await expect(approve(bed, asked.code, wallet.id)).rejects.toEqual(failing('RATE_LIMITED', 3))
      await expect(bed.pairings.deny(asked.code, operator)).rejects.toEqual(failing('RATE_LIMITED'))
      bed.clock.pass(3)
      await approve(bed, asked.code, wallet.id)
      expect(await bed.evidence('PAIRING_APPROVED')).toHaveLength(1)
    })

    test('no other token polls: not the code, not a part, not that of another pairing', async () => {
      const { bed, wallet } = await withWallet()
      const [mine, theirs] = [await start(bed), await start(bed)]
      await approve(bed, mine.code, wallet.id)
      const { pollToken } = mine
      for (const wrong of [mine.code, pollToken.slice(0, -1), `${pollToken}A`, pollToken.toLowerCase(), 'wai_pair_'])
        await expect(bed.pairings.poll({ pollToken: wrong })).rejects.toEqual(failing('PAIRING_NOT_FOUND'))
      expect((await bed.pairings.poll(theirs)).status).toBe('PENDING')
    })

    test('code, poll token and session token are in no row and no event', async () => {
      const { bed, wallet } = await withWallet()
      const asked = await start(bed)
      const approved = await approve(bed, asked.code, wallet.id)
      const { session } = await bed.pairings.poll(asked)
      const stored = await bed.database.read(async (db) => [
        await db.query((kysely) => kysely.selectFrom('pairings').selectAll()),
        await db.query((kysely) => kysely.selectFrom('sessions').selectAll()),
      ])
      const told = [stored, await bed.evidence('PAIRING_APPROVED'), await bed.evidence('SESSION_CREATED')]
      const shown = JSON.stringify([told, approved, await bed.sessions.list({ limit: 50, offset: 0 })])
      for (const secret of [asked.code, asked.code.replace('-', ''), asked.pollToken, session!.token])
        expect(shown).not.toContain(secret)
    })

    test('a flood takes three places of its address, and none of this machine', async () => {
      const { bed } = await withWallet({ isRemoteAllowed: true })
      const from = (peer: string) => start(bed, {}, peer)
      const crowd = await Promise.allSettled(Array.from({ length: 10 }, () => from('192.0.2.1')))
      expect(crowd.filter(({ status }) => status === 'fulfilled')).toHaveLength(3)
      await expect(from('192.0.2.1')).rejects.toEqual(failing('PAIRING_LIMIT_REACHED', 600))
      // A /48 network of IPv6 is one, and so is an IPv4 address in IPv6 clothes.
      for (const host of [1, 2, 3]) await from(`2001:db8:0:${host}::1`)
      await expect(from('2001:db8:0:ffff::1')).rejects.toEqual(failing('PAIRING_LIMIT_REACHED'))
      await expect(from('::ffff:192.0.2.1')).rejects.toEqual(failing('PAIRING_LIMIT_REACHED'))
      for (let host = 2; host <= 30; host++) for (let count = 0; count < 2; count++) await from(`192.0.2.${host}`)
      // 3 + 3 + 58 are 64.
      await expect(from('198.51.100.1')).rejects.toEqual(failing('PAIRING_LIMIT_REACHED'))
      for (const here of ['127.0.0.1', '::1', '127.9.9.9']) await from(here)
      await expect(from('127.0.0.2')).rejects.toEqual(failing('PAIRING_LIMIT_REACHED'))
      bed.clock.pass(600)
      await from('198.51.100.1')
    })

    test('another machine is turned away unless a setting lets it', async () => {
      const { bed } = await withWallet()
      for (const peer of ['192.0.2.1', '10.0.0.1', '::ffff:10.0.0.1', 'fe80::1', 'local'])
        await expect(start(bed, {}, peer)).rejects.toEqual(failing('PAIRING_NOT_ALLOWED'))
      for (const peer of ['127.0.0.1', '::1', '::ffff:127.0.0.1']) await start(bed, {}, peer)
    })

    test('what an agent calls itself cannot be what it is not', async () => {
      const { bed } = await withWallet()
      const name = '\u202eedualC\u202c\u200b\u001b[2J'
      const asked = await start(bed, { name, scopes: ['read\u0000only\u2066', 'a\nb'] })
      expect(await bed.pairings.show(asked.code)).toMatchObject({ name: 'edualC[2J', scopes: ['readonly', 'a b'] })
      await expect(start(bed, { name: '\u200b\u202e \u2800' })).rejects.toEqual(failing('ACTION_VALIDATION_FAILED'))
      await expect(start(bed, { scopes: ['fine', '\ufeff'] })).rejects.toEqual(failing('ACTION_VALIDATION_FAILED'))
    })
  })
})

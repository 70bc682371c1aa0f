import { isFailure } from '@waiaas/contract'
import { sealMasterProof } from '@waiaas/sdk'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'
import { strictAudit } from '../../../../test/support/strict-audit.ts'
import { audit } from '../audit/service.ts'
import { type KeyringRow, type Keys, startKeys } from '../keys/service.ts'
import { createKeyring } from '../keys/signer/keyring.ts'
import { migrations } from '../migrations/all.ts'
import type { Database } from '../platform/db/database.ts'
import type { Call } from '../platform/http/types.ts'
import { jsonLog } from '../platform/log.ts'
import { voidLifts } from '../transactions/service.ts'
import { operatorHandlers } from './handlers.ts'
import { type OperatorService, operatorService } from './service.ts'
import { keyringStore } from './store.ts'

const password = 'correct horse battery'
const composed = 'Gr\u00fc\u00dfe aus K\u00f6ln'
const decomposed = composed.normalize('NFD')
const peer = '198.51.100.7'
const call = { peer, principal: { kind: 'operator', proof: () => ({ password: password }) } } as Call<'operator'>

let keys: Keys
const stops: (() => Promise<void>)[] = []
beforeAll(async () => {
  keys = await startKeys()
})
afterAll(() => keys.stop())

type Bench = {
  operator: OperatorService
  derivations: () => number
  removed: () => number
  pass(ms: number): void
  turn(): Promise<number>
  waits(): number
}

/** The real service and signer with a clock that is moved by hand and a count of key derivations. */
async function bench(database: Database, signer: Keys = keys): Promise<Bench> {
  let now = Date.parse('2030-01-01T00:00:00Z')
  let waiting: { until: number; resolve: () => void }[] = []
  let derivations = 0
  let removed = 0
  const clock = { now: () => now }
  const operator = operatorService<KeyringRow>({
    database,
    clock,
    log: jsonLog('silent'),
    audit: strictAudit({ clock }),
    keys: {
      ...signer,
      createKeyring: (...given) => signer.createKeyring(...given),
      verify: (...given) => {
        derivations++
        return signer.verify(...given)
      },
      unlock: (...given) => {
        derivations++
        return signer.unlock(...given)
      },
    },
    recoveryKey: {
      path: 'recovery.key',
      async remove() {
        removed++
      },
    },
    voidApprovals: voidLifts,
    monotonic: () => now,
    pause: (ms) => new Promise<void>((resolve) => waiting.push({ until: now + ms, resolve })),
  })
  stops.push(() => operator.stop())
  const pass = (ms: number) => {
    now += ms
    for (const { until, resolve } of waiting) if (until <= now) resolve()
    waiting = waiting.filter(({ until }) => until > now)
  }
  return {
    operator,
    derivations: () => derivations,
    removed: () => removed,
    pass,
    async turn() {
      await expect.poll(() => waiting.length).toBe(1)
      const ms = waiting[0]!.until - now
      pass(ms)
      return ms
    },
    waits: () => waiting.length,
  }
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work
    return 'OK'
  } catch (error) {
    if (isFailure(error)) return error.code
    throw error
  }
}

const failedRows = async (database: Database) => {
  const rows = await database.read((db) => audit({ clock: Date }).list(db, { event: 'MASTER_AUTH_FAILED' }, 100))
  return rows.map(({ ip, details, severity }) => ({ ip, severity, ...JSON.parse(details) }))
}

forEachEngine((engine, open) => {
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop()
    await keys.restart()
  })

  test('the password that opened the keystore costs no key derivation, nor does a wrong one', async () => {
    const { operator, derivations } = await bench(await open(migrations))
    expect(await operator.open(password)).toBe(true)
    const many = await Promise.all(Array.from({ length: 50 }, () => operator.authenticate(password, { peer })))
    expect(many).toMatchObject(Array(50).fill({ kind: 'operator' }))
    expect(derivations()).toBe(0)
    expect(await codeOf(operator.authenticate('another password', { peer }))).toBe('INVALID_MASTER_PASSWORD')
    expect(derivations()).toBe(0)
  })

  test('a password is the same one in each form in which it can arrive', async () => {
    const database = await open(migrations)
    const { operator, derivations } = await bench(database)
    expect(await operator.open(decomposed)).toBe(true)
    for (const form of [composed, decomposed]) expect(await codeOf(operator.authenticate(form, { peer }))).toBe('OK')
    expect(derivations()).toBe(0)
    await operator.changePassword(composed, `another ${decomposed}`)
    expect(await codeOf(operator.authenticate(`another ${composed}`, { peer }))).toBe('OK')
    expect(await codeOf(operator.authenticate(composed, { peer }))).toBe('INVALID_MASTER_PASSWORD')
    await keys.restart()
    expect(await operator.open(`another ${composed}`)).toBe(true)
  })

  test('a changed password takes back what was approved above a ceiling with the one before', async () => {
    const database = await open(migrations)
    const { operator } = await bench(database)
    await operator.open(password)
    const lift = { transaction_id: 'waits', lane: 'a lane', text: 'sealed', seal: 'seal', until: Date.now() + 60_000 }
    await database.work({}, (db) => db.query((k) => k.insertInto('lifts').values(lift)))
    const left = async () => (await database.read((db) => db.query((k) => k.selectFrom('lifts').selectAll()))).length
    expect(await codeOf(operator.changePassword('a guess', 'another password'))).toBe('INVALID_MASTER_PASSWORD')
    expect(await left()).toBe(1)
    await operator.changePassword(password, 'another password')
    expect(await left()).toBe(0)
  })

  test('a keyring that was made with another form still opens with it, whoever asks with which form first', async () => {
    const database = await open(migrations)
    const { operator } = await bench(database)
    const { row } = await createKeyring(Buffer.from(decomposed))
    await database.work({}, (db) => keyringStore.insert(db, JSON.stringify(row), 1))
    const both = [composed, decomposed].map((form) => codeOf(operator.authenticate(form, { peer })))
    expect(await Promise.all(both)).toEqual(['INVALID_MASTER_PASSWORD', 'OK'])
    expect(await codeOf(operator.authenticate(decomposed, { peer: '::1' }))).toBe('OK')
  })

  test('eight characters are counted in the form that counts', async () => {
    const { operator } = await bench(await open(migrations))
    expect(await codeOf(operator.open('\u00fc\u00f6\u00e4\u00e9\u00f1'.normalize('NFD')))).toBe(
      'ACTION_VALIDATION_FAILED',
    )
  })

  test('one address is all of this machine, and a /48 of IPv6', async () => {
    const { operator, turn } = await bench(await open(migrations))
    await operator.open(password)
    const groups = [
      ['127.0.0.1', '127.3.2.1', '::1', '::ffff:127.0.0.1', '0:0:0:0:0:0:0:1'],
      ['2001:db8:1:1::1', '2001:db8:1:2::1', '2001:db8:1:ffff::9', '2001:db8:1::', '2001:0db8:0001:5::7'],
    ]
    for (const addresses of groups) {
      for (const [index, address] of addresses.entries())
        expect(await codeOf(operator.authenticate(`wrong ${index}`, { peer: address }))).toBe('INVALID_MASTER_PASSWORD')
      const next = codeOf(operator.authenticate(password, { peer: addresses[0]! }))
      await turn()
      expect(await next).toBe('OK')
    }
  })

  test('whoever guesses without end guesses ever more slowly', async () => {
    const { operator, turn } = await bench(await open(migrations))
    await operator.open(password)
    for (let tried = 0; tried < 5; tried++) await codeOf(operator.authenticate(`wrong ${tried}`, { peer }))
    const waited: number[] = []
    for (let tried = 5; tried < 70; tried++) {
      const guess = codeOf(operator.authenticate(`wrong ${tried}`, { peer }))
      waited.push(await turn())
      expect(await guess).toBe('INVALID_MASTER_PASSWORD')
    }
    expect([...new Set(waited)]).toEqual([250, 500, 1_000, 2_000])
  })

  test('sealed passwords are guesses like others, and the right one waits for nobody', async () => {
    const { operator, turn, waits } = await bench(await open(migrations))
    await operator.open(password)
    const signer = await keys.sealingKey()
    const asked = async (given: string) => {
      const call = { method: 'GET', path: '/v1/wallets' }
      const sealed = await sealMasterProof(signer, { password: given, call: { ...call, body: undefined } })
      return codeOf(operator.authenticateSealed({ sealed, ...call }, { peer }))
    }
    expect(await Promise.all(Array.from({ length: 20 }, () => asked(password)))).toEqual(Array(20).fill('OK'))
    for (let tried = 0; tried < 5; tried++) expect(await asked(`wrong ${tried}`)).toBe('INVALID_MASTER_PASSWORD')
    expect(waits()).toBe(0)
    const next = asked('wrong again')
    expect(await turn()).toBe(250)
    expect(await next).toBe('INVALID_MASTER_PASSWORD')
    expect(operator.wasCarried()).toBe(false)
    await operator.changePassword(password, 'changed in the open')
    const after = asked(password)
    await turn()
    expect(await after).toBe('INVALID_MASTER_PASSWORD')
  })

  test('the first failure of a minute is on record at once, the others by address, with their number, when it is over', async () => {
    const database = await open(migrations)
    const { operator, pass } = await bench(database)
    await operator.open(password)
    await operator.authenticate(password, { peer: '::1' })
    await codeOf(operator.authenticate('wrong password', { peer }))
    await expect.poll(() => failedRows(database)).toMatchObject([{ ip: peer, attempts: 1 }])
    for (let attempt = 0; attempt < 2; attempt++) await codeOf(operator.authenticate('wrong password', { peer }))
    await codeOf(operator.authenticate('wrong password', { peer: '198.51.100.8' }))
    pass(60_000)
    await codeOf(operator.authenticate('wrong password', { peer }))
    await operator.stop()
    const minute = Date.parse('2030-01-01T00:00:00Z') / 1000
    const rows = await failedRows(database)
    expect(rows).toHaveLength(4)
    expect(rows).toEqual(
      expect.arrayContaining([
        { ip: peer, severity: 'critical', attempts: 1, minute },
        { ip: peer, severity: 'critical', attempts: 2, minute },
        { ip: '198.51.100.8', severity: 'critical', attempts: 1, minute },
        { ip: peer, severity: 'critical', attempts: 1, minute: minute + 60 },
      ]),
    )
  })

  test('a locked keystore is unlocked by the right password only', async () => {
    const { operator } = await bench(await open(migrations))
    await operator.open(password)
    await operator.authenticate(password, { peer })
    await keys.restart()
    expect(keys.isUnlocked()).toBe(false)
    expect(await codeOf(operator.authenticate('wrong password', { peer }))).toBe('INVALID_MASTER_PASSWORD')
    expect(keys.isUnlocked()).toBe(false)
    expect(await codeOf(operator.authenticate(password, { peer }))).toBe('OK')
    expect(keys.isUnlocked()).toBe(true)
  })

  test('a changed password counts at once, the old one no more, and recovery.key goes', async () => {
    const database = await open(migrations)
    const { operator, removed } = await bench(database)
    await operator.open(password)
    await operator.authenticate(password, { peer })
    const secret = await keys.subkey('settings')
    const answer = await operatorHandlers(operator).changeMasterPassword(call, { newPassword: 'a second password' })
    expect(answer).toEqual({
      message: 'master password changed',
      walletsReEncrypted: 0,
      settingsReEncrypted: 0,
      credentialsReEncrypted: 0,
    })
    expect(removed()).toBe(1)
    expect(await codeOf(operator.authenticate(password, { peer }))).toBe('INVALID_MASTER_PASSWORD')
    expect(await codeOf(operator.authenticate('a second password', { peer }))).toBe('OK')
    const rows = await database.read((db) => audit({ clock: Date }).list(db, { event: 'MASTER_PASSWORD_CHANGED' }, 9))
    expect(rows.map(({ actor, ip, details }) => ({ actor, ip, details }))).toEqual([
      { actor: 'operator', ip: peer, details: '{}' },
    ])
    await keys.restart()
    const again = await bench(database)
    expect(await again.operator.open(password)).toBe(false)
    expect(await again.operator.open('a second password')).toBe(true)
    expect(await keys.subkey('settings')).toEqual(secret)
  })

  test('another replica that has changed the password is believed, though the old one was known here', async () => {
    const database = await open(migrations)
    const here = await bench(database)
    await here.operator.open(password)
    await here.operator.authenticate(password, { peer })
    const there = await bench(database)
    await there.operator.changePassword(password, 'a second password')
    expect(await codeOf(here.operator.authenticate(password, { peer }))).toBe('INVALID_MASTER_PASSWORD')
    expect(await codeOf(here.operator.authenticate('a second password', { peer }))).toBe('OK')
  })

  test('two daemons that start on an empty database at once end up with one root key', async () => {
    const database = await open(migrations)
    const other = await startKeys()
    stops.push(() => other.stop())
    const [mine, theirs] = [await bench(database), await bench(database, other)]
    expect(await Promise.all([mine.operator.open(password), theirs.operator.open(password)])).toEqual([true, true])
    expect(await other.subkey('settings')).toEqual(await keys.subkey('settings'))
  })

  // With SQLite attempts come in the order in which they are made.
  if (engine === 'postgres') return
  test('after five wrong passwords those of the address wait for each other, right or wrong, and no others do', async () => {
    const bed = await bench(await open(migrations))
    const { operator } = bed
    await operator.open(password)
    const from = (text: string, address: string) => codeOf(operator.authenticate(text, { peer: address }))
    for (let attempt = 0; attempt < 5; attempt++)
      expect(await from(`wrong ${attempt}`, peer)).toBe('INVALID_MASTER_PASSWORD')
    const done: string[] = []
    const told = (name: string, code: Promise<string>) => void code.then((answer) => done.push(`${name} ${answer}`))
    told('wrong', from('wrong', peer))
    await expect.poll(() => bed.waits()).toBe(1)
    told('right', from(password, peer))
    expect(await from(password, '198.51.100.8')).toBe('OK')
    expect(done).toEqual([])
    await bed.turn()
    await expect.poll(() => done).toEqual(['right OK'])
    await bed.turn()
    await expect.poll(() => done).toEqual(['right OK', 'wrong INVALID_MASTER_PASSWORD'])
    // It is not forgotten because somebody at that address knows the password.
    told('again', from(password, peer))
    await bed.turn()
    await expect.poll(() => done).toContain('again OK')
    bed.pass(60_000)
    expect(await from('wrong', peer)).toBe('INVALID_MASTER_PASSWORD')
  })

  test("who was right before waits for nobody's guesses but its own, after a restart too", async () => {
    const database = await open(migrations)
    const { operator, waits } = await bench(database)
    await operator.open(password)
    const { mark } = await operator.authenticate(password, { peer })
    const guess = (index: number, shown?: string) =>
      codeOf(operator.authenticate(`wrong guess ${index}`, { peer, mark: shown }))
    for (let index = 0; index < 5; index++) expect(await guess(index)).toBe('INVALID_MASTER_PASSWORD')
    const flood = Array.from({ length: 4 }, (_, index) => guess(10 + index))
    await expect.poll(() => waits()).toBe(1)
    for (const at of [operator, (await bench(database)).operator]) {
      const again = await at.authenticate(password, { peer, mark })
      expect(again.mark).toBeUndefined()
      expect(await codeOf(at.authenticate(password, { peer, isStop: true, mark }))).toBe('OK')
    }
    const signer = await keys.sealingKey()
    const call = { method: 'GET', path: '/v1/wallets' }
    const sealed = await sealMasterProof(signer, { password, call: { ...call, body: undefined } })
    expect(await operator.authenticateSealed({ sealed, ...call }, { peer, mark })).not.toHaveProperty('mark', mark)
    // It opens nothing, and whoever guesses with one waits like others.
    for (let index = 0; index < 5; index++) expect(await guess(20 + index, mark)).toBe('INVALID_MASTER_PASSWORD')
    const late = [guess(30, mark), guess(31, mark)]
    await expect.poll(() => waits()).toBe(2)
    void Promise.allSettled([...flood, ...late])
  })

  test('a mark that another root key made, or nobody, is none', async () => {
    const { operator } = await bench(await open(migrations))
    await operator.open(password)
    const { mark } = await operator.authenticate(password, { peer })
    expect(mark).toMatch(/^[0-9a-f]{32}\.[\w-]{43}$/)
    const other = await startKeys()
    stops.push(() => other.stop())
    const elsewhere = await bench(await open(migrations), other)
    await elsewhere.operator.open(password)
    const { mark: foreign } = await elsewhere.operator.authenticate(password, { peer })
    const odd = [foreign, '', 'x', `${mark}x`, mark!.toUpperCase(), `${'0'.repeat(32)}.${mark!.split('.')[1]}`]
    for (const shown of odd)
      expect(typeof (await operator.authenticate(password, { peer, mark: shown })).mark, shown).toBe('string')
  })

  test('of many guesses at once four are kept waiting, the newest first, and a stop waits for none of them', async () => {
    const { operator, derivations, turn } = await bench(await open(migrations))
    await operator.open(password)
    const codes: string[] = []
    const guesses = Array.from({ length: 30 }, (_, index) =>
      codeOf(operator.authenticate(`wrong guess ${index}`, { peer })).then((code) => codes.push(code)),
    )
    await expect.poll(() => codes).toHaveLength(26)
    expect(codes.filter((code) => code === 'INVALID_MASTER_PASSWORD')).toHaveLength(5)
    expect(codes.filter((code) => code === 'MASTER_PASSWORD_LOCKED')).toHaveLength(21)
    const stop = codeOf(operator.authenticate(password, { peer, isStop: true }))
    // Whoever comes later has its turn earlier, and a stop before all.
    const late = codeOf(operator.authenticate('late guess', { peer }))
    await expect.poll(() => codes).toHaveLength(27)
    await turn()
    expect(await stop).toBe('OK')
    await turn()
    expect([await late, codes.length]).toEqual(['INVALID_MASTER_PASSWORD', 27])
    for (let left = 0; left < 3; left++) await turn()
    await Promise.all(guesses)
    expect(derivations()).toBe(0)
  })

  test('short, empty and overlong passwords are refused without a key derivation', async () => {
    const { operator, derivations } = await bench(await open(migrations))
    expect(await codeOf(operator.open('seven77'))).toBe('ACTION_VALIDATION_FAILED')
    expect(await operator.hasKeyring()).toBe(false)
    await operator.open(password)
    expect(await codeOf(operator.changePassword(password, 'seven77'))).toBe('ACTION_VALIDATION_FAILED')
    for (const text of ['', 'x'.repeat(1_001)])
      expect(await codeOf(operator.authenticate(text, { peer }))).toBe('INVALID_MASTER_PASSWORD')
    expect(derivations()).toBe(0)
  })

  test('a password that no header can carry as it is, is refused before it could lock the operator out', async () => {
    const { operator } = await bench(await open(migrations))
    for (const text of [' a password', 'a password ', 'a password\t', 'a pass\nword', 'a pass\u0000word'])
      expect(await codeOf(operator.open(text)), JSON.stringify(text)).toBe('ACTION_VALIDATION_FAILED')
    await operator.open(password)
    for (const text of [' a password', 'a password ', 'a pass\nword'])
      expect(await codeOf(operator.changePassword(password, text)), JSON.stringify(text)).toBe(
        'ACTION_VALIDATION_FAILED',
      )
    expect(await codeOf(operator.authenticate(password, { peer }))).toBe('OK')
  })

  test('a damaged keyring is said to be damaged, whatever the password', async () => {
    const database = await open(migrations)
    const { operator } = await bench(database)
    await operator.open(password)
    await keys.restart()
    await database.work({}, (db) => keyringStore.replace(db, '{"version":1}', 1))
    const failure = await operator.authenticate(password, { peer }).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'KEYSTORE_LOCKED', message: expect.stringMatching(/keyring|argon2id/i) })
  })
})

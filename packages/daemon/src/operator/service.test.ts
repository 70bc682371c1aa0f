import { isFailure } from '@waiaas/contract'
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
import { operatorHandlers } from './handlers.ts'
import { type OperatorService, operatorService } from './service.ts'
import { keyringStore } from './store.ts'

const password = 'correct horse battery'
const composed = 'Gr\u00fc\u00dfe aus K\u00f6ln'
const decomposed = composed.normalize('NFD')
const peer = '198.51.100.7'
const call = { peer, principal: { kind: 'operator', masterPassword: () => password } } as Call<'operator'>

let keys: Keys
const stops: (() => Promise<void>)[] = []
beforeAll(async () => {
  keys = await startKeys()
})
afterAll(() => keys.stop())

type Bench = { operator: OperatorService; derivations: () => number; removed: () => number; pass(ms: number): void }

/** The real service and signer with a clock that is moved by hand and a count of key derivations. */
async function bench(database: Database, signer: Keys = keys): Promise<Bench> {
  let now = Date.parse('2030-01-01T00:00:00Z')
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
    monotonic: () => now,
  })
  stops.push(() => operator.stop())
  return {
    operator,
    derivations: () => derivations,
    removed: () => removed,
    pass: (ms) => {
      now += ms
    },
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

  test('the password costs one key derivation, and none after that', async () => {
    const { operator, derivations } = await bench(await open(migrations))
    expect(await operator.open(password)).toBe(true)
    const many = await Promise.all(Array.from({ length: 50 }, () => operator.authenticate(password, peer)))
    expect(many).toMatchObject(Array(50).fill({ kind: 'operator' }))
    expect(derivations()).toBe(1)
    expect(await codeOf(operator.authenticate('another password', peer))).toBe('INVALID_MASTER_PASSWORD')
    expect(derivations()).toBe(1)
  })

  test('a password is the same one in each form in which it can arrive', async () => {
    const database = await open(migrations)
    const { operator, derivations } = await bench(database)
    expect(await operator.open(decomposed)).toBe(true)
    for (const form of [composed, decomposed]) expect(await codeOf(operator.authenticate(form, peer))).toBe('OK')
    expect(derivations()).toBe(1)
    await operator.changePassword(composed, `another ${decomposed}`)
    expect(await codeOf(operator.authenticate(`another ${composed}`, peer))).toBe('OK')
    expect(await codeOf(operator.authenticate(composed, peer))).toBe('INVALID_MASTER_PASSWORD')
    await keys.restart()
    expect(await operator.open(`another ${composed}`)).toBe(true)
  })

  test('a keyring that was made with another form still opens with it, whoever asks with which form first', async () => {
    const database = await open(migrations)
    const { operator } = await bench(database)
    const { row } = await createKeyring(Buffer.from(decomposed))
    await database.work({}, (db) => keyringStore.insert(db, JSON.stringify(row), 1))
    const both = [composed, decomposed].map((form) => codeOf(operator.authenticate(form, peer)))
    expect(await Promise.all(both)).toEqual(['INVALID_MASTER_PASSWORD', 'OK'])
    expect(await codeOf(operator.authenticate(decomposed, '::1'))).toBe('OK')
  })

  test('eight characters are counted in the form that counts', async () => {
    const { operator } = await bench(await open(migrations))
    expect(await codeOf(operator.open('\u00fc\u00f6\u00e4\u00e9\u00f1'.normalize('NFD')))).toBe(
      'ACTION_VALIDATION_FAILED',
    )
  })

  test('after five wrong passwords an address waits, longer each time, and others do not', async () => {
    const { operator, pass } = await bench(await open(migrations))
    await operator.open(password)
    await operator.authenticate(password, '::1')
    const wrong = () => codeOf(operator.authenticate('wrong password', peer))
    for (let attempt = 0; attempt < 5; attempt++) expect(await wrong()).toBe('INVALID_MASTER_PASSWORD')
    const locked = await operator.authenticate(password, peer).catch((error: unknown) => error)
    expect(locked).toMatchObject({ code: 'MASTER_PASSWORD_LOCKED', retryAfter: 5, status: 429 })
    expect(await codeOf(operator.authenticate(password, '198.51.100.8'))).toBe('OK')
    pass(5_000)
    expect(await wrong()).toBe('INVALID_MASTER_PASSWORD')
    expect(await operator.authenticate(password, peer).catch((error: unknown) => error)).toMatchObject({
      retryAfter: 10,
    })
    pass(10_000)
    expect(await codeOf(operator.authenticate(password, peer))).toBe('OK')
    for (let attempt = 0; attempt < 4; attempt++) expect(await wrong()).toBe('INVALID_MASTER_PASSWORD')
    expect(await codeOf(operator.authenticate(password, peer))).toBe('OK')
  })

  test('guesses in parallel are bounded and learn nothing that guesses in turn would not', async () => {
    const { operator, derivations, pass } = await bench(await open(migrations))
    await operator.open(password)
    const guesses = Array.from({ length: 30 }, (_, index) => operator.authenticate(`wrong guess ${index}`, peer))
    guesses.push(operator.authenticate(password, peer))
    const codes = await Promise.all(guesses.map(codeOf))
    expect(derivations()).toBeLessThanOrEqual(7)
    expect(codes.filter((code) => code === 'INVALID_MASTER_PASSWORD')).toHaveLength(5)
    expect(codes).not.toContain('OK')
    pass(300_000)
    expect(await codeOf(operator.authenticate(password, peer))).toBe('OK')
  })

  test('failures become one row of evidence per address and minute, with their number', async () => {
    const database = await open(migrations)
    const { operator, pass } = await bench(database)
    await operator.open(password)
    await operator.authenticate(password, '::1')
    for (let attempt = 0; attempt < 3; attempt++) await codeOf(operator.authenticate('wrong password', peer))
    await codeOf(operator.authenticate('wrong password', '198.51.100.8'))
    pass(60_000)
    await codeOf(operator.authenticate('wrong password', peer))
    await operator.stop()
    const minute = Date.parse('2030-01-01T00:00:00Z') / 1000
    const rows = await failedRows(database)
    expect(rows).toHaveLength(3)
    expect(rows).toEqual(
      expect.arrayContaining([
        { ip: peer, severity: 'critical', attempts: 3, minute },
        { ip: '198.51.100.8', severity: 'critical', attempts: 1, minute },
        { ip: peer, severity: 'critical', attempts: 1, minute: minute + 60 },
      ]),
    )
  })

  test('a locked keystore is unlocked by the right password only', async () => {
    const { operator } = await bench(await open(migrations))
    await operator.open(password)
    await operator.authenticate(password, peer)
    await keys.restart()
    expect(keys.isUnlocked()).toBe(false)
    expect(await codeOf(operator.authenticate('wrong password', peer))).toBe('INVALID_MASTER_PASSWORD')
    expect(keys.isUnlocked()).toBe(false)
    expect(await codeOf(operator.authenticate(password, peer))).toBe('OK')
    expect(keys.isUnlocked()).toBe(true)
  })

  test('a changed password counts at once, the old one no more, and recovery.key goes', async () => {
    const database = await open(migrations)
    const { operator, removed } = await bench(database)
    await operator.open(password)
    await operator.authenticate(password, peer)
    const secret = await keys.subkey('settings')
    const answer = await operatorHandlers(operator).changeMasterPassword(call, { newPassword: 'a second password' })
    expect(answer).toEqual({
      message: 'master password changed',
      walletsReEncrypted: 0,
      settingsReEncrypted: 0,
      credentialsReEncrypted: 0,
    })
    expect(removed()).toBe(1)
    expect(await codeOf(operator.authenticate(password, peer))).toBe('INVALID_MASTER_PASSWORD')
    expect(await codeOf(operator.authenticate('a second password', peer))).toBe('OK')
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
    await here.operator.authenticate(password, peer)
    const there = await bench(database)
    await there.operator.changePassword(password, 'a second password')
    expect(await codeOf(here.operator.authenticate(password, peer))).toBe('INVALID_MASTER_PASSWORD')
    expect(await codeOf(here.operator.authenticate('a second password', peer))).toBe('OK')
  })

  test('two daemons that start on an empty database at once end up with one root key', async () => {
    const database = await open(migrations)
    const other = await startKeys()
    stops.push(() => other.stop())
    const [mine, theirs] = [await bench(database), await bench(database, other)]
    expect(await Promise.all([mine.operator.open(password), theirs.operator.open(password)])).toEqual([true, true])
    expect(await other.subkey('settings')).toEqual(await keys.subkey('settings'))
  })

  if (engine === 'postgres') return
  test('short, empty and overlong passwords are refused without a key derivation', async () => {
    const { operator, derivations } = await bench(await open(migrations))
    expect(await codeOf(operator.open('seven77'))).toBe('ACTION_VALIDATION_FAILED')
    expect(await operator.hasKeyring()).toBe(false)
    await operator.open(password)
    expect(await codeOf(operator.changePassword(password, 'seven77'))).toBe('ACTION_VALIDATION_FAILED')
    for (const text of ['', 'x'.repeat(1_001)])
      expect(await codeOf(operator.authenticate(text, peer))).toBe('INVALID_MASTER_PASSWORD')
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
    expect(await codeOf(operator.authenticate(password, peer))).toBe('OK')
  })

  test('a damaged keyring is said to be damaged, whatever the password', async () => {
    const database = await open(migrations)
    const { operator } = await bench(database)
    await operator.open(password)
    await keys.restart()
    await database.work({}, (db) => keyringStore.replace(db, '{"version":1}', 1))
    const failure = await operator.authenticate(password, peer).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'KEYSTORE_LOCKED', message: expect.stringMatching(/keyring|argon2id/i) })
  })
})

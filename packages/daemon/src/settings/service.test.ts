import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { adminOperations, defaultSettings, isFailure, isJudgedSetting } from '@waiaas/contract'
import { expect, test } from 'vitest'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'
import { strictAudit } from '../../../../test/support/strict-audit.ts'
import { until } from '../../../../test/support/until.ts'
import { audit } from '../audit/service.ts'
import { needConsents } from '../consents/service.ts'
import { migrations } from '../migrations/all.ts'
import { systemClock } from '../platform/clock.ts'
import type { Database, Handle } from '../platform/db/database.ts'
import type { Call } from '../platform/http/types.ts'
import { jsonLog } from '../platform/log.ts'
import { settingsHandlers } from './handlers.ts'
import { type SettingsOptions, settingsService } from './service.ts'
import { settingStore } from './store.ts'

const key = randomBytes(32)
const by = { actor: 'operator' } as const
const call = { peer: '127.0.0.1', principal: { kind: 'operator' } } as Call<'operator'>

function serviceOn(
  database: Database,
  more: Partial<Pick<SettingsOptions, 'configured' | 'origins' | 'subkey' | 'nextVersion'>> = {},
) {
  const clock = systemClock()
  return settingsService({
    nextVersion: async () => undefined,
    needConsent: needConsents(clock),
    database,
    clock,
    log: jsonLog('silent'),
    audit: strictAudit({ clock }),
    configured: defaultSettings(),
    origins: new Map(),
    subkey: async () => new Uint8Array(key),
    ...more,
  })
}

const failureOf = async (work: Promise<unknown>) => {
  const error = await work.catch((thrown: unknown) => thrown)
  if (!isFailure(error)) throw new Error('expected a Failure', { cause: error })
  return error
}

forEachEngine((engine, open, fresh) => {
  test('a change at run time comes before the configured value and survives a restart', async () => {
    const database = await open(migrations)
    const configured = { ...defaultSettings(), 'oracle.max_age_seconds': 100 }
    const settings = await serviceOn(database, { configured })
    expect(settings.get()['oracle.max_age_seconds']).toBe(100)
    await settings.update([{ key: 'oracle.max_age_seconds', value: '200' }], by)
    expect(settings.get()['oracle.max_age_seconds']).toBe(200)
    const again = await serviceOn(database, { configured })
    expect(again.get()['oracle.max_age_seconds']).toBe(200)
  })

  test('a network that nobody knows is refused in a value, with what may have been meant', async () => {
    const database = await open(migrations)
    const settings = await serviceOn(database)
    for (const [key, names, why] of [
      ['rpc.confirmations', { 'solana-devnt': 3 }, 'no network is called "solana-devnt" (did you mean solana-devnet'],
      ['oracle.fixed_prices', { 'native:poligon-mainnet': '1' }, '(did you mean polygon-mainnet'],
    ] as const) {
      const failure = await failureOf(settings.update([{ key, value: JSON.stringify(names) }], by))
      expect(failure).toMatchObject({ code: 'ACTION_VALIDATION_FAILED', details: { issues: [{ path: key }] } })
      expect(failure.message).toContain(why)
    }
    // By each of its names, local ones among them.
    const known = { devnet: 1, 'eip155:1': 2, 'local-evm': 3, 'base-mainnet': 4 }
    await settings.update([{ key: 'rpc.confirmations', value: JSON.stringify(known) }], by)
    expect(settings.get()['rpc.confirmations']).toEqual(known)
    await settings.update([{ key: 'rpc.confirmations', value: null }], by)
  })

  test('a job sees the settings of its version, before and after this process has taken a change over', async () => {
    const database = await open(migrations)
    const seen: [number, number, number][] = []
    let version = 1
    const read = async (db: Handle) => (await settings.at(db, version))['oracle.max_age_seconds']
    const settings = await serviceOn(database, {
      configured: { ...defaultSettings(), 'oracle.max_age_seconds': 100 },
      async nextVersion(db) {
        version++
        // Whoever comes after the change and before the answer to it.
        seen.push([version, await read(db), settings.get()['oracle.max_age_seconds']])
      },
    })
    expect(await database.read(read)).toBe(100)
    await settings.update([{ key: 'oracle.max_age_seconds', value: '200' }], by)
    await settings.update([{ key: 'oracle.max_age_seconds', value: null }], by)
    expect(seen).toEqual([
      [2, 200, 100],
      [3, 100, 200],
    ])
    // Another daemon has not looked yet, and another version tells it.
    const other = await serviceOn(database)
    await settings.update([{ key: 'oracle.max_age_seconds', value: '300' }], by)
    expect(other.get()['oracle.max_age_seconds']).not.toBe(300)
    expect((await database.read((db) => other.at(db, version)))['oracle.max_age_seconds']).toBe(300)
  })

  test('what decisions read is had under its version, nothing else is, and its changes wait for what was decided before', async () => {
    const database = await open(migrations)
    let version = 1
    const settings = await serviceOn(database, { nextVersion: async () => ++version })
    const under = await database.read((db) => settings.at(db, version))
    const others = Object.keys(defaultSettings()).filter((name) => !Object.hasOwn(under, name))
    expect(Object.keys(under).filter((name) => !isJudgedSetting(name))).toEqual([])
    // Whom to ask for prices, and how, is read ahead of decisions.
    const isSource = (name: string) => /^oracle\.(pyth_|coingecko_|cross_validation_threshold$)/.test(name)
    // How long an answer waits for what was decided.
    const isWait = (name: string) => /^rpc_proxy\.\w+_timeout_seconds$/.test(name)
    const isInput = (name: string) =>
      /price|policy|oracle|delay|approval/.test(name) && !isSource(name) && !isWait(name)
    expect(others.filter(isInput)).toEqual([])
    const order: string[] = []
    const waits = Promise.withResolvers<void>()
    settings.waitFor(() => waits.promise.then(() => void order.push('settled')))
    const change = (name: string, value: string) =>
      settings.update([{ key: name, value }], by).then(() => order.push(name))
    await change('backup.retention_count', '3')
    expect([version, order]).toEqual([1, ['backup.retention_count']])
    const judged = change('security.policy_defaults_delay_seconds', '60')
    await until('the change', () => version === 2)
    waits.resolve()
    await judged
    expect(order).toEqual(['backup.retention_count', 'settled', 'security.policy_defaults_delay_seconds'])
    const after = await database.read((db) => settings.at(db, version))
    expect(after['security.policy_defaults_delay_seconds']).toBe(60)
  })

  test('all changes are made or none, and each that cannot be is named', async () => {
    const database = await open(migrations)
    const settings = await serviceOn(database)
    const before = settings.get()
    const failure = await failureOf(
      settings.update(
        [
          { key: 'oracle.max_age_seconds', value: '200' },
          { key: 'oracle.max_age', value: '200' },
          { key: 'security.rate_limit_burst', value: '0' },
          { key: 'daemon.port', value: '4000' },
          { key: 'daemon.log_level', value: 'debug' },
          { key: 'daemon.log_level', value: 'warn' },
        ],
        by,
      ),
    )
    expect(failure.code).toBe('ACTION_VALIDATION_FAILED')
    expect(failure.details?.issues).toEqual([
      { path: 'oracle.max_age', message: expect.stringContaining('no such setting') },
      { path: 'security.rate_limit_burst', message: expect.stringContaining('expected a whole number') },
      {
        path: 'daemon.port',
        message: 'is read at start: set port under [daemon] in config.toml, or WAIAAS_DAEMON_PORT, and restart',
      },
      { path: 'daemon.log_level', message: 'given more than once' },
    ])
    expect(settings.get()).toBe(before)
    expect(await database.read((db) => settingStore.all(db))).toEqual([])
  })

  test('a change is told to listeners and recorded with what was before', async () => {
    const database = await open(migrations)
    const settings = await serviceOn(database)
    const heard: unknown[] = []
    settings.onChange((now, changed) => heard.push([now['daemon.log_level'], changed]))
    await settings.update([{ key: 'daemon.log_level', value: 'debug' }], by)
    await settings.update([{ key: 'daemon.log_level', value: 'debug' }], by)
    expect(heard).toEqual([['debug', ['daemon.log_level']]])
    const trail = audit({ clock: systemClock() })
    const rows = await database.read((db) => trail.list(db, { event: 'SETTINGS_CHANGED' }, 10))
    expect(rows.map(({ details, actor }) => [JSON.parse(details), actor])).toEqual([
      [{ keys: ['daemon.log_level'], changes: [{ key: 'daemon.log_level', from: 'debug', to: 'debug' }] }, 'operator'],
      [{ keys: ['daemon.log_level'], changes: [{ key: 'daemon.log_level', from: 'info', to: 'debug' }] }, 'operator'],
    ])
  })

  test('evidence tells both values of a change, but of credentials only that there was one', async () => {
    const database = await open(migrations)
    const hidden = 'https://rpc.example.org/v1/needle'
    const configured = { ...defaultSettings(), 'oracle.max_age_seconds': 100 }
    const settings = await serviceOn(database, { configured })
    const key = 'rpc.evm_base_mainnet'
    for (const value of ['https://open.example.org', hidden, `${hidden}-2`, null])
      await settings.update([{ key, value }], by)
    await settings.update(
      [
        { key: 'oracle.max_age_seconds', value: '200' },
        { key: 'rpc_pool.base-mainnet', value: JSON.stringify(['https://open.example.org', hidden]) },
      ],
      by,
    )
    await settings.update([{ key: 'oracle.max_age_seconds', value: null }], by)
    const trail = audit({ clock: systemClock() })
    const rows = await database.read((db) => trail.list(db, { event: 'SETTINGS_CHANGED' }, 10))
    expect(JSON.stringify(rows)).not.toContain('needle')
    expect(rows.reverse().flatMap(({ details }) => JSON.parse(details).changes)).toEqual([
      { key, from: '', to: 'https://open.example.org', loosens: true },
      { key, from: 'https://open.example.org', to: '[secret]', loosens: true },
      { key, from: '[secret]', to: '[secret]', loosens: true },
      { key, from: '[secret]', to: '', unset: true, loosens: true },
      { key: 'oracle.max_age_seconds', from: '100', to: '200', loosens: true },
      { key: 'rpc_pool.base-mainnet', from: '[]', to: '[secret]', loosens: true },
      { key: 'oracle.max_age_seconds', from: '200', to: '100', unset: true },
    ])
  })

  test('a setting that is unset is what it was configured to be, for every daemon on the database', async () => {
    const location = await fresh()
    const configured = { ...defaultSettings(), 'oracle.max_age_seconds': 100 }
    const origins = new Map([['oracle.max_age_seconds', 'environment' as const]])
    let version = 1
    const nextVersion = async () => ++version
    const mine = await serviceOn(await open(migrations, location), { configured, origins, nextVersion })
    await mine.update(
      [
        { key: 'oracle.max_age_seconds', value: '200' },
        { key: 'daemon.log_level', value: 'warn' },
      ],
      by,
    )
    const theirs = await serviceOn(await open(migrations, location), { configured, origins })
    const sources = (of: typeof mine) => ['oracle.max_age_seconds', 'daemon.log_level'].map((key) => of.sourceOf(key))
    expect(sources(theirs)).toEqual(['database', 'database'])
    const heard: (readonly string[])[] = []
    theirs.onChange((_, changed) => heard.push(changed))
    await mine.update([{ key: 'oracle.max_age_seconds', value: null }], by)
    expect(version).toBe(3)
    await theirs.refresh()
    for (const one of [mine, theirs]) {
      expect(one.get()['oracle.max_age_seconds']).toBe(100)
      expect(one.get()['daemon.log_level']).toBe('warn')
      expect(sources(one)).toEqual(['environment', 'database'])
    }
    expect(heard).toEqual([['oracle.max_age_seconds']])
    // Once more changes nothing.
    await mine.update([{ key: 'oracle.max_age_seconds', value: null }], by)
    expect(mine.get()['oracle.max_age_seconds']).toBe(100)
  })

  test('a credential can be unset while the keystore is locked, and what is unset must be a setting', async () => {
    const database = await open(migrations)
    const key = 'rpc.evm_base_mainnet'
    await (await serviceOn(database)).update([{ key, value: 'https://rpc.example.org/v1/needle' }], by)
    const locked = await serviceOn(database, { subkey: () => Promise.reject(new Error('locked')) })
    await locked.update([{ key, value: null }], by)
    expect(await database.read((db) => settingStore.all(db))).toEqual([])
    const changes = ['oracle.max_age', 'daemon.port'].map((name) => ({ key: name, value: null }))
    expect((await failureOf(locked.update(changes, by))).details?.issues).toEqual([
      { path: 'oracle.max_age', message: expect.stringContaining('no such setting') },
      { path: 'daemon.port', message: expect.stringContaining('is read at start') },
    ])
  })

  test('another daemon on the same database sees a change when it looks', async () => {
    const location = await fresh()
    const mine = await serviceOn(await open(migrations, location))
    const theirs = await serviceOn(await open(migrations, location))
    await mine.update([{ key: 'security.allowed_hosts', value: 'wallets.example.org' }], by)
    expect(theirs.get()['security.allowed_hosts']).toEqual([])
    await theirs.refresh()
    expect(theirs.get()['security.allowed_hosts']).toEqual(['wallets.example.org'])
    const seen = theirs.get()
    await theirs.refresh()
    expect(theirs.get()).toBe(seen)
  })

  test('a daemon that watches hears of another one’s change by itself', async () => {
    const location = await fresh()
    const mine = await serviceOn(await open(migrations, location))
    const theirs = await serviceOn(await open(migrations, location))
    const heard = new Promise((resolve) => theirs.onChange((_, changed) => resolve(changed)))
    const watching = theirs.watch()
    await mine.update([{ key: 'daemon.log_level', value: 'warn' }], by)
    expect(await heard).toEqual(['daemon.log_level'])
    await watching.stop()
  })

  test('an endpoint with a credential is never readable in the database, nor in answers', async () => {
    const location = await fresh()
    const database = await open(migrations, location)
    const url = 'https://rpc.example.org/v1/needle-in-the-path'
    const settings = await serviceOn(database)
    await settings.update(
      [
        { key: 'rpc.evm_base_mainnet', value: url },
        { key: 'rpc_pool.base-mainnet', value: JSON.stringify([url]) },
      ],
      by,
    )
    expect(settings.get()['rpc.evm_base_mainnet']).toBe(url)
    const rows = await database.read((db) => settingStore.all(db))
    expect(JSON.stringify(rows)).not.toContain('needle')
    if ('path' in location)
      for (const suffix of ['', '-wal']) expect(readFileSync(location.path + suffix, 'latin1')).not.toContain('needle')
    expect(JSON.stringify(await settingsHandlers(settings).getSettings(call, {}))).not.toContain('needle')
    expect((await serviceOn(database)).get()['rpc_pool.base-mainnet']).toEqual([url])
  })

  test('a sealed value waits for the keystore, and one that was altered or moved is not believed', async () => {
    const database = await open(migrations)
    const url = 'https://rpc.example.org/v1/needle'
    await (await serviceOn(database)).update([{ key: 'rpc.evm_base_mainnet', value: url }], by)
    let isUnlocked = false
    const locked = await serviceOn(database, {
      subkey: async () => {
        if (!isUnlocked) throw new Error('locked')
        return new Uint8Array(key)
      },
    })
    expect(locked.get()['rpc.evm_base_mainnet']).toBe('')
    expect((await failureOf(locked.update([{ key: 'rpc.evm_base_mainnet', value: url }], by))).code).toBe(
      'KEYSTORE_LOCKED',
    )
    isUnlocked = true
    await locked.refresh()
    expect(locked.get()['rpc.evm_base_mainnet']).toBe(url)
    const [row] = await database.read((db) => settingStore.all(db))
    await database.work({}, (db) => settingStore.put(db, [{ ...row!, key: 'rpc.evm_base_sepolia' }]))
    expect((await serviceOn(database)).get()['rpc.evm_base_sepolia']).toBe('')
    const other = await serviceOn(database, { subkey: async () => new Uint8Array(32) })
    expect(other.get()['rpc.evm_base_mainnet']).toBe('')
  })

  if (engine === 'postgres') return
  test('answers have the wire shape: text by section, secrets as booleans, and a schema of every key', async () => {
    const database = await open(migrations)
    const secret = 'postgres://me:hunter22@127.0.0.1/db'
    const settings = await serviceOn(database, { configured: { ...defaultSettings(), 'database.url': secret } })
    const handlers = settingsHandlers(settings)
    const shown = adminOperations.getSettings.output.parse(await handlers.getSettings(call, {}))
    expect(shown.daemon).toMatchObject({ port: '3100', log_level: 'info' })
    expect(shown.database).toEqual({ url: true, path: 'data/waiaas.db' })
    expect(shown.security?.allowed_hosts).toBe('[]')
    const answer = await handlers.updateSettings(call, { settings: [{ key: 'daemon.log_level', value: 'warn' }] })
    expect(adminOperations.updateSettings.output.parse(answer)).toMatchObject({
      updated: 1,
      settings: { daemon: { log_level: 'warn' } },
    })
    for (const grouped of [false, true]) {
      const schema = adminOperations.getSettingsSchema.output.parse(await handlers.getSettingsSchema(call, { grouped }))
      const all = 'settings' in schema ? schema.settings : schema.categories.flatMap((category) => category.settings)
      expect(all.map(({ key: name }) => name).sort()).toEqual(Object.keys(settings.get()).sort())
      expect(all.find(({ key: name }) => name === 'database.url')).toMatchObject({
        isCredential: true,
        runtime: false,
        source: 'default',
      })
      const described = (key: string) => all.find(({ key: name }) => name === key)
      const values = ['trace', 'debug', 'info', 'warn', 'error']
      expect(described('daemon.log_level')).toMatchObject({ source: 'database', values, loosens: null })
      expect(described('oracle.max_age_seconds')).toMatchObject({
        ...{ unit: 'seconds', minimum: 10, maximum: 604_800, loosens: 'a higher number lets more out' },
      })
      expect(described('policy.default_deny_tokens')?.loosens).toBe('switching it off lets more out')
    }
  })
})

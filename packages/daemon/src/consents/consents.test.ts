import { randomBytes } from 'node:crypto'
import {
  defaultSettings,
  Failure,
  policyFileOperations,
  policyOperations,
  type Settings,
  walletOperations,
} from '@waiaas/contract'
import { expect, test } from 'vitest'
import {
  type Bed,
  handClock,
  openBed,
  operator,
  removeFoldersAfterEach,
  sharedKeys,
} from '../../../../test/support/feature-bed.ts'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'
import { evmOwner, type TestOwner } from '../../../../test/support/owners.ts'
import { madeUpAuthenticator, passkeyPerson, sentBytes } from '../../../../test/support/passkeys.ts'
import { strictAudit } from '../../../../test/support/strict-audit.ts'
import { relyingPartyOf } from '../owners/webauthn.ts'
import { jsonLog } from '../platform/log.ts'
import { settingsService } from '../settings/service.ts'
import { forgetConsents, needConsents } from './service.ts'

const { keys } = sharedKeys()
removeFoldersAfterEach()
const ORIGIN = 'http://127.0.0.1:3100'
const asOwner = (owner: TestOwner) => ({ actor: `owner:${owner.address}` }) as const

async function signedBy(bed: Bed, owner: TestOwner, message: string) {
  const signed = await bed.owners.authenticate(new Headers(await owner.signs(message)))
  if (!signed) throw new Error('no signature came')
  return signed
}
/** A wallet with an owner who has verified, once `before` has been done. */
async function owned(bed: Bed, owner = evmOwner(), before?: (id: string) => Promise<unknown>) {
  const { id } = await bed.createWallet()
  await before?.(id)
  await own(bed, id, owner)
  return { id, owner }
}
/** The same with a limit of 100 USD a day. */
async function limited(bed: Bed) {
  let policy: { id: string } | undefined
  const wallet = await owned(bed, evmOwner(), async (walletId) => {
    policy = await create(bed, { type: 'SPENDING_LIMIT', walletId, rules: limit(100) })
  })
  return { ...wallet, policy: policy! }
}
async function own(bed: Bed, id: string, owner: TestOwner) {
  await bed.owners.set({ id, ownerAddress: owner.address, network: undefined }, { by: operator, signed: undefined })
  const { message } = await bed.owners.walletChallenge({ id, action: 'verify' }, ORIGIN)
  await bed.owners.verify(id, await signedBy(bed, owner, message))
}
async function agree(bed: Bed, consent: string, { id, owner }: { id: string; owner: TestOwner }) {
  const { message } = await bed.consents.challenge({ id: consent, walletId: id }, ORIGIN)
  return bed.consents.give(consent, id, { by: asOwner(owner), signed: await signedBy(bed, owner, message) })
}

type Refused = { code: string; consent: string; wallets: { walletId: string }[]; message: string }
/** What owners are asked for a call; undefined where it passed. */
async function asked(bed: Bed, call: () => Promise<unknown>): Promise<Refused | undefined> {
  try {
    await bed.consents.asking(operator, call)
    return undefined
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return { code: error.code, message: error.message, ...error.details } as unknown as Refused
  }
}
const detailsOf = async (bed: Bed, event: string) =>
  (await bed.evidence(event)).map(({ details }) => JSON.parse(details) as Record<string, unknown>)
const codeOf = async (call: () => Promise<unknown>): Promise<string> => {
  try {
    await call()
    return 'done'
  } catch (error) {
    if (error instanceof Failure) return error.code
    throw error
  }
}
const { createPolicy, updatePolicy } = policyOperations
const { applyPolicies } = policyFileOperations
const create = (bed: Bed, policy: object) => bed.policies.create(createPolicy.input.parse(policy), operator)
const update = (bed: Bed, change: object) => bed.policies.update(updatePolicy.input.parse(change), operator)
const limit = (usd: number) => ({ instant_max_usd: 1, daily_limit_usd: usd })
const policiesOf = async (bed: Bed, walletId: string) =>
  (await bed.policies.list({ walletId, limit: 50, offset: 0 })).data.map(({ type, rules, enabled, network }) =>
    JSON.stringify([type, rules, enabled, network]),
  )

forEachEngine((_engine, open) => {
  const start = (clock = handClock()) => openBed(open, { keys: keys(), clock })

  test('what lets more out of a wallet with a verified owner waits for that owner, and passes once', async () => {
    const bed = await start()
    const { id, owner, policy } = await limited(bed)
    const raise = (usd: number) => () => update(bed, { id: policy.id, rules: limit(usd) })
    const before = await policiesOf(bed, id)

    const refused = await asked(bed, raise(200))
    expect(refused).toMatchObject({ code: 'OWNER_CONSENT_REQUIRED', wallets: [{ walletId: id }] })
    expect(refused!.message).toContain('daily_limit_usd: 200')
    expect(await policiesOf(bed, id)).toEqual(before)
    expect((await detailsOf(bed, 'OWNERS_ASKED')).map(({ wallets }) => wallets)).toEqual([[id]])
    expect((await bed.consents.list()).consents).toMatchObject([{ id: refused!.consent, isAgreed: false }])
    // Asking again asks for the same.
    expect((await asked(bed, raise(200)))!.consent).toBe(refused!.consent)
    expect(await bed.evidence('OWNERS_ASKED')).toHaveLength(1)

    const { message } = await bed.consents.challenge({ id: refused!.consent, walletId: id }, ORIGIN)
    expect(message).toContain(`Let more out than before: change SPENDING_LIMIT of wallet 'one' from '`)
    for (const dollars of [100, 200])
      expect(message).toContain(`'At most ${dollars} USD in 24 hours, fees included; more is refused'`)
    // Words may leave something of long rules out.
    expect(message).toMatch(/exactly \(.*daily_limit_usd: 100.*\) to .*exactly \(.*daily_limit_usd: 200/)
    expect(message).toContain('daily_limit_usd: 100')
    expect(await agree(bed, refused!.consent, { id, owner })).toMatchObject({ isAgreed: true })
    // It is good for this and nothing else.
    expect(await asked(bed, raise(201))).toMatchObject({ code: 'OWNER_CONSENT_REQUIRED' })
    expect(await asked(bed, raise(200))).toBeUndefined()
    expect((await policiesOf(bed, id)).join()).toContain('"daily_limit_usd":200')
    expect((await bed.consents.list()).consents.map(({ id }) => id)).not.toContain(refused!.consent)
    // Tightening needs nobody, and what was agreed to once is not good again.
    expect(await asked(bed, raise(100))).toBeUndefined()
    const again = await asked(bed, raise(200))
    expect(again).toMatchObject({ code: 'OWNER_CONSENT_REQUIRED' })
    expect(again!.consent).not.toBe(refused!.consent)
  })

  test('owners who have not verified, and wallets without one, wait for nobody', async () => {
    const bed = await start()
    const { id } = await bed.createWallet()
    const policy = await create(bed, { type: 'SPENDING_LIMIT', walletId: id, rules: limit(100) })
    expect(await asked(bed, () => update(bed, { id: policy.id, rules: limit(200) }))).toBeUndefined()
    const ownerAddress = evmOwner().address
    await bed.owners.set({ id, ownerAddress, network: undefined }, { by: operator, signed: undefined })
    expect(await asked(bed, () => update(bed, { id: policy.id, rules: limit(300) }))).toBeUndefined()
    expect(await bed.evidence('OWNERS_ASKED')).toEqual([])
  })

  test('what is for every wallet waits for each owner whose wallet it lets more out of, and for no other', async () => {
    const bed = await start()
    const [first, second, strict] = [await owned(bed), await owned(bed), await owned(bed)]
    const rate = (max_requests: number) => ({ type: 'RATE_LIMIT', rules: { max_requests, window_seconds: 60 } })
    const common = await create(bed, rate(5))
    await create(bed, { ...rate(3), walletId: strict.id })
    const drop = () => bed.policies.remove(common.id, operator)
    const refused = (await asked(bed, drop))!
    expect(refused.wallets.map(({ walletId }) => walletId).sort()).toEqual([first.id, second.id].sort())
    expect(await agree(bed, refused.consent, first)).toMatchObject({ isAgreed: false })
    expect(await asked(bed, drop)).toMatchObject({ consent: refused.consent, wallets: [{ walletId: second.id }] })
    expect(await codeOf(() => agree(bed, refused.consent, strict))).toBe('WALLET_NOT_FOUND')
    expect(await agree(bed, refused.consent, second)).toMatchObject({ isAgreed: true })
    expect(await asked(bed, drop)).toBeUndefined()
    expect(await codeOf(() => bed.policies.get(common.id))).toBe('POLICY_NOT_FOUND')
  })

  test('one signature of an owner of several wallets is enough for all of them', async () => {
    const bed = await start()
    const first = await owned(bed)
    const second = await owned(bed, first.owner)
    const rules = { max_requests: 5, window_seconds: 60 }
    const common = await create(bed, { type: 'RATE_LIMIT', rules })
    const drop = () => bed.policies.remove(common.id, operator)
    const refused = (await asked(bed, drop))!
    expect(refused.wallets).toHaveLength(2)
    expect(await agree(bed, refused.consent, second)).toMatchObject({ isAgreed: true })
    expect(await asked(bed, drop)).toBeUndefined()
  })

  test('what an owner agreed to is void when what it changes is another, the owner is, a day has passed or a backup came', async () => {
    const clock = handClock()
    const bed = await start(clock)
    const { id, owner, policy } = await limited(bed)
    const raise = () => update(bed, { id: policy.id, rules: limit(200) })
    const agreed = async () => {
      const refused = (await asked(bed, raise))!
      await agree(bed, refused.consent, { id, owner })
      return refused.consent
    }
    await agreed()
    await update(bed, { id: policy.id, rules: limit(50) })
    expect(await asked(bed, raise)).toMatchObject({ code: 'OWNER_CONSENT_REQUIRED' })

    const late = await agreed()
    clock.pass(24 * 3_600 + 1)
    expect(await asked(bed, raise)).toMatchObject({ code: 'OWNER_CONSENT_REQUIRED' })
    expect(await codeOf(() => agree(bed, late, { id, owner }))).toBe('CONSENT_NOT_FOUND')

    const restored = await agreed()
    await bed.database.work({ exclusive: ['system'] }, forgetConsents)
    expect(await codeOf(() => bed.consents.read(restored))).toBe('CONSENT_NOT_FOUND')
    expect(await asked(bed, raise)).toMatchObject({ code: 'OWNER_CONSENT_REQUIRED' })

    const consent = await agreed()
    const next = evmOwner()
    const replace = { id, action: 'replace', ownerAddress: next.address } as const
    const leave = await bed.owners.walletChallenge(replace, ORIGIN)
    const signed = await signedBy(bed, owner, leave.message)
    await bed.owners.set({ id, ownerAddress: next.address, network: undefined }, { by: operator, signed })
    const { message } = await bed.owners.walletChallenge({ id, action: 'verify' }, ORIGIN)
    await bed.owners.verify(id, await signedBy(bed, next, message))
    expect(await bed.consents.read(consent)).toMatchObject({ isAgreed: false })
    const anew = (await asked(bed, raise))!
    expect(anew).toMatchObject({ wallets: [{ ownerAddress: next.address }] })
    expect(anew.consent).not.toBe(consent)
    expect(await codeOf(() => agree(bed, anew.consent, { id, owner }))).not.toBe('done')
    await agree(bed, anew.consent, { id, owner: next })
    expect(await asked(bed, raise)).toBeUndefined()
  })

  test('no order of steps lets out more than an owner agreed to', async () => {
    const bed = await start()
    const { id } = await owned(bed)
    const [installed] = (await bed.policies.list({ walletId: id, limit: 5, offset: 0 })).data
    const base = { type: 'SPENDING_LIMIT', walletId: id }
    const steps: [string, () => Promise<unknown>, boolean][] = [
      ['a looser limit in place of the default', () => create(bed, { ...base, rules: limit(9_999) }), true],
      ['one that is off replaces nothing', () => create(bed, { ...base, rules: limit(9_999), enabled: false }), false],
      [
        'nor does one of a network',
        () => create(bed, { ...base, rules: limit(9_999), network: 'ethereum-sepolia' }),
        false,
      ],
      ['then the default goes', () => bed.policies.remove(installed!.id, operator), true],
      ['or is switched off', () => update(bed, { id: installed!.id, enabled: false }), true],
      [
        'or is made anew without a limit',
        () => update(bed, { id: installed!.id, rules: { instant_max_usd: 10 } }),
        true,
      ],
      ['its place in lists decides nothing', () => update(bed, { id: installed!.id, priority: 99 }), false],
      [
        'a list that vouches for somebody',
        () => create(bed, { type: 'WHITELIST', rules: { allowed_addresses: [evmOwner().address] } }),
        true,
      ],
      [
        'a first list of tokens',
        () =>
          create(bed, { type: 'ALLOWED_TOKENS', walletId: id, rules: { tokens: [{ address: evmOwner().address }] } }),
        true,
      ],
    ]
    for (const [name, step, isAsked] of steps)
      expect([name, (await asked(bed, step)) !== undefined]).toEqual([name, isAsked])
  })

  test('a document is applied whole or asks for all of it, and a dry run asks nobody', async () => {
    const bed = await start()
    const { id, owner } = await owned(bed)
    const policies = [
      { type: 'SPENDING_LIMIT', wallet: 'one', rules: limit(9_999) },
      { type: 'RATE_LIMIT', wallet: 'one', rules: { max_requests: 5, window_seconds: 60 } },
    ]
    const document = applyPolicies.input.parse({ policies })
    const before = await policiesOf(bed, id)
    expect(await asked(bed, () => bed.policies.apply({ ...document, dryRun: true }, operator))).toBeUndefined()
    const apply = () => bed.policies.apply({ ...document, dryRun: false }, operator)
    const refused = (await asked(bed, apply))!
    expect(refused.code).toBe('OWNER_CONSENT_REQUIRED')
    expect(await policiesOf(bed, id)).toEqual(before)
    await agree(bed, refused.consent, { id, owner })
    expect(await asked(bed, apply)).toBeUndefined()
    expect(await policiesOf(bed, id)).toHaveLength(2)
  })

  test('a key leaves and a ceiling grows only with the owner', async () => {
    const bed = await start()
    const { id, owner } = await owned(bed)
    const password = 'a master password of a test'
    const take = () => bed.wallets.export({ id, format: 'private-key', masterPassword: password }, operator, password)
    const refused = (await asked(bed, take))!
    expect(refused.message).toContain(`the private key of the wallet 'one'`)
    expect(await bed.evidence('WALLET_EXPORTED')).toEqual([])
    await agree(bed, refused.consent, { id, owner })
    expect(await asked(bed, take)).toBeUndefined()
    expect(await asked(bed, take)).toMatchObject({ code: 'OWNER_CONSENT_REQUIRED' })

    const day = (amount: string) => () =>
      bed.wallets.ceilings.change({ id, network: 'ethereum-sepolia', day: amount }, { by: operator, shown: password })
    expect(await asked(bed, day('1'))).toBeUndefined()
    const raised = (await asked(bed, day('2')))!
    expect(raised.code).toBe('OWNER_CONSENT_REQUIRED')
    await agree(bed, raised.consent, { id, owner })
    expect(await asked(bed, day('2'))).toBeUndefined()
    expect(await asked(bed, day('1'))).toBeUndefined()
  })

  test('where the signer knows the owner, it asks for their signature too, for exactly the ceiling that comes', async () => {
    // The signer looks at its own clock.
    const bed = await start(handClock(Date.now()))
    const { id, owner } = await owned(bed)
    const shown = 'a master password of a test'
    const change = (input: object) => () => bed.wallets.ceilings.change({ id, ...input }, { by: operator, shown })
    const day = (amount: string) => change({ network: 'ethereum-sepolia', day: amount })
    const known = { threshold: 1, owners: [[owner.address]] }
    const unknown = ['the signer of wallet one does not know the owners who have verified']
    expect(await bed.wallets.ceilings.watch.read()).toEqual(unknown.map((text) => expect.stringContaining(text)))
    expect(await bed.wallets.ceilings.propose(id)).toMatchObject({ owners: known })
    expect(await asked(bed, day('1'))).toBeUndefined()
    expect(await change({ owners: 'verified' })()).toMatchObject({ owners: known })
    expect(await bed.wallets.ceilings.watch.read()).toEqual([])

    const raised = (await asked(bed, day('2')))!
    expect(raised.code).toBe('OWNER_CONSENT_REQUIRED')
    const { message } = await bed.consents.challenge({ id: raised.consent, walletId: id }, ORIGIN)
    expect(message).toMatch(/\n- urn:waiaas:signs:at:.+\n- urn:waiaas:signs:ceiling:0x[0-9a-fA-F]{40}:3:[0-9a-f]{64}$/)
    // Before they agree the signer knows of no other ceiling.
    expect(await bed.wallets.ceilings.show(id)).toMatchObject({ owners: known })
    await agree(bed, raised.consent, { id, owner })
    expect(await codeOf(day('3'))).toBe('OWNER_CONSENT_REQUIRED')
    expect(await asked(bed, day('2'))).toBeUndefined()
    expect(await asked(bed, day('1'))).toBeUndefined()
    // What was agreed to is used up with the ceiling that it came in place of.
    expect(await asked(bed, day('2'))).toMatchObject({ code: 'OWNER_CONSENT_REQUIRED' })

    const none = (await asked(bed, change({ owners: 'none' })))!
    expect((await bed.consents.challenge({ id: none.consent, walletId: id }, ORIGIN)).message).toContain(
      '\n- urn:waiaas:signs:owners:0',
    )
    await agree(bed, none.consent, { id, owner })
    expect(await asked(bed, change({ owners: 'none' }))).toBeUndefined()
    expect(await bed.wallets.ceilings.show(id)).toMatchObject({ owners: null })

    const { id: unowned } = await bed.createWallet()
    const wanted = () => bed.wallets.ceilings.change({ id: unowned, owners: 'verified' }, { by: operator, shown })
    expect(await codeOf(wanted)).toBe('ACTION_VALIDATION_FAILED')
  })

  test('where the signer knows a passkey of the owner, that alone signs for a higher ceiling, and no longer once it is cut off', async () => {
    const bed = await start(handClock(Date.now()))
    const { id, owner } = await owned(bed)
    const shown = 'a master password of a test'
    const change = (input: object) => () => bed.wallets.ceilings.change({ id, ...input }, { by: operator, shown })
    const day = (amount: string) => change({ network: 'ethereum-sepolia', day: amount })
    const device = madeUpAuthenticator(relyingPartyOf('https://wallets.example.org')!)
    const phone = passkeyPerson(device)
    const { challenge } = await bed.owners.passkeyOptions(id)
    const made = { id, ...sentBytes(device.create(challenge)) }
    const signs = async (by: TestOwner, { message }: { message: string }) =>
      (await bed.owners.authenticate(new Headers(await by.signs(message))))!
    await bed.owners.addPasskey(made, await signs(owner, await bed.owners.passkeyChallenge(made, ORIGIN)))
    const { owners } = await change({ owners: 'verified' })()
    expect(owners).toMatchObject({ threshold: 1, owners: [[owner.address, expect.stringMatching(/^passkey:.+/)]] })
    expect(await bed.wallets.ceilings.watch.read()).toEqual([])
    await day('1')()
    const agreeBy = async (by: TestOwner, consent: string) => {
      const text = await bed.consents.challenge({ id: consent, walletId: id, signer: by.address }, ORIGIN)
      return bed.consents.give(consent, id, { by: { actor: `owner:${by.address}` }, signed: await signs(by, text) })
    }
    const raised = (await asked(bed, day('2')))!
    await agreeBy(phone, raised.consent)
    expect(await asked(bed, day('2'))).toBeUndefined()
    const higher = (await asked(bed, day('3')))!
    await agreeBy(phone, higher.consent)
    const cut = { action: 'cut-off', walletId: id, credential: phone.address, signer: phone.address } as const
    const word = await signs(phone, await bed.owners.actionChallenge(cut, ORIGIN))
    await bed.owners.cutOff({ walletId: id, credential: phone.address }, word)
    expect(await asked(bed, day('3'))).toMatchObject({ code: 'OWNER_CONSENT_REQUIRED' })
    expect((await bed.wallets.ceilings.watch.read()).join()).toContain('does not know the owners who have verified')
    await agreeBy(owner, (await asked(bed, day('3')))!.consent)
    expect(await asked(bed, day('3'))).toBeUndefined()
    const last = { ...cut, credential: owner.address, signer: owner.address }
    const signed = await signs(owner, await bed.owners.actionChallenge(last, ORIGIN))
    await bed.owners.cutOff({ walletId: id, credential: owner.address }, signed)
    expect((await bed.wallets.ceilings.watch.read()).join()).toContain('asks owners whose word counts no more')
  })

  test('what the configuration lets out more at a start is told, and refused once an owner has verified', async () => {
    const bed = await start()
    const settings = (configured: Partial<Settings>) =>
      settingsService({
        ...{ database: bed.database, clock: bed.clock, log: jsonLog('silent'), audit: strictAudit(bed) },
        ...{ configured: { ...defaultSettings(), ...configured } as Settings, origins: new Map() },
        ...{ subkey: () => Promise.reject(new Error('locked')), nextVersion: async () => undefined },
        needConsent: needConsents(bed.clock),
      })
    const told = async () =>
      (await bed.evidence('SETTINGS_CHANGED')).map(({ details, severity }) => [JSON.parse(details), severity]).at(0)
    await settings({})
    await settings({ 'oracle.max_age_seconds': 4_000 })
    const change = { key: 'oracle.max_age_seconds', from: '3900', to: '4000', loosens: true }
    expect(await told()).toEqual([{ keys: [change.key], changes: [change] }, 'warning'])

    const { id, owner } = await owned(bed)
    await settings({ 'oracle.max_age_seconds': 3_000 })
    await expect(settings({ 'oracle.max_age_seconds': 3_001 })).rejects.toThrow(
      /lets more out than at the last start: .* set oracle.max_age_seconds from 3000 to 3001\. .* within a day/,
    )
    const { consent } = (await detailsOf(bed, 'OWNERS_ASKED'))[0] as { consent: string }
    await expect(
      settings({ 'oracle.max_age_seconds': 3_000, 'oracle.coingecko_url': 'http://127.0.0.1:9/a' }),
    ).rejects.toThrow(/coingecko_url/)
    const added = { id: 'my-chain', chainId: 424_242, environment: 'testnet', symbol: 'MY', decimals: 18 } as const
    const network = { ...added, rpc: ['http://127.0.0.1:9'] }
    await expect(settings({ 'oracle.max_age_seconds': 3_000, 'networks.evm': [network] })).rejects.toThrow(
      /set networks\.evm from \[\] to \[\(id: 'my-chain'/,
    )
    // What was asked at a start is agreed to while the daemon runs as before, and good for one that says the same.
    await settings({ 'oracle.max_age_seconds': 3_000 })
    expect(await agree(bed, consent, { id, owner })).toMatchObject({ isAgreed: true })
    await expect(settings({ 'oracle.max_age_seconds': 3_002 })).rejects.toThrow(/from 3000 to 3002/)
    await settings({ 'oracle.max_age_seconds': 3_001 })
    await settings({ 'oracle.max_age_seconds': 3_000 })
    await expect(settings({ 'oracle.max_age_seconds': 3_001 })).rejects.toThrow(/from 3000 to 3001/)
    // At run time the owner can be asked, and what was agreed to stands above the file.
    const running = await settings({ 'oracle.max_age_seconds': 3_000 })
    const raise = () => running.update([{ key: 'oracle.max_age_seconds', value: '3001' }], operator)
    const refused = (await asked(bed, raise))!
    await agree(bed, refused.consent, { id, owner })
    expect(await asked(bed, raise)).toBeUndefined()
    await settings({ 'oracle.max_age_seconds': 9_000 })
    const file = await settings({ 'oracle.max_age_seconds': 9_000 })
    expect(file.get()['oracle.max_age_seconds']).toBe(3_001)
    expect(
      await asked(bed, () => file.update([{ key: 'oracle.max_age_seconds', value: null }], operator)),
    ).toMatchObject({
      code: 'OWNER_CONSENT_REQUIRED',
    })
  })

  test('a wallet that is stopped earlier than until then waits for nobody, and later waits for owners', async () => {
    const bed = await start()
    const { id } = await owned(bed)
    const settings = await settingsService({
      ...{ database: bed.database, clock: bed.clock, log: jsonLog('silent'), audit: strictAudit(bed) },
      ...{ configured: defaultSettings() as Settings, origins: new Map() },
      ...{ subkey: () => Promise.reject(new Error('locked')), nextVersion: async () => undefined },
      needConsent: needConsents(bed.clock),
    })
    type Own = Settings['autostop.wallets'][string]
    const own = async (rules: Own, wallet = id) =>
      (await asked(bed, () => settings.edit('autostop.wallets', (now) => ({ ...now, [wallet]: rules }), operator)))
        ?.code
    const set = async (key: string, value: string | null) =>
      (await asked(bed, () => settings.update([{ key, value }], operator)))?.code
    const waits = 'OWNER_CONSENT_REQUIRED'
    const storm = (threshold: number, more: Own[string] = {}): Own => ({
      retry_storm: { config: { threshold }, ...more },
    })
    // As for all it is the 20th, suspends, and is on.
    expect(await own(storm(21))).toBe(waits)
    expect(await own(storm(20))).toBeUndefined()
    expect(await own(storm(5))).toBeUndefined()
    expect(await own(storm(6))).toBe(waits)
    expect(await own({})).toBe(waits)
    expect(await set('autostop.wallets', null)).toBe(waits)
    expect(await own(storm(5, { enabled: false }))).toBe(waits)
    expect(await own(storm(5, { enabled: true, action: 'kill_switch' }))).toBeUndefined()
    expect(await own(storm(5, { enabled: true, action: 'suspend' }))).toBe(waits)
    // What holds for all is stricter by now than what it has of its own.
    expect(await set('autostop.retry_storm_threshold', '4')).toBeUndefined()
    expect(await own({ retry_storm: { enabled: true, action: 'kill_switch' } })).toBeUndefined()
    // What nobody can compare here waits.
    expect(await own({ effect_diverged: { enabled: true } })).toBe(waits)
    // A wallet that nobody owns is the operator's, unless its rule stopped all of them.
    const { id: free } = await bed.createWallet()
    expect(await own(storm(50), free)).toBeUndefined()
    expect(await own(storm(50, { action: 'kill_switch' }), free)).toBeUndefined()
    expect(await own(storm(60, { action: 'kill_switch' }), free)).toBe(waits)
    expect(await own(storm(50), free)).toBe(waits)
    expect(await set('autostop.retry_storm_threshold', '5')).toBe(waits)
    // An owner is told of no other wallet.
    const loosened = { [id]: storm(70, { enabled: false }) }
    const { message } = (await asked(bed, () =>
      settings.edit('autostop.wallets', (now) => ({ ...now, ...loosened }), operator),
    ))!
    expect(message).toContain(`set autostop.wallets of '${id}' from `)
    expect(message).not.toContain(free)
  })

  test('a key that is deleted and comes in again has the owner that it left with', async () => {
    const bed = await start()
    const secret = `0x${randomBytes(32).toString('hex')}`
    const given = { name: 'again', chain: 'ethereum', format: 'private-key', secret }
    const bringIn = () => bed.wallets.import(walletOperations.importWallet.input.parse(given), operator)
    const { id: first } = await bringIn()
    const owner = evmOwner()
    await own(bed, first, owner)
    await bed.wallets.terminate(first, operator)
    await bed.wallets.purge(first, operator)
    const { id, ownerState, ownerAddress } = await bringIn()
    expect([ownerState, ownerAddress]).toEqual(['LOCKED', owner.address])
    const policy = (await bed.policies.list({ walletId: id, limit: 5, offset: 0 })).data[0]!
    expect(await asked(bed, () => bed.policies.remove(policy.id, operator))).toMatchObject({
      wallets: [{ walletId: id }],
    })
  })
})

import { expect, test } from 'vitest'
import { openBed, operator, removeFoldersAfterEach, sharedKeys } from '../../../../test/support/feature-bed.ts'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'
import { evmOwner, ownerHeaders, type TestOwner } from '../../../../test/support/owners.ts'
import { codeOf } from '../../test/owners-bed.ts'

const { keys } = sharedKeys()
removeFoldersAfterEach()
const ORIGIN = 'http://127.0.0.1:3100'
const DAY = 86_400
type Action = 'kill-switch' | 'recover' | 'cancel-recovery'

forEachEngine((_engine, open) => {
  async function start() {
    const bed = await openBed(open, { keys: keys() })
    const { owners, killSwitch } = bed
    const signed = async (owner: TestOwner, message: string) =>
      (await owners.authenticate(new Headers(await owner.signs(message))))!
    const wish = async (owner: TestOwner, walletId: string, action: Action, used = action) =>
      owners.wish(used, await signed(owner, (await owners.actionChallenge({ action, walletId }, ORIGIN)).message))
    return {
      ...bed,
      signed,
      wish,
      by: (owner: TestOwner) => ({ actor: `owner:${owner.address}` }) as const,
      /** A wallet whose owner was named, and has verified. */
      async owned(owner = evmOwner()) {
        const { id } = await bed.createWallet()
        await owners.set({ id, ownerAddress: owner.address, network: undefined }, { by: operator, signed: undefined })
        const { message } = await owners.walletChallenge({ id, action: 'verify' }, ORIGIN)
        await owners.verify(id, await signed(owner, message))
        return { id, owner }
      },
      async lock() {
        bed.clock.pass(1)
        await killSwitch.activate(operator)
        await killSwitch.escalate(operator)
      },
      state: async () => (await killSwitch.view()).state,
    }
  }
  test('an owner stops everything alone, by what says so and nothing else', async () => {
    const bed = await start()
    const { id, owner } = await bed.owned()
    const by = bed.by(owner)
    const wrong = await bed.wish(owner, id, 'recover', 'kill-switch')
    expect(await codeOf(bed.killSwitch.activate(by, wrong))).toBe('INVALID_NONCE')
    expect(await bed.state()).toBe('ACTIVE')
    const wish = await bed.wish(owner, id, 'kill-switch')
    expect(await bed.killSwitch.activate(by, wish)).toMatchObject({ state: 'SUSPENDED' })
    expect(await bed.killSwitch.view()).toMatchObject({ activatedBy: `owner:${owner.address}` })
    await bed.killSwitch.recover(operator)
    expect(await codeOf(bed.killSwitch.activate(by, wish))).toBe('INVALID_NONCE')
    expect(await bed.state()).toBe('ACTIVE')
  })

  test('one who is named and has not verified stops too; who owns nothing does not', async () => {
    const bed = await start()
    const { id } = await bed.createWallet()
    const owner = evmOwner()
    const named = { id, ownerAddress: owner.address, network: undefined }
    await bed.owners.set(named, { by: operator, signed: undefined })
    const { message } = await bed.owners.actionChallenge({ action: 'kill-switch', walletId: id }, ORIGIN)
    expect(await codeOf(bed.signed(evmOwner(), message))).toBe('OWNER_NOT_CONNECTED')
    await bed.killSwitch.activate(bed.by(owner), await bed.wish(owner, id, 'kill-switch'))
    expect(await bed.state()).toBe('SUSPENDED')
  })

  test('older clients sign a nonce alone, which stops once and does nothing else', async () => {
    const bed = await start()
    const { id, owner } = await bed.owned()
    const by = bed.by(owner)
    const alone = async (nonce: string) => bed.signed(owner, nonce)
    const forReject = (await bed.owners.nonce({ txId: id })).nonce
    const stop = async (nonce: string) =>
      bed.killSwitch.activate(by, await bed.owners.wish('kill-switch', await alone(nonce)))
    expect(await codeOf(stop(forReject))).toBe('INVALID_NONCE')
    expect(await codeOf(stop('ab'.repeat(32)))).toBe('INVALID_NONCE')
    const { nonce, expiresAt } = await bed.owners.nonce({})
    expect(expiresAt).toBe(bed.clock.now() / 1000 + 300)
    // It may come as it is, or in base64.
    const raw = { ...ownerHeaders(owner.address, nonce, ''), ...(await owner.signs(nonce)), 'x-owner-message': nonce }
    const signed = (await bed.owners.authenticate(new Headers(raw)))!
    await bed.killSwitch.activate(by, await bed.owners.wish('kill-switch', signed))
    await bed.killSwitch.recover(operator)
    expect(await codeOf(stop(nonce))).toBe('INVALID_NONCE')
    const late = (await bed.owners.nonce({})).nonce
    bed.clock.pass(300)
    expect(await codeOf(stop(late))).toBe('INVALID_NONCE')
    await bed.lock()
    const again = (await bed.owners.nonce({})).nonce
    const recovered = async () => bed.killSwitch.recover(operator, await bed.owners.wish('recover', await alone(again)))
    expect(await codeOf(recovered())).toBe('INVALID_NONCE')
  })

  test('a locked daemon opens to the operator and an owner who had verified before it was stopped', async () => {
    const bed = await start()
    const { id, owner } = await bed.owned()
    const { recover } = bed.killSwitch
    await bed.lock()
    bed.clock.pass(3_600)
    expect(await codeOf(recover(operator))).toBe('OWNER_CONSENT_REQUIRED')
    // One whom the operator has found for it meanwhile is none.
    const late = await bed.owned()
    const found = await bed.wish(late.owner, late.id, 'recover')
    expect(await codeOf(recover(operator, found))).toBe('OWNER_CONSENT_REQUIRED')
    const wish = await bed.wish(owner, id, 'recover')
    expect(await recover(operator, wish)).toMatchObject({ state: 'ACTIVE' })
    await bed.lock()
    expect(await codeOf(recover(operator, wish))).toBe('INVALID_NONCE')
    const [told] = await bed.evidence('KILL_SWITCH_RECOVERED')
    expect(JSON.parse(told!.details!)).toEqual({ from: 'LOCKED', owner: owner.address })
  })

  test('an owner of the moment after, where there was none, makes nobody wait for less than a day', async () => {
    const bed = await start()
    await bed.lock()
    await bed.owned()
    bed.clock.pass(3_600)
    expect(await codeOf(bed.killSwitch.recover(operator))).toBe('OWNER_CONSENT_REQUIRED')
  })

  test('with lost keys it opens a day after the operator has asked, on the clock that is believed', async () => {
    const bed = await start()
    await bed.owned()
    const { startRecovery, recover } = bed.killSwitch
    expect(await codeOf(startRecovery(operator))).toBe('INVALID_STATE_TRANSITION')
    await bed.lock()
    const opensAt = bed.clock.now() / 1000 + DAY
    expect(await startRecovery(operator)).toEqual({ startedAt: opensAt - DAY, opensAt })
    bed.clock.pass(DAY - 1)
    // Asking again changes nothing, and tells nobody again.
    expect(await startRecovery(operator)).toMatchObject({ opensAt })
    expect(await bed.evidence('RECOVERY_STARTED')).toMatchObject([{ severity: 'critical', actor: 'operator' }])
    // A clock that jumps ahead shortens nothing.
    bed.clock.hold(DAY)
    expect(await codeOf(recover(operator))).toBe('INVALID_STATE_TRANSITION')
    bed.clock.pass(1)
    expect(await recover(operator)).toMatchObject({ state: 'ACTIVE' })
    // It opened once: the next lock takes a day of its own.
    await bed.lock()
    bed.clock.pass(DAY)
    expect(await codeOf(recover(operator))).toBe('OWNER_CONSENT_REQUIRED')
  })

  test('an owner stops a recovery, and the next one takes a day from its own beginning', async () => {
    const bed = await start()
    const { id, owner } = await bed.owned()
    const { startRecovery, cancelRecovery, recover } = bed.killSwitch
    await bed.lock()
    await startRecovery(operator)
    const told = () => bed.database.read(bed.killSwitch.recovering)
    expect(await told()).toEqual([
      expect.stringMatching(/runs since [\dTZ:-]+: .* from [\dTZ:-]+, unless an owner stops it/),
    ])
    bed.clock.pass(DAY - 60)
    const wrong = await bed.wish(owner, id, 'recover', 'cancel-recovery')
    expect(await codeOf(cancelRecovery(bed.by(owner), wrong))).toBe('INVALID_NONCE')
    const wish = await bed.wish(owner, id, 'cancel-recovery')
    await cancelRecovery(bed.by(owner), wish)
    expect(await told()).toEqual([])
    bed.clock.pass(60)
    expect(await codeOf(recover(operator))).toBe('OWNER_CONSENT_REQUIRED')
    expect((await startRecovery(operator)).opensAt).toBe(bed.clock.now() / 1000 + DAY)
    expect(await codeOf(cancelRecovery(bed.by(owner), wish))).toBe('INVALID_NONCE')
    const again = await bed.wish(owner, id, 'cancel-recovery')
    expect(await codeOf(cancelRecovery(bed.by(owner), again))).toBe('done')
    const nothing = await bed.wish(owner, id, 'cancel-recovery')
    expect(await codeOf(cancelRecovery(bed.by(owner), nothing))).toBe('INVALID_STATE_TRANSITION')
    expect(await bed.evidence('RECOVERY_CANCELLED')).toHaveLength(2)
  })
})

import { pairingOperations } from '@waiaas/contract'
import { expect, test } from 'vitest'
import {
  type Bed,
  openBed,
  operator,
  removeFoldersAfterEach,
  sharedKeys,
} from '../../../../test/support/feature-bed.ts'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'
import { JUMPS, jumpyMachine } from '../../../../test/support/jumpy-machine.ts'
import type { TestOwner } from '../../../../test/support/owners.ts'
import { madeUpAuthenticator, passkeyHeaders, sentBytes } from '../../../../test/support/passkeys.ts'
import { codeOf, ownedWallet, signedIn } from '../../test/owners-bed.ts'
import { challengeOf, relyingPartyOf } from './webauthn.ts'

const { keys } = sharedKeys()
removeFoldersAfterEach()
const ORIGIN = 'https://wallets.example.org'
const [MINUTE, DAY] = [60, 86_400]

async function passkeyOf(bed: Bed, { id, owner }: { id: string; owner: TestOwner }) {
  const device = madeUpAuthenticator(relyingPartyOf(ORIGIN)!)
  const { challenge } = await bed.owners.passkeyOptions(id)
  const input = { id, ...sentBytes(device.create(challenge)) }
  const { message } = await bed.owners.passkeyChallenge(input, ORIGIN)
  await bed.owners.addPasskey(input, await signedIn(bed, await owner.signs(message)))
  return (text: string) => passkeyHeaders(device.credentialId, text, device.get(challengeOf(text)))
}
const stopText = async (bed: Bed, walletId: string) =>
  (await bed.owners.actionChallenge({ action: 'kill-switch', walletId }, ORIGIN)).message

forEachEngine((engine, open, fresh) => {
  // No engine has a clock of its own here.
  const jumps = engine === 'sqlite' ? JUMPS : JUMPS.slice(0, 2)

  test.each(jumps)('what ends with time ends no later, and what begins with it no earlier, %s', async (_, jump) => {
    const location = await fresh()
    const machine = jumpyMachine()
    const first = await openBed(open, { keys: keys(), location, clock: machine.clock() })
    const { id, owner } = await ownedWallet(first)
    const device = await passkeyOf(first, { id, owner })
    const [text, forDevice] = [await stopText(first, id), await stopText(first, id)]
    const asked = await first.pairings.start({ name: 'Claude' }, '127.0.0.1')
    const taken = await first.pairings.start({ name: 'Codex' }, '127.0.0.1')
    const approve = (bed: Bed, code: string) =>
      bed.pairings.approve(
        pairingOperations.approvePairing.input.parse({ code, walletIds: [id], ttl: 7 * DAY }),
        operator,
      )
    await approve(first, taken.code)
    machine.run(MINUTE)

    jump(machine)
    const bed = await openBed(open, { keys: keys(), location, clock: machine.clock() })
    const word = async (headers: Record<string, string>) => codeOf(bed.owners.authenticate(new Headers(headers), ''))
    const answers = async () => [
      await word(await owner.signs(text)),
      await word(device(forDevice)),
      await codeOf(bed.pairings.show(asked.code)),
      await codeOf(bed.pairings.poll(taken)),
    ]
    const over = ['INVALID_NONCE', 'INVALID_NONCE', 'PAIRING_NOT_FOUND', 'PAIRING_EXPIRED']
    if (machine.isAhead()) expect(await answers()).toEqual(over)
    else {
      expect(await answers()).toEqual(['done', 'done', 'done', 'done'])
      // Their time is what the machine ran, whatever its clock says.
      machine.run(10 * MINUTE)
      expect(await answers()).toEqual(over)
    }
    // What is asked for now is good, and for as long as ever.
    const again = await stopText(bed, id)
    expect(await word(await owner.signs(again))).toBe('done')
    machine.run(5 * MINUTE + 1)
    expect(await word(await owner.signs(again))).toBe('INVALID_NONCE')
  })

  test.each(jumps)('a recovery takes a day of running time, %s', async (_, jump) => {
    const location = await fresh()
    const machine = jumpyMachine()
    const first = await openBed(open, { keys: keys(), location, clock: machine.clock() })
    await ownedWallet(first)
    machine.run(1)
    await first.killSwitch.activate(operator)
    await first.killSwitch.escalate(operator)
    await first.killSwitch.startRecovery(operator)
    machine.run(DAY / 2)

    jump(machine)
    const bed = await openBed(open, { keys: keys(), location, clock: machine.clock() })
    const recovered = () => codeOf(bed.killSwitch.recover(operator))
    expect(await recovered()).toBe('INVALID_STATE_TRANSITION')
    machine.run(DAY / 2 - MINUTE)
    expect(await recovered()).toBe('INVALID_STATE_TRANSITION')
    expect((await bed.killSwitch.view()).state).toBe('LOCKED')
    // A clock that went back stands still for as long.
    machine.run(MINUTE + machine.behind())
    expect(await recovered()).toBe('done')
  })
})

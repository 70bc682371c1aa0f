import { isFailure, operations } from '@waiaas/contract'
import { afterEach, expect, test } from 'vitest'
import { readKillSwitch } from '../../packages/daemon/src/killswitch/service.ts'
import { type MadeUpBed, madeUpBeds, madeUpKey } from '../../packages/daemon/test/made-up-bed.ts'
import { type Armed, interruptible } from '../../packages/daemon/test/noted.ts'
import { agent } from '../../packages/daemon/test/pipeline-bed.ts'
import { operator } from '../support/feature-bed.ts'
import { forEachEngine } from '../support/for-each-engine.ts'
import { type Buttons, buttonsOf } from '../support/stop-buttons.ts'
import { type StopDoors, stopDoors } from '../support/stop-doors.ts'
import { until } from '../support/until.ts'

type Payer = MadeUpBed['from']
/** A payment of a wallet of its own, whose other session and other wallet no stop of the first takes along. */
type Case = { readonly bed: MadeUpBed; readonly from: Payer; readonly spare: string; readonly to: string }
type Pressed = Case & { readonly on: Buttons; readonly id: string; doors(): Promise<StopDoors> }
type Button = {
  press(pressed: Pressed): Promise<unknown>
  undo?(pressed: Pressed): Promise<unknown>
  /** Its wallet signs no more, whoever asks. */
  readonly isLast?: true
  /** It needs the id of the payment, which is there once it is decided on. */
  readonly ofPayment?: true
}

const runAgain = ({ on, bed }: Pressed) => on.killSwitch.recover(operator).then(() => bed.service.stops.resume())
const goOn = ({ on, bed, from }: Pressed) =>
  on.walletService.resume(from.id, operator).then(() => bed.service.stops.resume(from.id))

const BUTTONS: Readonly<Record<string, Button>> = {
  'the kill switch': {
    press: ({ on }) => on.killSwitch.activate(operator),
    undo: runAgain,
  },
  'suspending its wallet': {
    press: ({ on, from }) => on.walletService.suspend(from.id, 'for a test', operator),
    undo: goOn,
  },
  'the kill switch, by the socket in the data directory': {
    press: async ({ doors }) => (await doors()).bySocket(operations.activateKillSwitch.path),
    undo: runAgain,
  },
  'suspending its wallet, by a stop token when the port is full': {
    press: async ({ doors, from }) => (await doors()).byToken(operations.suspendWallet.path.replace('{id}', from.id)),
    undo: goOn,
  },
  AutoStop: {
    press: ({ bed, from, id }) =>
      bed.stopper.diverged({ walletId: from.id, transactionId: id, cause: 'EFFECT_DIVERGED' }),
    undo: ({ bed, from }) => bed.wallets.resume(from.id, operator),
  },
  'revoking its session': { press: ({ on, from }) => on.sessionService.revoke(from.session, operator) },
  'taking the wallet from its session': {
    press: ({ on, from }) => on.sessionService.unlink(from.session, from.id, operator),
  },
  'cancelling it': {
    press: ({ bed, from, id }) =>
      bed.service.cancel(id, agent(from.session)).catch((error: unknown) => {
        // It says so where bytes have left before.
        if (!isFailure(error, 'TX_ALREADY_PROCESSED')) throw error
      }),
    ofPayment: true,
  },
  'ending its wallet': { press: ({ on, from }) => on.walletService.terminate(from.id, operator), isLast: true },
}

/** So many jobs of a payment there are until its bytes have left, and the one behind that. */
const JOBS = 7

forEachEngine((engine, open, fresh) => {
  // Where replicas share a database, they are the ones to look at.
  const names = engine === 'sqlite' ? Object.keys(BUTTONS) : ['the kill switch', 'revoking its session']
  const armed = new Map<string, Armed>()
  const beds = madeUpBeds(async (migrations, location) => interruptible(await open(migrations, location), armed))
  // Blocks come fast here, and nothing is to expire between them.
  const start = (options: Parameters<typeof beds>[0] = {}, node?: MadeUpBed['node']) =>
    beds({ ...options, expiry: false }, node)

  const opened = new Map<MadeUpBed, Promise<StopDoors>>()
  afterEach(async () => {
    for (const doors of opened.values()) await (await doors).close()
    opened.clear()
  })
  /** Opened where a stop comes through them, and then for all of its test. */
  function doorsTo(bed: MadeUpBed, on: Buttons): Promise<StopDoors> {
    const doors = opened.get(bed) ?? stopDoors(bed, on)
    opened.set(bed, doors)
    return doors
  }

  async function newCase(bed: MadeUpBed): Promise<Case> {
    const [from, other] = [await bed.wallet(), await bed.wallet()]
    await bed.limit(from.id, { instant_max_usd: 1_000, daily_limit_usd: 10_000 })
    await buttonsOf(bed).sessionService.link(from.session, other.id, operator)
    return { bed, from, spare: await bed.session(from.id), to: madeUpKey().address }
  }
  /** What of the wallet has reached the node, however often. */
  const arrivedOf = ({ bed, from }: Case) =>
    new Set(bed.node.sent.filter(({ sender }) => sender === from.address).map(({ hash }) => hash))
  /** The same without what fills a nonce that a stop has freed, which a wallet may do once it goes on. */
  const paidOf = ({ bed, from: { address } }: Case) =>
    new Set(
      bed.node.sent.filter(({ sender, body }) => sender === address && body.to !== address).map(({ hash }) => hash),
    )
  const epochOf = async ({ bed }: Case) => (await bed.database.read((db) => readKillSwitch(db, bed.held))).epoch
  const idOf = async ({ bed, to }: Case) =>
    (
      await bed.database.read((db) =>
        db.query<{ id: string }>((k) => k.selectFrom('transactions').select('id').where('to_address', '=', to)),
      )
    )[0]?.id

  /** A stop that is pressed in the middle of something, which goes on once it is decided; its answer comes when it comes. */
  function pressing(met: Case, button: Button, on = buttonsOf(met.bed)) {
    let answer: Promise<ReadonlySet<string>> | undefined
    const of = { ...met, on, id: '', doors: () => doorsTo(met.bed, on) }
    return {
      of,
      isPressed: () => answer !== undefined,
      /** What had reached the node when it was answered. */
      answer: () => answer!,
      async act(): Promise<void> {
        of.id = (await idOf(met)) ?? ''
        const before = await epochOf(met)
        const isDecided = async () =>
          button.ofPayment ? (await met.bed.row(of.id))!.status === 'CANCELLED' : (await epochOf(met)) > before
        answer = button.press(of).then(() => arrivedOf(met))
        await Promise.race([answer, until('the stop to be decided', isDecided, { everyMs: 5 })])
      },
    }
  }

  /** Nothing of it reached the node after the answer; what had is the whole truth, and the wallet goes on. */
  async function check(of: Pressed, button: Button, known: ReadonlySet<string>): Promise<void> {
    const { bed, id, to } = of
    if (button.undo) {
      expect(arrivedOf(of)).toEqual(known)
      await button.undo(of)
    }
    // What is asked for after it is signed after all that was under work at the stop.
    const { from, spare } = button.isLast ? await newCase(bed) : of
    const next = await bed.pay({ to: madeUpKey().address }, { ...from, session: spare })
    const hash = await bed.arrived(next)
    expect(paidOf(of)).toEqual(new Set(button.isLast ? known : [...known, hash]))
    await bed.mined(next, 'CONFIRMED')
    if (id === '') return
    const status = await bed.until(id, 'CANCELLED', 'CONFIRMED')
    expect([status, bed.node.balance(to)]).toEqual(known.size > 0 ? ['CONFIRMED', 1n] : ['CANCELLED', 0n])
  }

  /** Pays, and presses before one of the jobs of that. */
  async function meet(met: Case, button: Button, { left, on }: { left: number; on?: Buttons }): Promise<void> {
    const stop = pressing(met, button, on)
    armed.set(`wallet:${met.from.id}`, { left, act: stop.act })
    await met.bed.pay({ to: met.to }, met.from).catch((error: unknown) => {
      if (!isFailure(error)) throw error
    })
    await until(`job ${left}`, () => {
      met.bed.node.mine(1)
      return stop.isPressed()
    })
    await check(stop.of, button, await stop.answer())
  }

  test.each(names)('after the answer to %s nothing leaves, whatever step a payment is at', async (name) => {
    const [bed, button] = [await start(), BUTTONS[name]!]
    for (let left = button.ofPayment ? 1 : 0; left < JOBS; left++) await meet(await newCase(bed), button, { left })
  })

  test.each(names)('after the answer to %s the signature that the signer is making is never used', async (name) => {
    const [bed, button] = [await start(), BUTTONS[name]!]
    const met = await newCase(bed)
    const stop = pressing(met, button)
    bed.onSign(stop.act)
    await bed.pay({ to: met.to }, met.from)
    await until('the signer to be asked', stop.isPressed)
    const known = await stop.answer()
    expect(known.size).toBe(0)
    await check(stop.of, button, known)
  })

  test.each(names)('bytes that are on their way at %s count as left, and nothing follows them', async (name) => {
    const [bed, button] = [await start(), BUTTONS[name]!]
    const met = await newCase(bed)
    const gate = Promise.withResolvers<void>()
    bed.node.faults.sending = gate.promise
    const id = await bed.pay({ to: met.to }, met.from)
    await until('its bytes to be on their way', async () => (await bed.attempts(id))[0]?.left_at != null)
    const stop = pressing(met, button)
    await stop.act()
    const { status, txHash } = await bed.get(id)
    expect(status).toBe('SUBMITTED')
    bed.node.faults.sending = undefined
    gate.resolve()
    // This node cannot be cut off: the answer comes behind its own.
    expect([...(await stop.answer())].filter((hash) => hash !== txHash)).toEqual([])
    await button.undo?.(stop.of)
    expect(await bed.mined(id, 'CONFIRMED', 'CANCELLED', 'FAILED')).toBe('CONFIRMED')
    expect([...arrivedOf(met)]).toEqual([txHash])
  })

  // Replicas share a PostgreSQL database.
  if (engine === 'postgres')
    test('after the answer of one of two replicas the other, which works on it, lets nothing out', async () => {
      const location = await fresh()
      const bed = await start({ location })
      const second = await start({ location, limits: {} }, bed.node)
      for (const name of ['the kill switch', 'suspending its wallet', 'revoking its session'])
        for (let left = 1; left < JOBS; left++)
          await meet(await newCase(bed), BUTTONS[name]!, { left, on: buttonsOf(second) })
    })
})

import { isFailure, newId, operations } from '@waiaas/contract'
import { readKillSwitch } from '../../packages/daemon/src/killswitch/service.ts'
import { sessionStore } from '../../packages/daemon/src/sessions/store.ts'
import { transactionStore } from '../../packages/daemon/src/transactions/rows/store.ts'
import { walletStore } from '../../packages/daemon/src/wallets/store.ts'
import type { Armed } from '../../packages/daemon/test/noted.ts'
import { agent, type startPipeline } from '../../packages/daemon/test/pipeline-bed.ts'
import { operator } from './feature-bed.ts'
import { type Buttons, buttonsOf } from './stop-buttons.ts'
import { type StopDoors, stopDoors } from './stop-doors.ts'
import { until } from './until.ts'

type Bed = Awaited<ReturnType<typeof startPipeline>> & { readonly time: { passed: number; ahead: number } }
type Payer = Awaited<ReturnType<Bed['wallet']>>
/** A money path over some chain, whose jobs can be met by what is armed. */
export type Ground = {
  readonly bed: Bed
  readonly armed: Map<string, Armed>
  readonly limits: Record<string, unknown>
  /** At each job every door is tried, or one after the other. */
  readonly doors: 'every' | 'in turn'
  newAddress(): string
  mine(): unknown
  /** Gives a wallet what it pays with. */
  fund(address: string): unknown
  balance(address: string): bigint | Promise<bigint>
  /** Hashes of a sender that the node has; nothing of it is under work. */
  arrived(sender: string): Promise<ReadonlySet<string>>
  /** Those that count as left. */
  left(sender: string): Promise<ReadonlySet<string>>
}

/** What is asked of a wallet of its own, with what a stop in the middle of it knows. */
export type Met = {
  readonly ground: Ground
  readonly from: Payer
  /** A session of the wallet that nobody stops. */
  readonly spare: string
  readonly to: string
  /** Of its transaction, once it has one. */
  id: string
  /** What was signed for whoever asked. */
  signed?: unknown
}
export type Deed = {
  readonly stops: readonly StopName[]
  /** At least so many jobs of it are met. */
  readonly least: number
  /** Behind so many it is a payment like any other; undefined: all are tried that it has. */
  readonly most?: number
  /** Its bytes are put off by stops of others. */
  readonly isAlone?: true
  /** It goes on with the blocks. */
  readonly mines?: true
  /** All of it that comes before. */
  prepare?(met: Met): Promise<unknown>
  go(met: Met): Promise<unknown>
  /** A stop has nothing to meet any more. */
  isOver(met: Met): Promise<boolean>
}

type Stop = {
  readonly doors: readonly ((met: Met, on: Buttons, doors: StopDoors) => Promise<unknown>)[]
  isDecided(met: Met): Promise<boolean>
  undo?(met: Met, on: Buttons): Promise<unknown>
  /** It concerns all wallets, and is tried by itself. */
  readonly isForAll?: true
}
export type StopName = 'the kill switch' | 'suspending its wallet' | 'revoking its session' | 'cancelling it'

/** By the operator, by the socket in the data directory, and by a stop token when the port is full. */
const through = (pathOf: (met: Met) => string, method: 'POST' | 'DELETE' = 'POST'): Stop['doors'] => [
  (met, _, doors) => doors.bySocket(pathOf(met), method),
  (met, _, doors) => doors.byToken(pathOf(met), method),
]
const STOPS: Readonly<Record<StopName, Stop>> = {
  'the kill switch': {
    doors: [(_, on) => on.killSwitch.activate(operator), ...through(() => operations.activateKillSwitch.path)],
    isDecided: ({ ground: { bed } }) =>
      bed.database.read(async (db) => (await readKillSwitch(db, bed.held)).state !== 'ACTIVE'),
    undo: async ({ ground: { bed } }, on) => {
      await on.killSwitch.recover(operator)
      bed.service.stops.resume()
    },
    isForAll: true,
  },
  'suspending its wallet': {
    doors: [
      ({ from }, on) => on.walletService.suspend(from.id, 'for a test', operator),
      ...through(({ from }) => operations.suspendWallet.path.replace('{id}', from.id)),
    ],
    isDecided: ({ ground: { bed }, from }) =>
      bed.database.read(async (db) => (await walletStore.byId(db, from.id))?.status === 'SUSPENDED'),
    undo: async ({ ground: { bed }, from }, on) => {
      await on.walletService.resume(from.id, operator)
      bed.service.stops.resume(from.id)
    },
  },
  'revoking its session': {
    doors: [
      ({ from }, on) => on.sessionService.revoke(from.session, operator),
      ...through(({ from }) => operations.revokeSession.path.replace('{id}', from.session), 'DELETE'),
    ],
    isDecided: ({ ground: { bed }, from }) =>
      bed.database.read(async (db) => (await sessionStore.byId(db, from.session))?.revoked_at !== null),
  },
  'cancelling it': {
    doors: [
      ({ ground: { bed }, id, from }) =>
        bed.service.cancel(id, agent(from.session)).catch((error: unknown) => {
          // It says so where bytes have left before.
          if (!isFailure(error, 'TX_ALREADY_PROCESSED')) throw error
        }),
    ],
    isDecided: async ({ ground: { bed }, id }) =>
      (await bed.database.read((db) => transactionStore.byId(db, id)))?.status === 'CANCELLED',
  },
}

type Point = { readonly stop: StopName; readonly door: number; readonly left: number }
type Stopped = Met & {
  readonly point: Point
  /** How it came out for whoever asked. */
  asked: Promise<unknown>
  /** What counted as left when the stop was answered, and whether a signature was out; undefined where it met nothing. */
  answer?: Promise<{ known: ReadonlySet<string>; wasSigned: boolean }>
}

type Row = { id: string; status: string; wallet_id: string; to_address: string | null; tx_hash: string | null }
export const rowsOf = ({ ground: { bed }, from }: Met): Promise<Row[]> =>
  bed.database.read((db) =>
    db.query<Row>((k) =>
      k
        .selectFrom('transactions')
        .select(['id', 'status', 'wallet_id', 'to_address', 'tx_hash'])
        .where('wallet_id', '=', from.id)
        .orderBy('id'),
    ),
  )
const OPEN = ['PENDING', 'QUEUED', 'GAS_WAITING', 'EXECUTING', 'SUBMITTED']

async function newMet(ground: Ground): Promise<Met> {
  const from = await ground.bed.wallet()
  await ground.bed.limit(from.id, ground.limits)
  return { ground, from, spare: await ground.bed.session(from.id), to: ground.newAddress(), id: '' }
}
const going = (deed: Deed, met: Met) =>
  deed.go(met).then(
    (): unknown => undefined,
    (error: unknown) => error,
  )

/** So many jobs of the wallet a deed has. */
async function jobsOf(ground: Ground, deed: Deed): Promise<number> {
  const met = await newMet(ground)
  await deed.prepare?.(met)
  const most = 1_000
  const count: Armed = { left: most, act: async () => undefined }
  ground.armed.set(`wallet:${met.from.id}`, count)
  const asked = going(deed, met)
  await overOf(deed, [met])
  ground.armed.delete(`wallet:${met.from.id}`)
  const error = await asked
  if (error !== undefined) throw error
  return most - count.left
}

const overOf = (deed: Deed, mets: readonly Met[], isMet: (met: Met) => boolean = () => false) =>
  until(
    `each of ${mets.length} to be over`,
    async () => {
      if (deed.mines) await mets[0]?.ground.mine()
      for (const met of mets) if (!isMet(met) && !(await deed.isOver(met))) return false
      return true
    },
    { everyMs: 20 },
  )

/** Presses each of the stops in front of one of the jobs, and lifts it once it is answered. */
async function pressed(
  { ground, on, doors }: { ground: Ground; on: Buttons; doors: StopDoors },
  deed: Deed,
  points: readonly Point[],
): Promise<Stopped[]> {
  const mets: Stopped[] = []
  for (const point of points) mets.push({ ...(await newMet(ground)), point, asked: Promise.resolve() })
  await Promise.all(mets.map((met) => deed.prepare?.(met)))
  for (const met of mets) {
    const { doors: ways, isDecided } = STOPS[met.point.stop]
    const press = async () => {
      met.id = (await rowsOf(met)).at(-1)?.id ?? ''
      await ways[met.point.door]!(met, on, doors)
      const known = await ground.left(met.from.address)
      return { known, wasSigned: (await rowsOf(met)).some(({ status }) => status === 'SIGNED') }
    }
    const act = async () => {
      met.answer = press()
      // It may wait for what it has met, which goes on once it is decided.
      await Promise.race([met.answer, until('the stop to be decided', () => isDecided(met), { everyMs: 5 })])
    }
    ground.armed.set(`wallet:${met.from.id}`, { left: met.point.left, act })
  }
  for (const met of mets) met.asked = going(deed, met)
  await overOf(deed, mets, (met) => (met as Stopped).answer !== undefined)
  for (const met of mets) {
    ground.armed.delete(`wallet:${met.from.id}`)
    if (!met.answer) continue
    await met.answer
    // Whoever asks is told that it is stopped, before it is not any more.
    await met.asked
    await STOPS[met.point.stop].undo?.(met, on)
  }
  return mets
}

/** What is asked for after the stops is signed after all that was under work at them: then all that is going to leave has left. */
async function payNext(ground: Ground, mets: readonly Stopped[]): Promise<Map<Stopped, string>> {
  const { bed } = ground
  const nexts = new Map<Stopped, string>()
  for (const met of mets) {
    // What is out has a nonce that others wait for.
    if ((await met.answer)!.wasSigned) continue
    await ground.fund(met.from.address)
    const request = { to: ground.newAddress(), amount: '1' }
    nexts.set(met, (await bed.send({ ...met.from, session: met.spare }, request, newId())).transactionId)
  }
  await until(
    'all that follows to land',
    async () => {
      await ground.mine()
      for (const [met, next] of nexts) {
        const rows = await rowsOf(met)
        const { status } = rows.find(({ id }) => id === next)!
        if (!['CONFIRMED', ...OPEN].includes(status)) throw new Error(`expected ${next} to land, it is ${status}`)
        if (rows.some((row) => OPEN.includes(row.status))) return false
      }
      return true
    },
    { everyMs: 100 },
  )
  return nexts
}

/** What went wrong at a stop, in words; nothing where it held. */
async function faultsOf(met: Stopped, next: string): Promise<string[]> {
  const { ground, from, to, point } = met
  const { known, wasSigned } = (await met.answer)!
  const error = await met.asked
  const rows = await rowsOf(met)
  const after = rows.find(({ id }) => id === next)!.tx_hash
  const late = [...(await ground.arrived(from.address))].filter((hash) => hash !== after && !known.has(hash))
  const isPaid = (await ground.balance(to)) > 0n
  const hasLanded = rows.some((row) => row.to_address?.toLowerCase() === to.toLowerCase() && row.status === 'CONFIRMED')
  const faults = [
    late.length > 0 && `${late.length} left after the answer`,
    met.signed !== undefined && !wasSigned && 'a signature was given after the answer',
    isPaid !== hasLanded && `it is ${rows.map(({ status }) => status).join()}, and was ${isPaid ? '' : 'not '}paid`,
    error !== undefined && !isFailure(error) && `it broke: ${error}`,
  ]
  const where = `${point.stop}, door ${point.door}, before job ${point.left}`
  return faults.flatMap((fault) => (fault === false ? [] : [`${where}: ${fault}`]))
}

function pointsAt(ground: Ground, stop: StopName, left: number): Point[] {
  const { doors, isForAll } = STOPS[stop]
  const all = doors.map((_, door) => ({ stop, door, left }))
  return ground.doors === 'every' && !isForAll ? all : [all[left % all.length]!]
}

/**
 * Tries each stop of a deed, over its doors, before each of its jobs, and lifts it again; what went wrong, in words. A
 * stop takes the locks that these jobs take: in the middle of one it waits for its end.
 */
export async function freezeFaults(ground: Ground, deed: Deed): Promise<string[]> {
  const on = buttonsOf(ground.bed)
  const doors = await stopDoors(ground.bed, on)
  try {
    const jobs = deed.most ?? (await jobsOf(ground, deed))
    const lefts = Array.from({ length: jobs }, (_, left) => left)
    const points = deed.stops.flatMap((stop) => lefts.flatMap((left) => pointsAt(ground, stop, left)))
    const scene = { ground, on, doors }
    const isAlone = ({ stop }: Point) => deed.isAlone ?? STOPS[stop].isForAll ?? false
    const together = points.filter((point) => !isAlone(point))
    const mets = await pressed(scene, deed, together)
    for (const point of points) if (isAlone(point)) mets.push(...(await pressed(scene, deed, [point])))
    const unmet = mets.filter(({ answer, point }) => !answer && point.left < deed.least)
    const tried = mets.filter(({ answer }) => answer)
    const nexts = await payNext(ground, tried)
    const found = await Promise.all([...nexts].map(([met, next]) => faultsOf(met, next)))
    return [
      ...(jobs < deed.least ? [`expected ${deed.least} jobs, found ${jobs}`] : []),
      ...unmet.map(({ point }) => `${point.stop} met nothing before job ${point.left}`),
      ...found.flat(),
    ]
  } finally {
    await doors.close()
  }
}

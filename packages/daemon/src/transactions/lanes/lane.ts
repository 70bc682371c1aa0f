import { Failure, isFailure, parseBase } from '@waiaas/contract'
import type { Chain } from '../../chains/chain.ts'
import type { Sent } from '../../chains/follow.ts'
import type { Scope } from '../../platform/db/database.ts'
import { assetsOf } from '../deciding/judgement.ts'
import { withoutDear } from '../gas/hold.ts'
import { type Parts, scopeOf } from '../job.ts'
import type { AttemptRow } from '../rows/attempt-store.ts'
import { decisionOf, effectsOf } from '../rows/readings.ts'
import { readyStore } from '../rows/ready-store.ts'
import type { TransactionRow } from '../rows/store.ts'
import { isOpen } from '../switches.ts'
import { type Broadcaster, broadcaster, type Outgoing, type Send } from './broadcaster.ts'
import type { Issued } from './build.ts'
import { hasPriceMoved, isJudgedAgain } from './decision-age.ts'
import { fillGaps, hasGap } from './gap-fill.ts'
import { behindIt, freeBelow, leftToCaller } from './given-nonce.ts'
import { issue } from './issue.ts'
import { laneId } from './lane-id.ts'
import { type Lease, lease } from './lease.ts'
import { sendWhatMay } from './leave.ts'
import { nextOnChain } from './nonces.ts'
import { prepare } from './prepare.ts'
import { type PutOff, putOffs } from './put-off.ts'
import { type Recorded, record, requireReplacement } from './record.ts'
import { inFlight, newestOfNonce, type Wanted } from './replace.ts'
import { type Replacements, replacements } from './replacements.ts'
import { type LaneContext, type LaneJob, LeaseLost } from './round.ts'
import { withSeal } from './sealing.ts'
import { laneSigning } from './signing.ts'
import { takeOver } from './take-over.ts'
import { refusalText, type WaitReasons, waitReasons } from './wait-reasons.ts'

const ROUND = 64
/** After a round that failed the next one waits, longer each time. */
const REST_LEAST_MS = 250
const REST_MOST_MS = 15_000
/** The most by which a Solana compute unit limit is raised; the fee cap covers it. */
const VARIATIONS = 10_000

export type LaneEvents = {
  /** Signed bytes of this lane exist; their fate is to be watched. */
  onRecorded(rows: readonly AttemptRow[]): void
}

/** Signs and sends for one address on one network: rounds of requests in order, at most `window` attempts without a block. */
export class Lane {
  readonly id: string
  /** The live wallet with this address; another one than before when a key was imported again. */
  walletId: string
  /** Signed and not final. */
  readonly live = new Map<string, AttemptRow>()
  readonly #parts: Parts
  #chain: Chain
  readonly #address: string
  readonly #events: LaneEvents
  readonly #out: Broadcaster
  readonly #replacements: Replacements
  #running: Promise<void> | undefined
  #isKicked = false
  #isHalted = false
  /** Zero after a round that went well; `#restUntil` is on the monotonic clock. */
  #restMs = 0
  #restUntil = 0
  readonly lease: Lease
  readonly #sign: ReturnType<typeof laneSigning>
  /** Why its transactions wait. */
  readonly reasons: WaitReasons
  /** What nodes said about signed bytes that they refused, by transaction; to be noted. */
  readonly #refusals = new Map<string, string>()
  readonly #putOff: PutOff
  /** How many attempts may be without a block: fewer after a node refused some. */
  #capacity: number
  /** Not zero, so that a quick restart under one blockhash does not repeat a signature. */
  #variation = Math.floor(Math.random() * VARIATIONS)

  constructor(parts: Parts, { chain, wallet }: Pick<LaneContext, 'chain' | 'wallet'>, events: LaneEvents) {
    this.id = laneId(chain.network.id, wallet.address)
    this.walletId = wallet.id
    this.#parts = parts
    this.#chain = chain
    this.#address = wallet.address
    this.#events = events
    this.#capacity = chain.network.window
    this.#putOff = putOffs(chain.network)
    const scope = () => this.#scope([])
    this.lease = lease(parts, { id: this.id, network: chain.network.id, walletId: () => this.walletId, scope })
    this.#sign = laneSigning(parts, this.id)
    this.reasons = waitReasons(parts, { id: this.id, scope, fence: this.lease.fence })
    this.#replacements = replacements(parts, {
      ...{ id: this.id, address: this.#address, live: this.live, reasons: this.reasons },
      chain: () => this.#chain,
      scope: (rows) => this.#scope(rows),
      job: (locks, fn) => this.#job(locks, fn),
      refreshPrices: (rows) => this.#refreshPrices(rows),
      sign: (issued, locks) => this.#signAndRecord(issued, locks),
      notNow: () => this.#notNow(),
    })
    this.#out = broadcaster({
      network: chain.network,
      chain: () => parts.chain(chain.network.id),
      log: parts.log,
      leaving: (batch, send) => this.#leaving(batch, send),
      onRefused: (row, sent) => this.#refused(row, sent),
    })
  }

  /** There may be something to sign. */
  kick(): void {
    this.#isKicked = true
    if (!this.#replacements.isAsked() && performance.now() < this.#restUntil) return
    this.#running ??= this.#work()
  }

  /** Outbids a signed transaction on its nonce: with itself, or with nothing. The new hash, once its bytes are recorded. */
  replace(wanted: Wanted): Promise<string> {
    const hash = this.#replacements.ask(wanted)
    this.kick()
    return hash
  }

  /** Looks after an attempt that finds no block, takes up again what failed, and keeps what it watches. */
  nudge(): void {
    if (this.#running) return
    const isLapsing = this.live.size > 0 && this.lease.isDue()
    if (isLapsing || this.#restMs > 0 || this.#replacements.isDue()) this.kick()
  }

  /** Another process holds it, which signs, sends and watches what there is. Or nobody does. */
  lost(): void {
    this.lease.drop()
    this.live.clear()
    this.kick()
  }

  /** An attempt's fate changed. */
  changed(row: AttemptRow): void {
    if (row.state === 'issued' || row.state === 'recorded' || row.state === 'included') {
      this.live.set(row.id, row)
      return
    }
    this.live.delete(row.id)
    this.#replacements.forget(row)
    this.#out.forget(row.id)
    this.#capacity = Math.min(this.#chain.network.window, this.#capacity + 1)
  }

  /** Which attempts the nodes are just being given. */
  leaving(): ReadonlySet<string> {
    return this.#out.leaving()
  }

  /** Sends again what the chain does not know; after a start that may be what was never sent. */
  resend(rows: readonly AttemptRow[]): void {
    if (this.#isHalted) return
    const newest = new Set(newestOfNonce([...this.live.values()]).map(({ id }) => id))
    this.#out.repeat(
      rows
        .filter(({ id }) => newest.has(id))
        .flatMap((row) => (row.signed ? [{ row, bytes: Buffer.from(row.signed, 'base64') }] : [])),
    )
  }

  /** A stop: nothing is sent any more when this resolves, and what is being signed will not be recorded. */
  async halt(): Promise<void> {
    this.#isHalted = true
    await this.#out.halt()
  }

  resume(): void {
    this.#isHalted = false
    this.kick()
  }

  /** What was on its way at the call is over when this resolves. */
  quiet(): Promise<void> {
    return this.#out.quiet()
  }

  /** The end of the process: the present round is finished and sent. */
  async stop(): Promise<void> {
    this.#isKicked = false
    await this.#running
    this.#isHalted = true
    await this.#out.settled()
  }

  async #work(): Promise<void> {
    // Never over before `kick` has noted that it runs: a halted lane ends at once.
    await Promise.resolve()
    try {
      // Its endpoints may have been changed, and those of before are closed.
      this.#chain = await this.#parts.chain(this.#chain.network.id)
      // Held while it is halted too: what has left is watched.
      while (this.#isKicked && (await this.#hold()) && !this.#isHalted) {
        this.#isKicked = false
        if (await this.#round()) this.#isKicked = true
        await this.reasons.lane('signing', undefined)
      }
      this.#restMs = 0
    } catch (error) {
      if (error instanceof LeaseLost) this.lost()
      else await this.#rest(error)
    } finally {
      this.#replacements.refuseAll()
      this.#running = undefined
    }
  }

  async #rest(error: unknown): Promise<void> {
    this.lease.doubt()
    this.#restMs = Math.min(REST_MOST_MS, Math.max(REST_LEAST_MS, 2 * this.#restMs))
    this.#restUntil = performance.now() + this.#restMs
    this.#parts.log.warn({ lane: this.id, err: error, restMs: this.#restMs }, 'a round failed; it is tried again')
    await this.reasons.lane(
      'signing',
      isFailure(error) ? error.message : 'signing failed, the log of the daemon says why',
    )
  }

  #notNow(): Failure {
    if (this.#isHalted) return new Failure('WALLET_SUSPENDED', 'signing is stopped')
    return new Failure('CHAIN_ERROR', 'this lane cannot sign now, or another replica signs for it; ask again')
  }

  async #leaving(batch: readonly Outgoing[], send: Send): Promise<void> {
    const lane = { id: this.id, walletId: this.walletId, fence: this.lease.fence() }
    const moved = await sendWhatMay(this.#parts, { lane, batch }, send).catch((error) => {
      if (!(error instanceof LeaseLost)) throw error
      this.lost()
      return []
    })
    for (const row of moved) this.changed(row)
    const refusals = new Map(this.#refusals)
    this.#refusals.clear()
    await this.reasons.transactions(refusals)
    // A nonce may be free, and a transaction waits to be judged again; or a node has named the price that it wants.
    if (moved.length > 0 || this.#replacements.isDue()) this.kick()
  }

  async #round(): Promise<boolean> {
    await this.#replacements.carryOut()
    const waiting = inFlight(this.live.values())
    const count = await this.#room(waiting.length)
    if (count <= 0) return false
    const { open, found, rows, judged } = await this.#next(count)
    if (!open) return false
    if (rows.length === 0) return fillGaps(this.#parts, this.#context())
    const cheap = await withoutDear(this.#parts, this.#context(), rows)
    if (cheap.length < rows.length) return true
    const promised = waiting.map(({ hash, nonce, cost }) => ({ hash, nonce, cost: parseBase(cost) }))
    // Inputs of judgements are read before the job that judges, which waits for nobody.
    const [{ fresh, waiting: unclear }, chainNonce] = await Promise.all([
      prepare(this.#parts, this.#context(), { rows, judged, promised, putOff: this.#putOff }),
      waiting.length === 0 ? nextOnChain(this.#parts, this.#context()) : undefined,
      this.#refreshPrices(rows.filter(({ id }) => judged.has(id))),
    ])
    this.#putOff.off(unclear.keys())
    await this.reasons.transactions(unclear)
    if (fresh.size === 0) return true
    const anchor = await this.#chain.expiry?.anchor()
    const scope = this.#scope(rows)
    const { issued, lacking } = await this.#job(scope, (job) =>
      issue(job, { rows, fresh, judged, among: found, chainNonce, ...(anchor && { anchor }) }),
    )
    this.#putOff.off(lacking)
    if (issued.length > 0) await this.#signAndRecord(issued, scope)
    return issued.length > 0 && rows.length === count
  }

  /** For how many more there is room. What takes a free nonce needs none: those that wait for a block wait for it. */
  async #room(waiting: number): Promise<number> {
    const room = Math.min(ROUND, this.#capacity - waiting)
    return room <= 0 && (await hasGap(this.#parts, this.#context())) ? 1 : room
  }

  /** Whether anything may be signed now, and the next requests: how many were looked at, those to be signed, and which of them are judged again before. */
  async #next(count: number) {
    this.#putOff.wake()
    const { database, switches, clock, prices } = this.#parts
    const given = leftToCaller(this.live.values())
    const { open, ready, version, room } = await database.read(async (db) => ({
      open: await isOpen(this.#parts, db, this.walletId),
      ready: await readyStore.next(db, {
        lane: this.id,
        wallet: this.walletId,
        count: count + this.#putOff.count(),
      }),
      version: await switches.policyVersion(db, this.walletId),
      room: given ? await freeBelow(db, given) : count,
    }))
    const next = ready.filter(({ id }) => !this.#putOff.isOff(id)).slice(0, count)
    const rows = next.slice(0, room)
    if (given) await this.#holdBack(next.slice(room), behindIt(given))
    const { network } = this.#chain
    const judged = rows.filter(
      (row) => isJudgedAgain(row, { version, clock }) || hasPriceMoved(row, network, prices.current),
    )
    return { open, found: ready.length, rows, judged: new Set(judged.map(({ id }) => id)) }
  }

  async #holdBack(rows: readonly TransactionRow[], reason: string): Promise<void> {
    this.#putOff.off(rows.map(({ id }) => id))
    await this.reasons.transactions(new Map(rows.map(({ id }) => [id, reason])))
  }

  #refreshPrices(rows: readonly TransactionRow[]): Promise<void> | undefined {
    if (rows.length === 0) return undefined
    return this.#parts.prices.refresh(this.#chain.network, [...new Set(rows.flatMap(assetsIn))])
  }

  async #signAndRecord(issued: readonly Issued[], scope: Scope): Promise<Recorded[]> {
    const signed = await this.#sign({ chain: this.#chain, walletId: this.walletId }, issued).catch(this.#putInOrder)
    const recorded = await withSeal(this.#parts, issued, (seal) =>
      this.#job(scope, (job) => record(job, issued, { ...signed, seal })),
    ).catch(this.#putInOrder)
    // Not inside the job, which a database may run twice.
    for (const outcome of signed.outcomes) if ('signature' in outcome) outcome.signature.fill(0)
    for (const { row } of recorded) this.live.set(row.id, row)
    this.#events.onRecorded(recorded.map(({ row }) => row))
    if (!this.#isHalted) this.#out.push(recorded.flatMap(({ row, bytes }) => (bytes ? [{ row, bytes }] : [])))
    // A nonce became free that the others may wait for.
    if (recorded.length < issued.length) this.#isKicked = true
    requireReplacement(this.#context(), issued, signed)
    return recorded
  }

  /** Nothing of what was issued is signed: it is made anew, and what it held beyond that is free, before the next round. */
  readonly #putInOrder = (error: unknown): never => {
    this.lease.doubt()
    this.#isKicked = true
    throw error
  }

  #wallet() {
    return { id: this.walletId, address: this.#address }
  }

  #context(): LaneContext {
    return {
      id: this.id,
      chain: this.#chain,
      wallet: this.#wallet(),
      fence: this.lease.fence(),
      nextVariation: () => {
        this.#variation = (this.#variation + 1) % VARIATIONS
        return this.#variation
      },
    }
  }

  #job<T>(scope: Scope, fn: (job: LaneJob) => Promise<T>): Promise<T> {
    return this.#parts.database.work(scope, (db) => fn({ parts: this.#parts, lane: this.#context(), db }))
  }

  #scope(rows: readonly { session_id: string | null }[]): Scope {
    return scopeOf(this.walletId, rows)
  }

  /** Takes or keeps the right to sign for this lane; after taking it, puts the lane in order. */
  async #hold(): Promise<boolean> {
    const held = await this.lease.hold()
    if (held === 'taken') await this.#startUp()
    return held !== 'elsewhere'
  }

  /** What an earlier holder left: attempts without recorded bytes never left and are made anew; the rest is watched. */
  async #startUp(): Promise<void> {
    await this.#chain.connect()
    const chainNonce = await nextOnChain(this.#parts, this.#context())
    const rows = await this.#job(this.#scope([]), (job) => takeOver(job, chainNonce))
    this.live.clear()
    for (const row of rows) this.live.set(row.id, row)
    this.#events.onRecorded(rows)
  }

  #refused(row: AttemptRow, sent: Extract<Sent, { outcome: 'refused' }>): void {
    this.#parts.log.warn(
      { lane: this.id, attempt: row.id, reason: sent.reason, answer: sent.message },
      'a node refused signed bytes',
    )
    if (sent.reason === 'pool-full' || sent.reason === 'nonce-gap')
      this.#capacity = Math.max(1, Math.floor(this.#capacity / 2))
    if (sent.reason === 'underpriced') this.#replacements.refused(row, sent)
    // Somebody else used the nonce: the lane is put in order before the next round.
    if (sent.reason === 'nonce-used') this.lease.doubt()
    this.#refusals.set(row.transaction_id, refusalText(sent))
  }
}

/** None of a damaged row, which fails alone when it is judged. */
function assetsIn(row: TransactionRow): string[] {
  try {
    // Of a plan, what its other steps move too: they are judged with it.
    const others = row.plan_id === null ? [] : Object.keys(decisionOf(row).inputs.prices)
    return [...assetsOf(effectsOf(row)), ...others]
  } catch {
    return []
  }
}

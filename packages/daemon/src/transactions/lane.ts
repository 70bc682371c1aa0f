import { Failure, isFailure } from '@waiaas/contract'
import type { Chain, Draft, Lifetime, Promised, Sent } from '../chains/chain.ts'
import type { Scope } from '../platform/db/database.ts'
import { type AttemptRow, attemptStore } from './attempt-store.ts'
import { fillGaps } from './gap-fill.ts'
import { intentOf } from './intent.ts'
import { type Issued, issue, type LaneContext, LeaseLost, type Recorded, record } from './issue.ts'
import { sendWhatMay } from './leave.ts'
import { laneId, type Parts } from './parts.ts'
import { type By, newestOfNonce, type Replacement, replace, replacing } from './replace.ts'
import { type Outgoing, type Send, type Sender, sender } from './sender.ts'
import { type Ending, endUnsent } from './stops.ts'
import { type TransactionRow, transactionStore } from './store.ts'
import { takeOver } from './take-over.ts'

const ROUND = 64
const LEASE_MS = 15_000
const LEASE_MARGIN_MS = 5_000
/** Without a block for this long, and for this many blocks, an attempt is outbid. */
const STUCK_MS = 60_000
const STUCK_BLOCKS = 10
/** After a round that failed the next one waits, longer each time. */
const REST_LEAST_MS = 250
const REST_MOST_MS = 15_000
/** The most by which a Solana compute unit limit is raised; the fee cap covers it. */
const VARIATIONS = 10_000

type Asked = {
  transactionId: string
  purpose: Replacement
  by: By
  resolve: (hash: string) => void
  reject: (error: unknown) => void
}

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
  readonly #out: Sender
  readonly #asked: Asked[] = []
  #running: Promise<void> | undefined
  #isKicked = false
  #isHalted = false
  /** Zero after a round that went well; `#restUntil` is on the monotonic clock. */
  #restMs = 0
  #restUntil = 0
  /** Attempts that were tried to outbid already. */
  readonly #leftAlone = new Set<string>()
  #lease: { fence: number; until: number } | undefined
  #room: number
  /** Not zero, so that a quick restart under one blockhash does not repeat a signature. */
  #variation = Math.floor(Math.random() * VARIATIONS)

  constructor(parts: Parts, chain: Chain, wallet: { id: string; address: string }, events: LaneEvents) {
    this.id = laneId(chain.network.id, wallet.address)
    this.walletId = wallet.id
    this.#parts = parts
    this.#chain = chain
    this.#address = wallet.address
    this.#events = events
    this.#room = chain.network.window
    this.#out = sender({
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
    if (this.#asked.length === 0 && performance.now() < this.#restUntil) return
    this.#running ??= this.#work()
  }

  /** Outbids a signed transaction on its nonce: with itself, or with nothing. The new hash, once its bytes are recorded. */
  replace(transactionId: string, purpose: Replacement, by: By): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#asked.push({ transactionId, purpose, by, resolve, reject })
      this.kick()
    })
  }

  /** Looks after an attempt that finds no block, and takes up again what failed. */
  nudge(): void {
    if (!this.#running && (this.#restMs > 0 || this.#stuck())) this.kick()
  }

  /** An attempt's fate changed. */
  changed(row: AttemptRow): void {
    if (row.state === 'issued' || row.state === 'recorded' || row.state === 'included') {
      this.live.set(row.id, row)
      return
    }
    this.live.delete(row.id)
    this.#leftAlone.delete(row.id)
    this.#out.forget(row.id)
    this.#room = Math.min(this.#chain.network.window, this.#room + 1)
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

  /** What was on its way, or waited to be sent, at the call is over when this resolves. */
  quiet(): Promise<void> {
    return this.#out.settled()
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
      while (this.#isKicked && !this.#isHalted && (await this.#hold())) {
        this.#isKicked = false
        if (await this.#round()) this.#isKicked = true
      }
      this.#restMs = 0
    } catch (error) {
      this.#lease = undefined
      if (!(error instanceof LeaseLost)) this.#rest(error)
    } finally {
      // Nobody waits for a lane that has stopped working.
      for (const { reject } of this.#asked.splice(0)) reject(this.#notNow())
      this.#running = undefined
    }
  }

  #rest(error: unknown): void {
    this.#restMs = Math.min(REST_MOST_MS, Math.max(REST_LEAST_MS, 2 * this.#restMs))
    this.#restUntil = performance.now() + this.#restMs
    this.#parts.log.warn({ lane: this.id, err: error, restMs: this.#restMs }, 'a round failed; it is tried again')
  }

  #notNow(): Failure {
    if (this.#isHalted) return new Failure('WALLET_SUSPENDED', 'signing is stopped')
    return new Failure('CHAIN_ERROR', 'this lane cannot sign now, or another replica signs for it; ask again')
  }

  async #leaving(batch: readonly Outgoing[], send: Send): Promise<void> {
    const scope = this.#scope(batch.map(({ row }) => row))
    const moved = await sendWhatMay(this.#parts, { id: this.id, walletId: this.walletId, scope }, batch, send)
    for (const row of moved) this.changed(row)
    // A nonce may be free, and a transaction waits to be judged again.
    if (moved.length > 0) this.kick()
  }

  async #round(): Promise<boolean> {
    for (const asked of this.#asked.splice(0)) await this.#answer(asked)
    await this.#outbidStuck()
    const waiting = newestOfNonce([...this.live.values()].filter((row) => row.state === 'recorded'))
    const count = Math.min(ROUND, this.#room - waiting.length)
    if (count <= 0) return false
    const rows = await this.#parts.database.read((db) => transactionStore.ready(db, this.id, count))
    if (rows.length === 0) return fillGaps(this.#parts, this.#chain, { id: this.id, wallet: this.#wallet() })
    const promised = waiting.map(({ hash, nonce, cost }) => ({ hash, nonce, cost: BigInt(cost) }))
    const fresh = await this.#prepare(rows, promised)
    if (fresh.size === 0) return true
    const anchor: Lifetime = this.#chain.sequenced ? {} : await this.#chain.anchor()
    const scope = this.#scope(rows)
    const issued = await this.#parts.database.work(scope, (db) =>
      issue(this.#parts, this.#context(), db, { fresh, anchor, among: rows.length }),
    )
    if (issued.length > 0) await this.#signAndRecord(issued, scope)
    return issued.length > 0 && rows.length === count
  }

  async #answer({ transactionId, purpose, by, resolve, reject }: Asked): Promise<void> {
    try {
      resolve(await this.#replace(transactionId, purpose, by))
    } catch (error) {
      if (!(error instanceof LeaseLost)) return reject(error)
      reject(this.#notNow())
      throw error
    }
  }

  /** The attempt that all others wait for, when it has found no block for long and was not outbid yet. */
  #stuck(): AttemptRow | undefined {
    if (!this.#chain.sequenced) return undefined
    const waiting = newestOfNonce([...this.live.values()].filter((row) => row.state === 'recorded'))
    const head = waiting.reduce<AttemptRow | undefined>(
      (first, row) => (first && first.nonce! < row.nonce! ? first : row),
      undefined,
    )
    const patience = Math.max(STUCK_MS, STUCK_BLOCKS * this.#chain.network.blockMs)
    const isStuck = head && this.#parts.clock.now() - head.updated_at >= patience && !this.#leftAlone.has(head.id)
    return isStuck ? head : undefined
  }

  async #outbidStuck(): Promise<void> {
    const head = this.#stuck()
    if (!head) return
    this.#leftAlone.add(head.id)
    try {
      await this.#replace(head.transaction_id, head.purpose === 'cancel' ? 'cancel' : 'speed-up', { actor: 'system' })
    } catch (error) {
      if (!isFailure(error)) throw error
      this.#parts.log.warn(
        { lane: this.id, transaction: head.transaction_id, reason: error.message },
        'a stuck transaction keeps waiting',
      )
    }
  }

  async #replace(transactionId: string, purpose: Replacement, by: By): Promise<string> {
    const { row, newest } = await this.#parts.database.read(async (db) => ({
      row: await transactionStore.byId(db, transactionId),
      newest: (await attemptStore.ofTransaction(db, transactionId)).findLast(({ state }) => state === 'recorded'),
    }))
    if (!row || !newest || newest.nonce === null) {
      throw new Failure('TX_ALREADY_PROCESSED', `the transaction is ${row?.status ?? 'gone'}`, {
        details: { status: row?.status },
      })
    }
    const outbid: Draft = { body: newest.draft, maxFee: BigInt(newest.max_fee) }
    const draft = await this.#chain.draft(this.#address, replacing(row, purpose), outbid)
    const scope = this.#scope([row])
    const issued = await this.#parts.database.work(scope, (db) =>
      replace(this.#parts, this.#context(), db, { transactionId, purpose, draft, by }),
    )
    const [recorded] = await this.#signAndRecord([issued], scope)
    if (!recorded?.row.hash) throw new Failure('TX_ALREADY_PROCESSED', 'the transaction moved on while it was replaced')
    return recorded.row.hash
  }

  async #signAndRecord(issued: readonly Issued[], scope: Scope): Promise<Recorded[]> {
    const outcomes = await this.#parts.gate.sign(this.#chain.signKind, await this.#parts.key(this.walletId), issued)
    const recorded = await this.#parts.database.work(scope, (db) =>
      record(this.#parts, this.#context(), db, issued, outcomes),
    )
    // Not inside the job, which a database may run twice.
    for (const outcome of outcomes) if ('signature' in outcome) outcome.signature.fill(0)
    for (const { row } of recorded) this.live.set(row.id, row)
    this.#events.onRecorded(recorded.map(({ row }) => row))
    if (!this.#isHalted) this.#out.push(recorded)
    // A nonce became free that the others may wait for.
    if (recorded.length < issued.length) this.#isKicked = true
    return recorded
  }

  /** Drafts that would succeed now. What cannot be paid for ends here, before anything is signed. */
  async #prepare(rows: readonly TransactionRow[], promised: readonly Promised[]): Promise<Map<string, Draft>> {
    const built = await Promise.allSettled(rows.map((row) => this.#currentDraft(row)))
    const drafted: { row: TransactionRow; draft: Draft }[] = []
    const unbuilt: unknown[] = []
    for (const [index, result] of built.entries()) {
      const row = rows[index]!
      if (result.status === 'fulfilled') drafted.push({ row, draft: result.value })
      else if (isFailure(result.reason) && result.reason.code !== 'CHAIN_ERROR') await this.#fail(row, result.reason)
      else unbuilt.push(result.reason)
    }
    // Those that no node can build now wait; the others go on without them.
    if (unbuilt.length === rows.length) throw unbuilt[0]
    if (unbuilt.length > 0) this.#parts.log.warn({ lane: this.id, err: unbuilt[0] }, 'a request cannot be built now')
    const drafts = drafted.map(({ draft }) => draft)
    const faults = await this.#chain.precheck(this.#address, drafts, promised)
    const fresh = new Map<string, Draft>()
    for (const [index, { row, draft }] of drafted.entries()) {
      const fault = faults[index]
      if (fault) await this.#fail(row, fault)
      else fresh.set(row.id, draft)
    }
    return fresh
  }

  async #fail(row: TransactionRow, { code, message }: { code: string; message: string }): Promise<void> {
    const ending: Ending = { to: 'FAILED', code, error: message, actor: 'system' }
    await this.#parts.database.work(this.#scope([row]), (db) => endUnsent(this.#parts, db, row, ending))
  }

  /** What waited may have been priced long ago; an approval keeps the highest fee that was shown. */
  async #currentDraft(row: TransactionRow): Promise<Draft> {
    const stored: Draft = { body: row.draft!, maxFee: BigInt(row.max_fee!) }
    // Without a nonce there is no replacing, and accounts that appear meanwhile would change the effects.
    if (!this.#chain.sequenced || (row.served_delay === 0 && row.approved_at === null)) return stored
    const fresh = await this.#chain.draft(this.#address, intentOf(row))
    return row.approved_at !== null && fresh.maxFee > stored.maxFee ? stored : fresh
  }

  #wallet() {
    return { id: this.walletId, address: this.#address }
  }

  #context(): LaneContext {
    return {
      id: this.id,
      chain: this.#chain,
      wallet: this.#wallet(),
      fence: this.#lease?.fence ?? -1,
      nextVariation: () => {
        this.#variation = (this.#variation + 1) % VARIATIONS
        return this.#variation
      },
    }
  }

  #scope(rows: readonly { session_id: string | null }[]): Scope {
    const sessions = new Set(rows.flatMap((row) => (row.session_id ? [`session:${row.session_id}`] : [])))
    return { shared: ['system'], exclusive: [`wallet:${this.walletId}`, ...sessions] }
  }

  /** Takes or keeps the right to sign for this lane; after taking it, puts the lane in order. */
  async #hold(): Promise<boolean> {
    const now = this.#parts.clock.latest()
    if (this.#lease && this.#lease.until - now > LEASE_MARGIN_MS) return true
    if (this.#lease && (await this.#keep(this.#lease.fence, now))) return true
    if (!(await this.#take(now))) return false
    await this.#startUp()
    return true
  }

  async #keep(fence: number, now: number): Promise<boolean> {
    const until = now + LEASE_MS
    const lease = { id: this.id, owner: this.#parts.instance, fence, until }
    const isKept = await this.#parts.database.work(this.#scope([]), (db) => attemptStore.keepLease(db, lease))
    this.#lease = isKept ? { fence, until } : undefined
    return isKept
  }

  async #take(now: number): Promise<boolean> {
    const until = now + LEASE_MS
    const { database, instance } = this.#parts
    // The data directory's lock admits one process to SQLite, so a lease of another one belongs to a process that is gone.
    const lapsed = database.engine === 'sqlite' ? Number.MAX_SAFE_INTEGER : now
    this.#lease = await database.work(this.#scope([]), async (db) => {
      await attemptStore.insertLane(db, { id: this.id, wallet: this.walletId, network: this.#chain.network.id })
      const fence = ((await attemptStore.lane(db, this.id))?.fence ?? 0) + 1
      const isTaken = await attemptStore.takeLease(db, { id: this.id, owner: instance, fence, until, now: lapsed })
      return isTaken ? { fence, until } : undefined
    })
    return this.#lease !== undefined
  }

  /** What an earlier holder left: attempts without recorded bytes never left and are made anew; the rest is watched. */
  async #startUp(): Promise<void> {
    await this.#chain.connect()
    const chainNonce = this.#chain.sequenced ? await this.#chain.nextNonce(this.#address) : undefined
    const rows = await this.#parts.database.work(this.#scope([]), (db) =>
      takeOver(this.#parts, this.#context(), db, chainNonce),
    )
    this.live.clear()
    for (const row of rows) this.live.set(row.id, row)
    this.#events.onRecorded(rows)
  }

  #refused(row: AttemptRow, sent: Extract<Sent, { outcome: 'refused' }>): void {
    this.#parts.log.warn(
      { lane: this.id, attempt: row.id, reason: sent.reason, answer: sent.message },
      'a node refused signed bytes',
    )
    if (sent.reason === 'pool-full' || sent.reason === 'nonce-gap') this.#room = Math.max(1, Math.floor(this.#room / 2))
    // Somebody else used the nonce: the lane is put in order before the next round.
    if (sent.reason === 'nonce-used') this.#lease = undefined
  }
}

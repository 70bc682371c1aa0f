import {
  Failure,
  invalidField,
  parseBase,
  type SendRequest,
  type Simulation,
  type TransactionDetail,
  type TransactionStatus,
  withoutNames,
} from '@waiaas/contract'
import { pruning } from '../ledger/service.ts'
import { by, maySee, type Principal, sessionOf } from '../platform/caller.ts'
import type { Handle } from '../platform/db/database.ts'
import type { Loop } from '../platform/jobs.ts'
import { allowances } from './allowances.ts'
import { type Answered, type Approval, decide, end, type HumanAnswer, processed } from './approving.ts'
import { type AsNode, asNode } from './as-node.ts'
import { cards } from './cards/cards.ts'
import { limitQuestions } from './deciding/ask-limits.ts'
import { askSimulation } from './deciding/ask-simulation.ts'
import { type Building, building } from './deciding/building.ts'
import { decideCovered } from './deciding/covered.ts'
import { answered } from './deciding/decide.ts'
import { type Funds, fundsOf } from './deciding/funds.ts'
import { type Answer, idempotencyStore } from './deciding/idempotency-store.ts'
import { type OwedAnswers, owedAnswers } from './deciding/owed-answers.ts'
import { fullQueue } from './deciding/room.ts'
import { transactionDetail } from './detail.ts'
import { gasWatch } from './gas/watch.ts'
import { type Job, scopeOf } from './job.ts'
import { networkOf } from './kinds/all.ts'
import { laneReasons } from './lane-reasons.ts'
import { isSignatureLane, laneId } from './lanes/lane-id.ts'
import { lanes } from './lanes/lanes.ts'
import { isReplaceable, notReplaceable } from './lanes/replace.ts'
import { replacementFee } from './lanes/replacement-fee.ts'
import { settler } from './lanes/settle.ts'
import { lists } from './lists.ts'
import { lowBalances } from './low-balances.ts'
import { nearlySpent } from './nearly-spent.ts'
import { type OverCeiling, overCeilings } from './over-ceiling.ts'
import { isOwned, ownerChallenge, standingOfWaiting } from './owner-answers.ts'
import type { From, ServiceParts, WalletChoice } from './parts.ts'
import { plans } from './plans/plans.ts'
import { recounting } from './recounting.ts'
import { policyQuestions } from './replays/questions.ts'
import { retention } from './retention/retention.ts'
import { attemptStore, type Replacement } from './rows/attempt-store.ts'
import { laneStore } from './rows/lane-store.ts'
import { listStore } from './rows/list-store.ts'
import { type TransactionRow, transactionStore } from './rows/store.ts'
import { scheduler } from './scheduler.ts'
import { givenTransactions } from './signatures/given.ts'
import { signatures } from './signatures/signatures.ts'
import { vouchers } from './signatures/vouchers.ts'
import { standingAllowances } from './standing.ts'
import { backlog, beginStop, type Stop } from './stopping/backlog.ts'
import { sweeps } from './sweeps/sweeps.ts'
import type { WalletFacts } from './switches.ts'
import { type Waits, waits } from './waits/waits.ts'

export { cardView } from './cards/view.ts'
export type { Answer } from './deciding/idempotency-store.ts'
export { judge } from './deciding/judge.ts'
export { refusalCounts } from './deciding/refusal-counts.ts'
export { voidLifts } from './over-ceiling.ts'
export type { ServiceParts } from './parts.ts'
export { type ReceiptVerdict, verifyReceipt } from './receipts/verify.ts'
export { refusal } from './refusal.ts'
export { forgetEarlierRun } from './restored.ts'
export { acceptedTimes, heldSpends, knownSince, walletOf } from './rows/held-store.ts'
export { noticeStore } from './rows/notice-store.ts'
export { isStopped } from './stopping/stop-store.ts'
export type { Switches } from './switches.ts'
export { followed } from './waits/store.ts'

const choiceOf = (input: SendRequest): WalletChoice => ({ walletId: input.walletId, network: networkOf(input) })

/** Who asks: a session may change what it asked for itself, the operator all. */
type Requester = { principal: Principal<'agent' | 'operator'>; peer: string | undefined }
/** `maxFee` is in native base units: what its fee may come to, whatever the policies say of fees. */
type ReplacementWanted = { with: Replacement; maxFee?: string | undefined }
type OperatorApproval = Omit<Approval, 'lift'> & {
  ip?: string | undefined
  code?: string | undefined
  overCeiling?: OverCeiling | undefined
}
type Approved = { status: TransactionStatus; at: number }
const byOperator = (ip: string | undefined) => ({ by: { actor: 'operator', ip }, channel: 'rest' }) as const
type Lists = ReturnType<typeof lists>
type Lanes = ReturnType<typeof lanes>

/** The newest of all, as they are shown. */
export const newestTransactions = (db: Handle, count: number) => listStore.list(db, {}, count)

/** Everything that moves money: requests come in here, and nothing else reaches a key. */
export class Transactions {
  readonly #parts: ServiceParts
  readonly #lanes: Lanes
  readonly #settler: ReturnType<typeof settler>
  readonly #lists: Lists
  readonly list: Lists['list']
  readonly listOfWallet: Lists['ofWallet']
  readonly count: Lists['count']
  readonly movements: Lists['movements']
  readonly #lows: ReturnType<typeof lowBalances>
  /** Tells of limits that are nearly used up. */
  readonly nearly: ReturnType<typeof nearlySpent>
  /** Who may take tokens of a wallet. */
  readonly allowances: ReturnType<typeof allowances>
  readonly #owed: OwedAnswers
  readonly #funds: Funds = fundsOf()
  readonly #overCeilings: ReturnType<typeof overCeilings>
  readonly #building: Building
  /** Several transactions that are decided on as one. */
  readonly plans: ReturnType<typeof plans>
  /** What limits leave. */
  readonly limits: ReturnType<typeof limitQuestions>
  /** What policies, and drafts of them, say of requests. */
  readonly policies: ReturnType<typeof policyQuestions>
  /** All that a wallet holds, sent to one address. */
  readonly sweeps: ReturnType<typeof sweeps>
  /** What people are asked. */
  readonly cards: ReturnType<typeof cards>
  /** Calls that wait for what becomes of transactions and plans. */
  readonly waits: Waits
  readonly asNode: AsNode
  readonly #signatures: ReturnType<typeof signatures>
  readonly #given: ReturnType<typeof givenTransactions>
  #scheduler: Loop | undefined
  #pruning: Loop | undefined
  #recounting: Loop | undefined
  #backlog: Loop | undefined
  #retention: Loop | undefined
  #vouchers: Loop | undefined
  #standing: Loop | undefined
  #gas: Loop | undefined
  #sweeps: Loop | undefined

  constructor(parts: ServiceParts) {
    this.#parts = parts
    this.#owed = owedAnswers(parts)
    this.waits = waits(parts)
    this.asNode = asNode(parts, this.waits)
    this.cards = cards(parts)
    this.#overCeilings = overCeilings(parts)
    this.#building = building(parts, { funds: this.#funds, overCeilings: this.#overCeilings })
    this.#lanes = lanes(parts, { onRecorded: (rows) => this.#watch(rows) })
    const known = { owed: this.#owed, ceilings: this.#overCeilings, funds: this.#funds }
    this.#signatures = signatures(parts, known)
    this.#given = givenTransactions(parts, { ...known, lanes: this.#lanes })
    this.#lows = lowBalances(parts)
    this.nearly = nearlySpent(parts)
    this.#settler = settler(parts, this.#lanes, this.#lows.paid)
    this.limits = limitQuestions(parts, this.#building)
    this.policies = policyQuestions(parts, this.#building)
    this.#lists = lists(parts)
    const { list, ofWallet, count, movements } = this.#lists
    this.list = list
    this.listOfWallet = ofWallet
    this.count = count
    this.movements = movements
    const told = { building: this.#building, funds: this.#funds, lanes: this.#lanes, owed: this.#owed }
    this.allowances = allowances(parts, told)
    this.plans = plans(parts, told)
    this.sweeps = sweeps(parts, { ...told, overCeilings: this.#overCeilings })
  }

  /** Takes up what an earlier run left, and works from then on. */
  start(): void {
    this.#scheduler = scheduler(this.#parts, this.#lanes, (key) => this.#signatures.kick(key))
    this.#pruning = pruning(this.#parts)
    this.#recounting = recounting(this.#parts)
    this.#backlog = backlog(this.#parts)
    this.#retention = retention(this.#parts)
    this.#vouchers = vouchers(this.#parts)
    this.#standing = standingAllowances(this.#parts)
    this.#gas = gasWatch(this.#parts, this.#lanes)
    this.#lows.start()
    this.nearly.start()
    this.#sweeps = this.sweeps.work()
  }

  async stop(): Promise<void> {
    this.waits.drain()
    await this.waits.stop()
    const early = [this.#scheduler, this.#pruning, this.#recounting, this.#backlog, this.#retention]
    for (const each of [...early, this.#vouchers, this.#standing, this.#gas]) await each?.stop()
    await this.#lows.stop()
    await this.nearly.stop()
    await this.#sweeps?.stop()
    await this.#signatures.stop()
    await this.#lanes.stop()
    await this.#settler.stop()
    await this.#owed.stop()
    await this.#parts.database.work({}, (db) => laneStore.dropLeases(db, this.#parts.instance))
  }

  /** Decides on a request; what is allowed to run is signed in the background. The answer is committed when this resolves. */
  async send(input: SendRequest, from: From): Promise<Answer> {
    const { database } = this.#parts
    const { sessionId, key } = from
    const { chosen, stored, full } = await database.read(async (db) => {
      const chosen = await this.#building.choose(db, sessionId, choiceOf(input))
      const stored = key ? await idempotencyStore.find(db, sessionId, key) : undefined
      // Before nodes are asked; without a key it may be the repeat of one that waits already.
      const mayBeFull = key !== undefined && !stored
      const full = mayBeFull && (await fullQueue({ parts: this.#parts, db }, { walletId: chosen.wallet.id, sessionId }))
      return { chosen, stored, full }
    })
    if (full) throw full
    const prepared = await this.#building.prepare(input, sessionId, chosen)
    const known = stored && (await database.read((db) => answered(db, stored, prepared)))
    if (known) return known
    const built = await this.asNode.placed(await this.#building.build(prepared, chosen.under))
    const asked = { ...built, key, ip: from.peer, message: from.message }
    const answer = await decideCovered(this.#parts, asked, { owed: this.#owed, funds: this.#funds })
    if (!key) from.onDelivered((isDelivered) => isDelivered && this.#owed.delivered(answer.transactionId))
    const network = asked.chain.network.id
    if (answer.accepted?.status === 'PENDING')
      this.#lanes.kick({ lane: laneId(network, asked.sender), wallet_id: asked.walletId, network })
    return answer
  }

  /** Signs a message for who asks. */
  get signMessage() {
    return this.#signatures.ask
  }

  /** Signs a transaction that its caller has built and will send. */
  get signTransaction() {
    return this.#given.ask
  }

  /** The same build, decode and judge as a send, on a read snapshot. */
  simulate(input: SendRequest, sessionId: string): Promise<Simulation> {
    return askSimulation(this.#parts, this.#building, { sessionId, input, choice: choiceOf(input) })
  }

  /** What somebody says to what waits, over any channel: the first answer counts. When it was answered. */
  async decide(id: string, answer: HumanAnswer): Promise<Answered> {
    const waiting = await this.#parts.database.read((db) => this.#findOwn(db, id, undefined))
    if (answer.says === 'approve' && !answer.lift)
      await this.#overCeilings.lift(waiting, {
        ...{ overCeiling: undefined, maxFee: answer.maxFee, signed: answer.signed },
      })
    const answered = await this.#change(id, undefined, (job, row) => decide(job, row, answer))
    if (answer.says === 'reject') return answered
    if (isSignatureLane(waiting.lane)) this.#signatures.kick(waiting)
    else this.#lanes.kick(waiting)
    return answered
  }

  /** The operator lets a waiting transaction go on, for exactly the effects that were shown. */
  async approve(id: string, { ip, overCeiling, ...approval }: OperatorApproval = {}): Promise<Approved> {
    const waiting = await this.#parts.database.read((db) => this.#findOwn(db, id, undefined))
    const lift = overCeiling && (await this.#overCeilings.lift(waiting, { overCeiling, maxFee: approval.maxFee }))
    const { at } = await this.decide(id, { says: 'approve', ...byOperator(ip), ...approval, lift })
    // What is only let above the ceiling goes on waiting for its owner.
    const isWaiting = lift && (await this.#parts.database.read((db) => isOwned(db, waiting.wallet_id)))
    return { status: isWaiting ? 'QUEUED' : 'PENDING', at }
  }

  /** The operator ends a transaction that waits for time or a human; when that was. */
  async reject(id: string, { ip, code }: Pick<OperatorApproval, 'ip' | 'code'> = {}): Promise<number> {
    return (await this.decide(id, { says: 'reject', ...byOperator(ip), code })).at
  }

  /** Failure TX_NOT_FOUND of what its caller may not look at. */
  async requireSeen(id: string, principal: Principal<'operator' | 'viewer'>): Promise<void> {
    const { wallet_id } = await this.#parts.database.read((db) => this.#findOwn(db, id, undefined))
    if (!maySee(principal, wallet_id)) throw new Failure('TX_NOT_FOUND', 'no such transaction')
  }

  /** The text that the owner of its wallet signs to approve or reject what waits. */
  async ownerChallenge(id: string, says: 'approve' | 'reject', asked: { origin: string; by?: string | undefined }) {
    const row = await this.#parts.database.read((db) => this.#findOwn(db, id, undefined))
    if (row.status !== 'QUEUED') throw processed(row)
    return ownerChallenge(this.#parts, row, { says, ...asked })
  }

  /** What approving it above the ceiling would have signed. */
  async showOverCeiling(id: string) {
    const row = await this.#parts.database.read((db) => this.#findOwn(db, id, undefined))
    return this.#overCeilings.show(row)
  }

  /** Ends a transaction that is not signed. */
  async cancel(id: string, requester: Requester): Promise<{ unwritten?: string }> {
    const sessionId = sessionOf(requester.principal)
    const ending = { to: 'CANCELLED', code: null, error: 'cancelled', ...by(requester) } as const
    const { wallet_id: wallet } = await this.#parts.database.read((db) => this.#findOwn(db, id, sessionId))
    const outcome = await this.#parts.held.write(`cancelled transaction ${id}`, {
      wallet,
      write: () => this.#change(id, sessionId, (job, row) => end(job, row, ending)),
      hold: () => this.#lanes.quiet([wallet]),
    })
    return 'unwritten' in outcome ? { unwritten: outcome.unwritten } : {}
  }

  replacementFee = (id: string, purpose: Replacement) => replacementFee(this.#parts, id, purpose)
  /** Outbids a signed transaction on its nonce; the hash of the bytes that take its place. */
  async replace(id: string, requester: Requester, { with: purpose, maxFee }: ReplacementWanted): Promise<string> {
    if (maxFee !== undefined && requester.principal.kind !== 'operator')
      throw invalidField('maxFee', 'expected no maxFee: only the operator can let a higher fee pass')
    const row = await this.#parts.database.read((db) => this.#findOwn(db, id, sessionOf(requester.principal)))
    const { order, network } = await this.#parts.chain(row.network)
    if (!order) throw new Failure('CHAIN_NOT_SUPPORTED', `${network.id} has no nonce that could be used again`)
    if (!isReplaceable(row.status) || isSignatureLane(row.lane)) throw notReplaceable(row.status)
    const lane = await this.#lanes.get(row)
    return lane.replace({
      ...{ transactionId: id, purpose, by: by(requester) },
      ...(maxFee !== undefined && { maxFee: parseBase(maxFee) }),
    })
  }

  async get(id: string, sessionId: string | undefined): Promise<TransactionDetail> {
    const { sealed, ...read } = await this.#parts.database.read(async (db) => {
      const row = await this.#visible(db, await listStore.byId(db, id), sessionId)
      const [network, attempts] = [this.#parts.findNetwork(row.network), await attemptStore.ofTransaction(db, id)]
      const about = { network, attempts, owners: await standingOfWaiting({ parts: this.#parts, db }, row) }
      const view = transactionDetail(this.#lists.view(row, await laneReasons(db, [row])), row, about)
      return { row, view, sealed: await this.#signatures.sealedFor(db, row, sessionId) }
    })
    if (sealed === undefined) return read.view
    const text = await this.#signatures.opened(id, sealed)
    return { ...read.view, ...(isSignatureLane(read.row.lane) ? { signature: text } : { signedTransaction: text }) }
  }

  chooseWallet(sessionId: string, choice: WalletChoice): Promise<WalletFacts> {
    return this.#parts.database.read((db) => this.#parts.chooseWallet(db, sessionId, choice))
  }

  /** What a stop needs, inside its job and after its commit. */
  get stops() {
    return {
      begin: (db: Handle, stop: Stop) => beginStop({ parts: this.#parts, db }, stop),
      halt: (walletId?: string) => {
        this.waits.release()
        return this.#stopped(this.#lanes.halt(walletId))
      },
      resume: (walletId?: string) => this.#lanes.resume(walletId),
      quiet: (walletIds?: readonly string[]) => {
        this.waits.look()
        return this.#stopped(this.#lanes.quiet(walletIds))
      },
    }
  }

  async #stopped(isQuiet: Promise<void>): Promise<void> {
    this.#backlog?.wake()
    await isQuiet
  }

  #watch(rows: readonly { network: string }[]): void {
    for (const network of new Set(rows.map((row) => row.network))) this.#settler.watch(network)
  }

  /** A transaction that was found, if the caller may see it; `sessionId` undefined is the operator. */
  async #visible<Row extends { wallet_id: string }>(
    db: Handle,
    row: Row | undefined,
    sessionId: string | undefined,
  ): Promise<Row> {
    const isVisible = row && (!sessionId || (await this.#parts.switches.isLinked(db, sessionId, row.wallet_id)))
    if (!row || !isVisible) throw new Failure('TX_NOT_FOUND', 'no such transaction')
    return row
  }

  /** Finds one that the caller may change: a session what it asked for itself, the operator any. */
  async #findOwn(db: Handle, id: string, sessionId: string | undefined): Promise<TransactionRow> {
    const row = await this.#visible(db, await transactionStore.byId(db, id), sessionId)
    if (!sessionId || row.session_id === sessionId) return row
    throw new Failure('TX_NOT_FOUND', 'this session has not asked for this transaction; the operator can change it')
  }

  /** Runs under the locks of the transaction's wallet and session. */
  async #change<T>(
    id: string,
    sessionId: string | undefined,
    fn: (job: Job, row: TransactionRow) => Promise<T>,
  ): Promise<T> {
    const seen = await this.#parts.database.read((db) => this.#findOwn(db, id, sessionId))
    const parts = this.#parts
    return parts.database.work(scopeOf(seen.wallet_id, [seen]), async (db) =>
      fn({ parts, db }, await this.#findOwn(db, id, sessionId)),
    )
  }

  /** What keeps this process from signing, or from seeing what became of what was paid: some lines, with no address or hash. */
  troubles(): string[] {
    // Anybody may read readiness: addresses and hashes would say whose wallets these are.
    const lines = [...this.#lanes.troubles(), ...this.#settler.troubles()].map(withoutNames)
    return [...new Set(lines)].slice(0, 10)
  }
}

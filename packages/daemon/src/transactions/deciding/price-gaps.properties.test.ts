import {
  defaultSettings,
  type Effects,
  integerOf,
  LOCAL_NETWORKS,
  nativeAsset,
  newId,
  toBase,
  toUnitPrice,
  usdCost,
} from '@waiaas/contract'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { forEachEngine } from '../../../../../test/support/for-each-engine.ts'
import { audit } from '../../audit/service.ts'
import { reservation, reserve } from '../../ledger/service.ts'
import { migrations } from '../../migrations/all.ts'
import type { Database, Handle } from '../../platform/db/database.ts'
import { compilePolicies, type Price } from '../../policies/evaluate.ts'
import { encodeRequest } from '../kinds/all.ts'
import { type NewRow, transactionStore, unjudged } from '../rows/store.ts'
import type { WalletFacts } from '../switches.ts'
import { judge } from './judge.ts'
import type { Again, Subject, Verdict } from './verdict.ts'

const network = LOCAL_NETWORKS.find(({ id }) => id === 'local-evm')!
const ETH = nativeAsset(network)
const FEE = toBase(10n ** 15n)
const to = '0x00000000000000000000000000000000000000b0'
const limits = { instant_max_usd: 10, notify_max_usd: 100, delay_max_usd: 500, delay_seconds: 1, daily_limit_usd: 1e9 }

/** What happens around one payment. `missing` may come back and `gone` does not; `run` is the lane's turn. */
type Step = 'run' | 'approve' | 'restart' | 'missing' | 'gone' | number
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Step>('run') },
  { weight: 2, arbitrary: fc.constant<Step>('approve') },
  { weight: 3, arbitrary: fc.constantFrom<Step>('restart', 'missing', 'gone') },
  { weight: 2, arbitrary: fc.integer({ min: 1_000, max: 4_000 }) },
)

/** Prices as a test tells them; the clock goes on a second with each. */
function market() {
  const state = { now: Date.parse('2030-01-01T00:00:00Z'), isGone: false }
  const known: { current: Price | undefined; last: Price | undefined } = { current: undefined, last: undefined }
  return {
    state,
    known,
    tell(dollars: number | undefined, isGone = false) {
      state.now += 1_000
      state.isGone = isGone
      known.last = known.current ?? known.last
      const price = { decimals: 18, source: 'test', at: state.now }
      known.current =
        dollars === undefined ? undefined : { ...price, usdMicros: toUnitPrice(BigInt(dollars) * 1_000_000n) }
    },
    restart() {
      known.last = undefined
    },
  }
}
type Market = ReturnType<typeof market>

/** The real judge, for one wallet with one SPENDING_LIMIT. */
function judgeOf({ state, known }: Market, wallet: WalletFacts) {
  const clock = { now: () => state.now, latest: () => state.now }
  const row = { id: newId(), walletId: wallet.id, type: 'SPENDING_LIMIT', rules: JSON.stringify(limits) }
  const policies = compilePolicies([{ ...row, enabled: true, network: null, version: 1 }])
  return judge({
    sessionLabels: () => [],
    clock,
    log: { error() {} },
    audit: audit({ clock }),
    switches: {
      killSwitch: async () => ({ state: 'ACTIVE', epoch: 1 }),
      wallet: async () => wallet,
      session: async () => undefined,
      isLinked: async () => true,
      policyVersion: async () => 1,
    },
    policies: async () => ({ version: 1, common: 1, policies }),
    prices: {
      under: () => ({
        current: () => ({ [ETH]: known.current }),
        last: () => ({ [ETH]: known.current ?? known.last }),
        missing: () => (known.current ? [] : [{ reason: 'no price', isGone: state.isGone }]),
        worth: () => null,
      }),
    },
    network: () => network,
    settings: async () => ({ ...defaultSettings(), 'security.policy_defaults_delay_seconds': 1 }),
    constraints: () => ({ faults: () => [], most: () => null }),
  })
}

/** A payment as `decide` stores it. */
function rowOf({ wallet, type, effects, intent }: Subject, verdict: Verdict, now: number): NewRow {
  const id = newId()
  return {
    ...unjudged,
    ...{ plan_id: null, plan_step: null, plan_until: null, sweep_id: null },
    judged_at: now,
    id,
    wallet_id: wallet.id,
    session_id: null,
    type,
    status: verdict.status,
    tier: verdict.decision.tier,
    network: network.id,
    lane: 'x',
    request: encodeRequest({ type, network: network.id, intent }),
    labels: null,
    addresses: [],
    allowances: [],
    gas_condition: null,
    request_hash: id,
    to_address: to,
    asset: ETH,
    amount: '1',
    decimals: 18,
    symbol: 'ETH',
    draft: '{}',
    max_fee: String(FEE),
    hints: null,
    effects: JSON.stringify(effects),
    digest: 'd',
    decision: JSON.stringify(verdict.decision),
    policy_version: 1,
    epoch: 1,
    amount_usd: verdict.usd === null ? null : String(verdict.usd),
    due_at: verdict.dueAt,
    approval_expires_at: verdict.approvalExpiresAt,
    created_at: now,
    updated_at: now,
  }
}

/** One payment over the real ledger. */
async function payment(database: Database, around: Market, amount: bigint) {
  const walletId = newId()
  const wallet: WalletFacts = {
    id: walletId,
    account: walletId,
    name: 'w',
    chain: 'ethereum',
    environment: 'testnet',
    address: '0x00000000000000000000000000000000000000a0',
    status: 'ACTIVE',
  }
  const judges = judgeOf(around, wallet)
  const effects: Effects = {
    network: network.id,
    sender: wallet.address,
    effects: [{ kind: 'outflow', asset: ETH, amount: String(amount), to }],
    fee: { asset: ETH, max: String(FEE) },
  }
  const intent = { kind: 'transfer', to, amount: toBase(amount) } as const
  const subject: Subject = { wallet, session: null, network, type: 'TRANSFER', intent, effects, feePrice: undefined }
  const work = <T>(fn: (db: Handle) => Promise<T>) =>
    database.work({ shared: ['system'], exclusive: [`wallet:${wallet.id}`] }, fn)
  const now = () => around.state.now
  const id = await work(async (db) => {
    const verdict = await judges.of(db, subject)
    const row = rowOf(subject, verdict, now())
    await transactionStore.insert(db, row)
    const spend = { transactionId: row.id, account: wallet.account, sessionId: null, network: network.id }
    await reserve(db, { ...spend, items: verdict.reserve }, now())
    return row.id
  })
  const read = async (db: Handle) => (await transactionStore.byId(db, id))!
  return {
    row: () => database.read(read),
    items: () => database.read(async (db) => (await reservation(db, id)).items),
    /** Says yes to whatever it waits for. */
    allow: () =>
      work(async (db) => {
        const { status, tier, amount_usd } = await read(db)
        if (status !== 'QUEUED') return
        if (tier === 'DELAY') await transactionStore.serveDelay(db, { id, at: now() })
        else await transactionStore.approve(db, { id, by: 'operator', usd: amount_usd, fee: null, at: now() })
      }),
    judgeAgain: () =>
      work(async (db): Promise<Again> => {
        const seen = await read(db)
        return seen.status === 'PENDING' ? judges.again(db)(seen, { body: '{}', maxFee: FEE }) : 'stays'
      }),
  }
}
type Payment = Awaited<ReturnType<typeof payment>>

const isAllowed = (outcome: Again): boolean => typeof outcome !== 'string'

/** What a judgement counts with: the price of now, else the newest that is known or that the one before was counted with. */
const newestOf = ({ current, last }: Market['known'], judgedAt: Price | undefined): Price | undefined =>
  current ?? (last && judgedAt && judgedAt.at > last.at ? judgedAt : (last ?? judgedAt))

/** The lane's turn: judges again, and checks what that came to. `judgedAt` is the price that the judgement before was counted with. */
async function turn(
  of: Payment,
  { state, known }: Market,
  amount: bigint,
  judgedAt: Price | undefined,
): Promise<Again> {
  const before = await of.row()
  const outcome = await of.judgeAgain()
  const after = await of.row()
  const { current } = known
  const price = newestOf(known, judgedAt)
  if (isAllowed(outcome) && price) {
    const counted = (base: bigint) => ({ base, usd: usdCost(toBase(base), price) })
    const items = (await of.items()).map((item) => ({ base: item.amount, usd: item.usd }))
    expect(items).toEqual([counted(amount), counted(FEE)])
  }
  if (outcome === 'lacks') expect([current, state.isGone]).toEqual([undefined, false])
  if (before.status === 'PENDING' && before.approved_at !== null && after.status === 'QUEUED') {
    expect(before.approved_usd, 'approved without a value, and asked again').not.toBeNull()
    const value = current && usdCost(toBase(amount), current)
    expect(value === undefined ? state.isGone : integerOf(value) * 100n > BigInt(before.approved_usd!) * 110n).toBe(
      true,
    )
  }
  return before.status === 'PENDING' ? outcome : 'lacks'
}

forEachEngine((engine, open) => {
  test('whatever prices do, what is signed counts at the last price that was known, and nobody is asked twice for nothing', async () => {
    const database = await open(migrations)
    const steps = fc.array(step, { minLength: 4, maxLength: 25 })
    const milliEther = fc.integer({ min: 20, max: 1_000 }).map((count) => BigInt(count) * 10n ** 15n)
    const first = fc.option(fc.integer({ min: 1_000, max: 4_000 }), { nil: undefined })
    await fc.assert(
      fc.asyncProperty(milliEther, first, steps, async (amount, price, all) => {
        const around = market()
        around.tell(price)
        const of = await payment(database, around, amount)
        let judgedAt = around.known.current
        for (const one of all) {
          if (one === 'restart') around.restart()
          else if (one === 'approve') await of.allow()
          else if (one !== 'run') around.tell(typeof one === 'number' ? one : undefined, one === 'gone')
          else {
            const outcome = await turn(of, around, amount, judgedAt)
            if (isAllowed(outcome)) return
            if (outcome !== 'lacks') judgedAt = newestOf(around.known, judgedAt)
          }
        }
      }),
      { numRuns: engine === 'sqlite' ? 400 : 60 },
    )
  })
})

import { type Effects, LOCAL_NETWORKS, nativeAsset, newId, usdCost } from '@waiaas/contract'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'
import { audit } from '../audit/service.ts'
import { migrations } from '../migrations/all.ts'
import type { Database, Handle } from '../platform/db/database.ts'
import { compilePolicies, type Price } from '../policies/rules.ts'
import { encodeRequest } from './intent.ts'
import { judge } from './judge.ts'
import { reserve, reservedItems } from './ledger.ts'
import type { Subject, WalletFacts } from './parts.ts'
import { transactionStore, unjudged } from './store.ts'

const network = LOCAL_NETWORKS.find(({ id }) => id === 'local-evm')!
const ETH = nativeAsset(network)
const FEE = 10n ** 15n
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

/** One payment of so many ether-thousandths, judged by the real judge over the real ledger, with prices told by the test. */
async function payment(database: Database, amount: bigint) {
  let now = Date.parse('2030-01-01T00:00:00Z')
  let current: Price | undefined
  let last: Price | undefined
  let isGone = false
  const clock = { now: () => now, latest: () => now }
  const wallet: WalletFacts = {
    id: newId(),
    name: 'w',
    chain: 'ethereum',
    environment: 'testnet',
    address: '0x00000000000000000000000000000000000000a0',
    status: 'ACTIVE',
  }
  const row = { id: newId(), walletId: wallet.id, type: 'SPENDING_LIMIT', rules: JSON.stringify(limits) }
  const policies = compilePolicies([{ ...row, enabled: true, network: null, version: 1 }])
  const judges = judge({
    clock,
    audit: audit({ clock }),
    switches: {
      killSwitch: async () => ({ state: 'ACTIVE', epoch: 1 }),
      wallet: async () => wallet,
      session: async () => undefined,
      isLinked: async () => true,
      policyVersion: async () => 1,
    },
    policies: async () => ({ version: 1, policies }),
    prices: {
      current: () => ({ [ETH]: current }),
      last: () => ({ [ETH]: current ?? last }),
      missing: () => (current ? [] : [{ reason: 'no price', isGone }]),
      worth: () => null,
    },
    network: () => network,
    settings: () => ({
      denyTokens: true,
      denyContracts: true,
      denySpenders: true,
      delaySeconds: 1,
      approvalTimeout: 3_600,
    }),
    constraintFaults: () => [],
  })
  const effects: Effects = {
    network: network.id,
    sender: wallet.address,
    effects: [{ kind: 'outflow', asset: ETH, amount: String(amount), to }],
    fee: { asset: ETH, max: String(FEE) },
  }
  const intent = { kind: 'transfer', to, amount } as const
  const subject: Subject = { wallet, session: null, network, type: 'TRANSFER', intent, effects }
  const id = newId()
  const work = <T>(fn: (db: Handle) => Promise<T>) =>
    database.work({ shared: ['system'], exclusive: [`wallet:${wallet.id}`] }, fn)

  return {
    id,
    tell(price: number | undefined, gone = false) {
      now += 1_000
      if (current) last = current
      isGone = gone
      current =
        price === undefined
          ? undefined
          : { usdMicros: BigInt(price) * 1_000_000n, decimals: 18, source: 'test', at: now }
    },
    restart() {
      last = undefined
    },
    price: () => ({ current, last, isGone }),
    accept: () =>
      work(async (db) => {
        const verdict = await judges.of(db, subject)
        await transactionStore.insert(db, {
          ...unjudged,
          id,
          wallet_id: wallet.id,
          session_id: null,
          type: 'TRANSFER',
          status: verdict.status,
          tier: verdict.decision.tier,
          network: network.id,
          lane: 'x',
          request: encodeRequest({ type: 'TRANSFER', network: network.id, intent }),
          request_hash: id,
          to_address: to,
          asset: ETH,
          amount: String(amount),
          decimals: 18,
          symbol: 'ETH',
          draft: '{}',
          max_fee: String(FEE),
          hints: null,
          effects: JSON.stringify(effects),
          digest: 'd',
          decision: JSON.stringify(verdict.decision),
          policy_version: 1,
          amount_usd: verdict.usd === null ? null : String(verdict.usd),
          due_at: verdict.dueAt,
          approval_expires_at: verdict.approvalExpiresAt,
          created_at: now,
          updated_at: now,
        })
        const spend = { transactionId: id, walletId: wallet.id, sessionId: null, network: network.id }
        await reserve(db, { ...spend, items: verdict.reserve }, now)
      }),
    row: () => database.read(async (db) => (await transactionStore.byId(db, id))!),
    items: () => database.read((db) => reservedItems(db, id)),
    /** Says yes to whatever it waits for. */
    allow: () =>
      work(async (db) => {
        const { status, tier, amount_usd } = (await transactionStore.byId(db, id))!
        if (status !== 'QUEUED') return
        if (tier === 'DELAY') await transactionStore.serveDelay(db, { id, at: now })
        else await transactionStore.approve(db, { id, by: 'operator', usd: amount_usd, at: now })
      }),
    judgeAgain: () =>
      work(async (db) => {
        const seen = (await transactionStore.byId(db, id))!
        return seen.status === 'PENDING' ? judges.again(db, seen, { body: '{}', maxFee: FEE }) : ('stays' as const)
      }),
  }
}

forEachEngine((engine, open) => {
  test('whatever prices do, what is signed counts at the last price that was known, and nobody is asked twice for nothing', async () => {
    const database = await open(migrations)
    const steps = fc.array(step, { minLength: 4, maxLength: 25 })
    const milliEther = fc.integer({ min: 20, max: 1_000 }).map((count) => BigInt(count) * 10n ** 15n)
    const first = fc.option(fc.integer({ min: 1_000, max: 4_000 }), { nil: undefined })
    await fc.assert(
      fc.asyncProperty(milliEther, first, steps, async (amount, price, all) => {
        const of = await payment(database, amount)
        of.tell(price)
        await of.accept()
        /** The price of the newest judgement that had one. */
        let judgedAt = of.price().current
        for (const one of all) {
          if (one === 'restart') of.restart()
          else if (one === 'approve') await of.allow()
          else if (one !== 'run') of.tell(typeof one === 'number' ? one : undefined, one === 'gone')
          else {
            const before = await of.row()
            const outcome = await of.judgeAgain()
            const { current, last, isGone } = of.price()
            const known = current ?? (last && judgedAt && judgedAt.at > last.at ? judgedAt : (last ?? judgedAt))
            if (outcome === 'runs' && known) {
              const worth = (base: bigint) => usdCost(base, 18, known.usdMicros)
              const items = await of.items()
              expect(items.map(({ amount: base, usd }) => ({ base, usd }))).toEqual([
                { base: amount, usd: worth(amount) },
                { base: FEE, usd: worth(FEE) },
              ])
            }
            if (outcome === 'lacks') expect([current, isGone]).toEqual([undefined, false])
            const after = await of.row()
            if (before.approved_at !== null && after.status === 'QUEUED' && before.status === 'PENDING') {
              const shown = before.approved_usd === null ? null : BigInt(before.approved_usd)
              expect(shown, 'approved without a value, and asked again').not.toBeNull()
              const value = current && usdCost(amount, 18, current.usdMicros)
              expect(value === undefined ? isGone : value * 100n > shown! * 110n).toBe(true)
            }
            if (outcome === 'runs') return
            if (outcome !== 'lacks' && before.status === 'PENDING' && current) judgedAt = current
          }
        }
      }),
      { numRuns: engine === 'sqlite' ? 400 : 60 },
    )
  })
})

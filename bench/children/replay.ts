/** Recorded decisions made again: read from a database of their own, by the policies of then and by a draft. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  defaultSettings,
  findNetwork,
  LOCAL_NETWORKS,
  nativeAsset,
  newId,
  togglesOf,
  toUnitPrice,
  toUsd,
} from '@waiaas/contract'
import { migrations } from '../../packages/daemon/src/migrations/all.ts'
import { openDatabase } from '../../packages/daemon/src/platform/db/database.ts'
import { compilePolicies } from '../../packages/daemon/src/policies/evaluate.ts'
import { keepVersion } from '../../packages/daemon/src/policies/history-store.ts'
import { newRow, toPolicyRow } from '../../packages/daemon/src/policies/rows.ts'
import { type EvaluateInput, evaluate } from '../../packages/daemon/src/policies/service.ts'
import { replayPolicies } from '../../packages/daemon/src/transactions/replays/replay.ts'
import { transactionStore } from '../../packages/daemon/src/transactions/rows/store.ts'
import { transactionRow } from '../../packages/daemon/test/transaction-rows.ts'
import { writeResult } from './job.ts'

export type ReplayResult = { readonly replayUs: number; readonly draftUs: number }

const COUNT = 20_000
const network = findNetwork(LOCAL_NETWORKS, 'local-evm')!
const native = nativeAsset(network)
const [recipient, sender] = ['0x00000000000000000000000000000000000000b0', '0x00000000000000000000000000000000000000a0']
const now = Date.UTC(2026, 2, 3, 12)
const wallet = {
  id: 'wallet-1',
  name: 'w',
  chain: 'ethereum',
  environment: 'testnet',
  address: sender,
  status: 'ACTIVE',
  account: 'wallet-1',
} as const

const policy = (type: string, rules: object) => ({
  ...newRow({ type, rules, walletId: wallet.id, network: null, priority: 0, enabled: true }, now),
  version: 1,
})
const rows = [
  policy('SPENDING_LIMIT', {
    instant_max_usd: 100,
    notify_max_usd: 1_000,
    delay_max_usd: 10_000,
    daily_limit_usd: 50_000,
  }),
  policy('RATE_LIMIT', { max_requests: 1_000, window_seconds: 60 }),
  policy('WHITELIST', { allowed_addresses: [recipient] }),
]
const compiled = compilePolicies(rows.map(toPolicyRow))
const effects = {
  network: network.id,
  sender,
  effects: [{ kind: 'outflow', asset: native, amount: '1000000000000000', to: recipient }],
  fee: { asset: native, max: '42000000000000' },
} satisfies EvaluateInput['effects']
const spent = { total: toUsd(40_000_000n), final: [] }
const decided = (at: number) =>
  evaluate({
    ...{ effects, kind: 'TRANSFER', network, policies: compiled, policyVersion: '7', now: at, tokens: {} },
    wallet: { ...wallet, approver: 'operator' },
    prices: { [native]: { usdMicros: toUnitPrice(2_000_000_000n), decimals: 18, source: 'fixed', at: now } },
    spent: { day: spent, month: spent, networks: {} },
    requests: { all: [at - 1_000], networks: {} },
    toggles: togglesOf(defaultSettings()),
  }).decision

const folder = await mkdtemp(join(tmpdir(), 'waiaas-bench-replay-'))
const database = await openDatabase({ path: join(folder, 'replay.db'), migrations })
try {
  await database.work({ exclusive: ['system'] }, async (db) => {
    for (const row of rows) await keepVersion(db, row, { version: 1, what: 'CREATED', author: 'operator', at: now })
  })
  for (let from = 0; from < COUNT; from += 500)
    await database.work({ exclusive: [`wallet:${wallet.id}`] }, async (db) => {
      for (let index = from; index < from + 500; index++) {
        const at = now + index
        const intent = { kind: 'transfer', to: recipient, amount: '1000000000000000' }
        await transactionStore.insert(
          db,
          transactionRow({
            ...{ id: newId(at), wallet_id: wallet.id, session_id: null, status: 'CONFIRMED', created_at: at },
            ...{
              request: JSON.stringify({ type: 'TRANSFER', network: network.id, intent }),
              effects: JSON.stringify(effects),
            },
            decision: JSON.stringify(decided(at)),
          }),
        )
      }
    })
  const parts = {
    ...{ database, clock: { now: () => now + COUNT, latest: () => now + COUNT } },
    switches: { wallet: async () => wallet, session: async () => undefined },
    ...{
      findNetwork: () => network,
      constraintFaults: () => [],
      sessionLabels: () => [],
      drafted: async () => compiled,
    },
  } as unknown as Parameters<typeof replayPolicies>[0]
  const perDecision = async (draft: object): Promise<number> => {
    const before = process.threadCpuUsage()
    const { decisions, exact } = await replayPolicies(parts, { most: 1_000_000, ...draft })
    if (decisions !== COUNT || exact !== COUNT)
      throw new Error(`${exact} of ${decisions} decisions came out to the letter`)
    const { user, system } = process.threadCpuUsage(before)
    return (user + system) / COUNT
  }
  await perDecision({})
  const result: ReplayResult = { replayUs: await perDecision({}), draftUs: await perDecision({ draft: {} }) }
  writeResult(result)
} finally {
  await database.close()
  await rm(folder, { recursive: true })
}

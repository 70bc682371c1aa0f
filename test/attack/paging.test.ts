import { newId, type Operation, operations } from '@waiaas/contract'
import { deployEvmFixtures, mintToken } from '@waiaas/localnet'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestDaemon, type TestDaemon } from '../support/daemon.ts'
import { until } from '../support/until.ts'
import { GENEROUS, newEvmAddress, type TestWallet } from '../support/wallets.ts'
import { type EvmWorld, evmWorld } from '../support/worlds.ts'

type Row = {
  id?: string | number
  name?: string
  assetId?: string
  address?: string
  version?: number
  policyId?: string
}
type Page = Record<string, unknown> & { hasMore: boolean }
/** How a row comes into a list, and how one that a client has seen leaves it, where rows do. */
type Maker = { add(): Promise<unknown>; remove?(row: Row): Promise<unknown>; query?: string }

/** Tokens and spenders need no list. */
const OPEN = { WAIAAS_POLICY_DEFAULT_DENY_TOKENS: 'false', WAIAAS_POLICY_DEFAULT_DENY_SPENDERS: 'false' }
/** Each waits for an hour. */
const DELAYED = { instant_max_usd: 0, notify_max_usd: 0, delay_max_usd: 1_000_000, delay_seconds: 3_600 }
const lists = (Object.entries(operations) as [string, Operation][]).filter(([, op]) => 'cursor' in op.input.shape)

const idOf = ({ id, assetId, version, policyId }: Row) => id ?? assetId ?? `${version} of ${policyId}`
/** A line of CSV is a row. */
const linesOf = (csv: string): Row[] => csv.split('\r\n').flatMap((line) => (line === '' ? [] : [{ id: line }]))
const rowsOf = (page: Page): Row[] =>
  typeof page.csv === 'string' ? linesOf(page.csv) : (Object.values(page).find(Array.isArray) ?? [])
const cursorOf = (page: Page) => ('nextCursor' in page ? page.nextCursor : page.cursor) as string | number | null

let world: EvmWorld
let env: Record<string, string>
/** Spenders may take some of it. */
let shared: string
const tokens: string[] = []
beforeAll(async () => {
  world = await evmWorld()
  for (let round = 0; round < 8; round++) {
    const { plainToken, permitToken } = await deployEvmFixtures(world.node)
    tokens.push(plainToken, permitToken)
  }
  // One that calls itself like none of the list.
  shared = (await deployEvmFixtures(world.node)).oddToken
  // An allowance of all that there is has no limit, and waits for a human like one without a price.
  await mintToken(world.node, shared, { to: newEvmAddress(), amount: 10n ** 24n })
  const prices = { [`native:${world.network}`]: '2000', [`eip155:31337/erc20:${shared.toLowerCase()}`]: '1' }
  env = { ...world.env, WAIAAS_ORACLE_FIXED_PRICES: JSON.stringify(prices), ...OPEN }
})
afterAll(() => world?.stop())

describe.each(['sqlite', 'postgres'] as const)('%s', (engine) => {
  let daemon: TestDaemon
  let wallet: TestWallet
  let spender: TestWallet
  let makers: Record<string, Maker>
  beforeAll(async () => {
    daemon = await startTestDaemon({ engine, env })
    wallet = await world.wallet(daemon, { limit: DELAYED })
    spender = await world.wallet(daemon, { limit: GENEROUS })
    makers = makersFor(daemon, { wallet, spender })
  })
  afterAll(() => daemon?.stop())

  /** The ids of all rows, page by page; `between` runs after each page. */
  async function walk(op: Operation, { query = '' }: Maker, between = async (_seen: Row[]) => {}): Promise<unknown[]> {
    const as = op.access !== 'public' && op.access.includes('operator') ? 'operator' : wallet.token
    const seen: Row[] = []
    for (let cursor: string | number | null | undefined; cursor !== null; ) {
      const path = `${op.path.replace('{id}', spender.id)}?limit=2${query}${cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`}`
      const { status, body, text } = await daemon.call<Page>('GET', path, { as })
      expect(status, text).toBe(200)
      // A payment and its fee are two lines.
      expect(rowsOf(body).length).toBeLessThanOrEqual('csv' in body ? 4 : 2)
      cursor = cursorOf(body)
      expect(body.hasMore).toBe(cursor !== null)
      seen.push(...rowsOf(body))
      await between(seen)
    }
    return seen.map(idOf)
  }

  test.each(lists)('%s tells each row once while others come, and go where they can', async (name, op) => {
    const maker = makers[name]!
    expect(maker, 'a new list needs a line in `makersFor`, which adds a row to it').toBeDefined()
    for (let row = 0; row < 5; row++) await maker.add()
    const before = await walk(op, maker)
    expect(before.length).toBeGreaterThanOrEqual(5)
    expect(new Set(before).size).toBe(before.length)

    let more = 3
    const during = await walk(op, maker, async (seen) => {
      if (more-- <= 0) return
      await maker.add()
      await maker.remove?.(seen.at(-1)!)
    })
    expect(new Set(during).size).toBe(during.length)
    expect(during.filter((id) => before.includes(id))).toEqual(before)
  })
})

const paid = (daemon: TestDaemon, { token }: TestWallet): Promise<void> =>
  done(daemon, daemon.agent(token).sendToken({ to: newEvmAddress(), amount: '1', network: world.network }))

const allowed = (daemon: TestDaemon, { token }: TestWallet): Promise<void> =>
  done(
    daemon,
    daemon.agent(token).sendToken({
      ...{ type: 'APPROVE', spender: newEvmAddress(), amount: '1', token: { address: shared }, network: world.network },
    }),
  )

async function done({ operator }: TestDaemon, sent: Promise<{ id?: string }>): Promise<void> {
  const { id } = await sent
  await until('it to be done', async () => (await operator.getTransaction({ id: id! })).status === 'CONFIRMED')
}

/** By list of the contract. */
function makersFor(
  daemon: TestDaemon,
  { wallet, spender }: { wallet: TestWallet; spender: TestWallet },
): Record<string, Maker> {
  const { operator } = daemon
  const agent = daemon.agent(wallet.token)
  const named = () => `row ${newId()}`
  const payment: Maker = {
    add: () => agent.sendToken({ type: 'TRANSFER', to: newEvmAddress(), amount: '1', network: world.network }),
  }
  const left = [...tokens]
  let contacts = 0
  const rename = () => operator.renameWallet({ id: wallet.id, name: named() })
  return {
    listWallets: { add: () => operator.createWallet({ name: named(), chain: 'ethereum', environment: 'testnet' }) },
    listBalances: { add: () => operator.createWallet({ name: named(), chain: 'ethereum', environment: 'testnet' }) },
    listSessions: {
      // A wallet has few, and comes with one.
      add: () => operator.createWallet({ name: named(), chain: 'ethereum', environment: 'testnet' }),
      remove: ({ id }) => operator.revokeSession({ id: String(id) }),
    },
    listPolicyVersions: {
      add: () =>
        operator.createPolicy({
          ...{ type: 'RATE_LIMIT', enabled: false, rules: { max_requests: 1_000, window_seconds: 60 } },
        }),
    },
    listPolicies: {
      // Several of one priority, and others between them.
      add: () =>
        operator.createPolicy({
          ...{ walletId: wallet.id, type: 'RATE_LIMIT', priority: left.length % 3, enabled: false },
          rules: { max_requests: 1_000, window_seconds: 60 },
        }),
      remove: ({ id }) => operator.deletePolicy({ id: String(id) }),
    },
    listRpcUrls: {
      add: () => agent.createRpcUrl({ network: world.network }),
      remove: ({ id }) => operator.revokeRpcUrl({ id: String(id) }),
    },
    listStopTokens: {
      add: () => operator.createStopToken({ name: named().slice(0, 30) }),
      remove: ({ id }) => operator.revokeStopToken({ id: String(id) }),
    },
    listContacts: {
      add: () => operator.addContact({ name: `payee${'x'.repeat(++contacts)}`, address: newEvmAddress() }),
      remove: ({ name }) => operator.removeContact({ name: String(name) }),
    },
    listTokens: {
      query: `&network=${world.network}`,
      async add() {
        const address = left.pop()!
        const { symbol, name, decimals } = await operator.resolveToken({ network: world.network, address })
        await operator.addToken({ network: world.network, address, symbol, name, decimals })
      },
      remove: ({ address }) => operator.removeToken({ network: world.network, address: address! }),
    },
    listTransactions: payment,
    listWaiting: payment,
    listPendingTransactions: payment,
    adminListTransactions: payment,
    listAuditLogs: { add: rename },
    listAllowances: { add: () => allowed(daemon, spender) },
    exportTransactions: { add: () => paid(daemon, spender) },
  }
}

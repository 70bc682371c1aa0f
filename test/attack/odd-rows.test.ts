import { join } from 'node:path'
import { evmContracts, evmFaucet } from '@waiaas/localnet'
import Sqlite from 'better-sqlite3'
import { encodeDeployData } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestDaemon, type TestDaemon } from '../support/daemon.ts'
import type { TestWallet } from '../support/wallets.ts'
import { type EvmWorld, evmWorld } from '../support/worlds.ts'

let world: EvmWorld
let daemon: TestDaemon
let wallet: TestWallet
beforeAll(async () => {
  world = await evmWorld()
  daemon = await startTestDaemon({ env: world.env })
  wallet = await world.wallet(daemon, { limit: { instant_max: '1', notify_max: '1', delay_max: '1' } })
})
afterAll(async () => {
  await daemon?.stop()
  await world?.stop()
})

type Page = { items: { id: string; humanAmount: string | null; memo: string | null }[] }
const lists = [
  ['of the agent', '/v1/transactions', () => wallet.token],
  ['of what waits', '/v1/transactions/pending', () => wallet.token],
  ['of the operator', '/v1/admin/transactions', () => 'operator'],
] as const
const listed = (path: string, as: string) => daemon.call<Page>('GET', path, { as })

/** What an earlier release, or damage, may have left in the database. */
function plant(sql: string, ...values: unknown[]): void {
  const database = new Sqlite(join(daemon.dataDir, 'data/waiaas.db'))
  expect(database.prepare(sql).run(...values).changes).toBe(1)
  database.close()
}

async function deployed(decimals: number): Promise<string> {
  const { abi, bytecode } = evmContracts.PlainToken
  const data = encodeDeployData({ abi, bytecode, args: ['Odd', 'ODD', decimals] })
  const receipt = await world.node.rpc('eth_sendTransactionSync', [{ from: evmFaucet, data }])
  // The node's own type of a receipt.
  return (receipt as { contractAddress: string }).contractAddress
}

const waiting = (more: object = {}) =>
  daemon.agent(wallet.token).sendToken({ to: world.newAddress(), amount: '1000', network: world.network, ...more })

const send = (token: string, amount: object) =>
  daemon.call('POST', '/v1/transactions/send', {
    as: wallet.token,
    body: {
      type: 'TOKEN_TRANSFER',
      to: world.newAddress(),
      token: { address: token },
      network: world.network,
      ...amount,
    },
  })

test.each([37, 79, 255])('a token of %i decimals is refused before anything is made', async (decimals) => {
  const token = await deployed(decimals)
  const before = (await listed('/v1/admin/transactions', 'operator')).body.items.length
  expect(await send(token, { amount: '1' })).toMatchObject({ status: 400, body: { code: 'TOKEN_UNSUPPORTED' } })
  // One that the registry has from an earlier release.
  plant(
    `insert into tokens (id, network, address, asset, symbol, name, decimals, program, created_at)
      values (?, ?, ?, ?, 'ODD', 'Odd', ?, null, 0)`,
    ...[token, world.network, token, `eip155:31337/erc20:${token.toLowerCase()}`, decimals],
  )
  expect(await send(token, { amount: '1' })).toMatchObject({ status: 400, body: { code: 'TOKEN_UNSUPPORTED' } })
  expect((await listed('/v1/admin/transactions', 'operator')).body.items).toHaveLength(before)
})

test.each([
  ['has 79 decimals', `update transactions set decimals = 79, amount = '1' where id = ?`],
  ['has an amount that is no number', `update transactions set amount = 'many' where id = ?`],
  ['has dollars that are none', `update transactions set amount_usd = '-1.5' where id = ?`],
  ['was made at a time that cannot be', `update transactions set updated_at = 9e15 where id = ?`],
  [
    'asks for a kind that nobody knows',
    `update transaction_texts set request = '{"intent":{"kind":"x"}}' where id = ?`,
  ],
  ['has a request that cannot be read', `update transaction_texts set request = '{' where id = ?`],
  ['has a decision that cannot be read', `update transaction_texts set decision = '{' where id = ?`],
  ['has a decision of another shape', `update transaction_texts set decision = '{"tier":5}' where id = ?`],
  [
    'is signed under a decision that cannot be read',
    `insert into attempt_texts (id, decision, draft, unsigned, authorisation) values (?, '{', '', '', '');
      update transactions set judged_attempt = id where id = ?`,
  ],
])('a payment whose row %s is shown cut, and hides none beside it', async (_, sql) => {
  const odd = await waiting({ memo: 'odd' })
  const next = await waiting({ memo: 'next' })
  for (const each of sql.split(';')) plant(each, odd.id)
  for (const [name, path, as] of lists) {
    const { status, body } = await listed(path, as())
    expect([name, status]).toEqual([name, 200])
    expect(body.items.slice(0, 2).map(({ id }) => id)).toEqual([next.id, odd.id])
    expect(body.items[0]).toMatchObject({ humanAmount: '0.000000000000001', memo: 'next' })
  }
  const alone = await daemon.call<Page['items'][number]>('GET', `/v1/transactions/${odd.id}`, { as: wallet.token })
  expect([alone.status, alone.body.id]).toEqual([200, odd.id])
})

test.each([
  ['has rules that cannot be read', `update policies set rules = '{' where id = ?`, 'its rules are damaged'],
  [
    'has rules of another shape',
    `update policies set rules = '{"max_requests":-1}' where id = ?`,
    'its rules are damaged',
  ],
  [
    'has a type that nobody knows',
    `update policies set type = 'MOON_LIMIT' where id = ?`,
    'does not know policies of type',
  ],
])(
  'a policy whose row %s refuses in plain words, is listed, and can be written anew or deleted',
  async (_, sql, why) => {
    const rules = { max_requests: 1_000, window_seconds: 60 }
    const { id } = await daemon.operator.createPolicy({ walletId: wallet.id, type: 'RATE_LIMIT', rules })
    plant(sql, id)
    // The next change of any policy has them read again.
    const other = await daemon.operator.createPolicy({ walletId: wallet.id, type: 'RATE_LIMIT', rules })
    const body = { type: 'TRANSFER', to: world.newAddress(), amount: '1', network: world.network }
    const refused = await daemon.call('POST', '/v1/transactions/send', { as: wallet.token, body })
    expect(refused).toMatchObject({ status: 403, body: { code: 'POLICY_DENIED' } })
    const { details } = refused.body as unknown as { details: { reasons: { code: string; message: string }[] } }
    expect(details.reasons).toContainEqual(
      expect.objectContaining({
        code: 'POLICY_RULES_CORRUPT',
        message: expect.stringContaining(`waiaas policy delete ${id}`),
      }),
    )
    const { data } = await daemon.operator.listPolicies({ walletId: wallet.id })
    expect(data.find((policy) => policy.id === id)).toMatchObject({ id, problem: expect.stringContaining(why) })
    expect(data.find((policy) => policy.id === other.id)).not.toHaveProperty('problem')
    expect(await daemon.operator.getPolicy({ id })).toMatchObject({ problem: expect.stringContaining(why) })
    const updated = await daemon.call<{ code?: string; problem?: string }>('PUT', `/v1/policies/${id}`, {
      as: 'operator',
      body: { rules },
    })
    expect([updated.status, updated.body.problem]).toEqual([why.startsWith('its') ? 200 : 400, undefined])
    for (const each of [id, other.id])
      expect(await daemon.operator.deletePolicy({ id: each })).toMatchObject({ deleted: true })
  },
)

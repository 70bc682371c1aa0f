import { type EvmNode, startEvm } from '@waiaas/localnet'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Method, startTestDaemon, type TestDaemon } from './support/daemon.ts'
import { evmWallet, newEvmAddress, type TestWallet } from './support/wallets.ts'

let daemon: TestDaemon
let node: EvmNode
let wallet: TestWallet

beforeAll(async () => {
  node = await startEvm()
  daemon = await startTestDaemon({
    env: { WAIAAS_RPC_EVM_LOCAL_EVM: node.url, WAIAAS_ORACLE_FIXED_PRICES: '{"native:local-evm":"2000"}' },
  })
  wallet = await evmWallet(daemon, node)
})
afterAll(async () => {
  await daemon?.stop()
  await node?.stop()
})

const send = (more: object) =>
  daemon.call('POST', '/v1/transactions/send', {
    as: wallet.token,
    body: { type: 'TRANSFER', to: newEvmAddress(), amount: '1', network: 'local-evm', ...more },
  })
const policy = (rules: object, more: object = {}) =>
  daemon.call('POST', '/v1/policies', {
    as: 'operator',
    body: { walletId: wallet.id, type: 'SPENDING_LIMIT', rules, ...more },
  })

test.each([
  ['a misspelt dry run', { dryrun: true }, 'dryrun'],
  ['a field of a later release', { payFeesWith: 'USDC' }, 'payFeesWith'],
  ['a prototype', JSON.parse('{"__proto__":{"dryRun":true}}'), '__proto__'],
  ['a field inside the token', { type: 'TOKEN_TRANSFER', token: { address: newEvmAddress(), fee: 1 } }, 'fee'],
])('a send with %s is refused, named, and pays nothing', async (_, more, name) => {
  const { status, body, text } = await send(more)
  expect([status, body.code]).toEqual([400, 'ACTION_VALIDATION_FAILED'])
  expect(text).toContain(name)
  expect((await daemon.agent(wallet.token).listTransactions()).items).toEqual([])
})

test.each([
  ['a rule that no release knows', { instant_max_usd: 1, weekly_limit_usd: 5 }, 'weekly_limit_usd'],
  ['a rule in the wrong spelling', { instantMaxUsd: 1, daily_limit_usd: 5 }, 'instantMaxUsd'],
  ['a limit inside a token limit', { token_limits: { native: { instant_max: '1', max: '2' } } }, 'max'],
])('a policy with %s is refused and named, so that nobody relies on it', async (_, rules, name) => {
  const { status, body, text } = await policy(rules)
  expect([status, body.code]).toEqual([400, 'ACTION_VALIDATION_FAILED'])
  expect(text).toContain(name)
})

test.each<[string, Method, string, object]>([
  ['a wallet', 'POST', '/v1/wallets', { name: 'x', chain: 'solana', enviroment: 'mainnet' }],
  ['a session', 'POST', '/v1/sessions', { walletId: '', expiresIn: 60 }],
  ['a constraint of a session', 'POST', '/v1/sessions', { walletId: '', constraints: { maxUsd: 1 } }],
  ['a policy', 'POST', '/v1/policies', { walletId: '', type: 'SPENDING_LIMIT', rules: { instant_max_usd: 1 }, on: 1 }],
  ['a setting', 'PUT', '/v1/admin/settings', { settings: [{ key: 'policy.allow_everything', value: 'true' }] }],
])('an unknown field of %s is 400 for the operator as well', async (_, method, path, body) => {
  const filled = 'walletId' in body ? { ...body, walletId: wallet.id } : body
  const answer = await daemon.call(method, path, { as: 'operator', body: filled })
  expect([answer.status, answer.body.code]).toEqual([400, 'ACTION_VALIDATION_FAILED'])
})

test.each<[string, Method, string, object, string | RegExp]>([
  ['left out', 'POST', '/v1/wallets', {}, /^name: expected text, got nothing( \(.+\))?$/],
  ['empty', 'POST', '/v1/wallets', { name: '' }, /^name: expected text of at least 1 character, got an empty text$/],
  ['of another kind', 'POST', '/v1/wallets', { name: 7 }, 'name: expected text, got the number 7'],
  [
    'misspelt',
    'POST',
    '/v1/wallets',
    { name: 'x', environment: 'testnt' },
    /^environment: expected one of .*, got text of 6 characters \(did you mean testnet\?\)$/,
  ],
])('a field that is %s is told in plain words', async (_, method, path, body, message) => {
  const answer = await daemon.call(method, path, { as: 'operator', body })
  expect(answer.body.code).toBe('ACTION_VALIDATION_FAILED')
  expect(answer.body.message).toMatch(message)
})

test('where few fields are known they are named', async () => {
  const body = { walletId: wallet.id, draft: { update: [] } }
  const answer = await daemon.call('POST', '/v1/policies/diff', { as: 'operator', body })
  expect(answer.body.message).toBe('draft.update: unknown field; expected set, add, change, remove')
})

test('an unknown name in a query is 400, and an unknown path is 404 in JSON', async () => {
  const query = await daemon.call('GET', '/v1/transactions?limt=5', { as: wallet.token })
  expect([query.status, query.body.code]).toEqual([400, 'ACTION_VALIDATION_FAILED'])
  const path = await daemon.call('GET', '/v1/no-such-thing', { as: wallet.token })
  expect([path.status, path.body.code]).toEqual([404, 'NOT_FOUND'])
})

test('a body that is no JSON is 400', async () => {
  const answer = await daemon.call('POST', '/v1/transactions/send', { as: wallet.token, body: '{"type":' })
  expect([answer.status, answer.body.code]).toEqual([400, 'MALFORMED_JSON'])
})

test('a body that says the same field twice in different spellings is refused, not guessed', async () => {
  const other = await evmWallet(daemon, node)
  const { status } = await send({ walletId: wallet.id, wallet_id: other.id })
  expect(status).toBe(400)
})

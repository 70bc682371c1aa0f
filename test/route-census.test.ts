import { operations } from '@waiaas/contract'
import { type EvmNode, startEvm } from '@waiaas/localnet'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { census } from '../packages/daemon/src/platform/http/census.ts'
import { MASTER_PASSWORD, type Method, startTestDaemon, type TestDaemon } from './support/daemon.ts'
import { evmOwner } from './support/owners.ts'
import { evmWallet, newEvmAddress, type TestWallet } from './support/wallets.ts'

let daemon: TestDaemon
let node: EvmNode
let mine: TestWallet
let theirs: TestWallet

beforeAll(async () => {
  node = await startEvm()
  daemon = await startTestDaemon({
    env: {
      WAIAAS_RPC_EVM_LOCAL_EVM: node.url,
      WAIAAS_ORACLE_FIXED_PRICES: '{"native:local-evm":"2000"}',
      WAIAAS_SECURITY_RATE_LIMIT_PUBLIC_BURST: '1000000',
    },
  })
  mine = await evmWallet(daemon, node)
  theirs = await evmWallet(daemon, node)
})
afterAll(async () => {
  await daemon?.stop()
  await node?.stop()
})

/** Of somebody who owns a wallet here: a text that is good, and a token that looks. */
async function ofOwner() {
  const owner = evmOwner()
  await daemon.operator.setOwner({ id: theirs.id, ownerAddress: owner.address })
  const signed = await owner.signs(
    (await daemon.operator.getOwnerChallenge({ id: theirs.id, action: 'verify' })).message,
  )
  const { message } = await daemon.operator.getViewChallenge({ address: owner.address })
  return { signed, view: (await daemon.operator.startView({}, { owner: await owner.word(message) })).token }
}

test('every operation admits exactly the callers that its definition names, and refuses wrong inputs', async () => {
  const { token: stopToken } = await daemon.operator.createStopToken({ name: 'census' })
  const { signed, view } = await ofOwner()
  const callers = [
    { kind: 'public', headers: {} },
    { kind: 'agent', headers: { authorization: `Bearer ${mine.token}` } },
    { kind: 'stopper', headers: { authorization: `Bearer ${stopToken}` } },
    { kind: 'operator', headers: { 'x-master-password': MASTER_PASSWORD } },
    { kind: 'owner', headers: signed },
    { kind: 'viewer', headers: { authorization: `Bearer ${view}` } },
  ] as const
  const send = async (request: Request): Promise<Response> => {
    const { pathname, search } = new URL(request.url)
    const body = request.body ? await request.text() : null
    return fetch(`${daemon.url}${pathname}${search}`, { method: request.method, headers: request.headers, body })
  }
  expect(await census(send, operations, callers)).toEqual([])
})

const amount = '0.006'
const pay = (more: object = {}) => ({
  type: 'TRANSFER' as const,
  to: newEvmAddress(),
  amount,
  network: 'local-evm',
  ...more,
})

test('an agent finds neither the wallet nor the transactions nor the sessions of another', async () => {
  const { id } = await daemon.agent(theirs.token).sendToken(pay())
  const wanted: [Method, string, unknown?][] = [
    ['GET', `/v1/wallets/${theirs.id}`],
    ['GET', `/v1/wallets/${theirs.id}/networks`],
    ['GET', `/v1/wallet/address?walletId=${theirs.id}`],
    ['GET', `/v1/wallet/balance?network=local-evm&walletId=${theirs.id}`],
    ['GET', `/v1/wallet/assets?network=local-evm&walletId=${theirs.id}`],
    ['GET', `/v1/policies?walletId=${theirs.id}`],
    ['GET', `/v1/transactions?walletId=${theirs.id}`],
    ['GET', `/v1/transactions/pending?walletId=${theirs.id}`],
    ['GET', `/v1/transactions/${id}`],
    ['POST', `/v1/transactions/${id}/cancel`, {}],
    ['PUT', `/v1/sessions/${theirs.sessionId}/renew`, {}],
    ['POST', '/v1/transactions/send', pay({ walletId: theirs.id })],
    ['POST', '/v1/transactions/send', pay({ walletId: theirs.id, dryRun: true })],
    ['POST', '/v1/transactions/simulate', pay({ walletId: theirs.id })],
  ]
  const answers = await Promise.all(
    wanted.map(async ([method, path, body]) => {
      const { status } = await daemon.call(method, path, { as: mine.token, ...(body !== undefined && { body }) })
      return `${method} ${path.replace(/\?.*/, '')} ${status}`
    }),
  )
  expect(answers).toEqual(wanted.map(([method, path]) => `${method} ${path.replace(/\?.*/, '')} 404`))
})

test('lists show an agent its own wallet, sessions and transactions alone', async () => {
  const agent = daemon.agent(mine.token)
  const [wallets, sessions, transactions] = await Promise.all([
    agent.listWallets(),
    agent.listSessions(),
    agent.listTransactions(),
  ])
  expect(wallets.items.map(({ id }) => id)).toEqual([mine.id])
  expect(sessions.data.map(({ id }) => id)).toEqual([mine.sessionId])
  expect(transactions.items).toEqual([])
})

import { startEvm } from '@waiaas/localnet'
import { expect, onTestFinished, test } from 'vitest'
import { type Answered, changing, startEndpoint } from '../packages/daemon/test/evm-bed.ts'
import { startTestDaemon } from './support/daemon.ts'
import { until } from './support/until.ts'
import { evmWallet, GENEROUS, newEvmAddress } from './support/wallets.ts'

/** A daemon behind an endpoint that answers as the test says, else as its node. */
async function start() {
  const node = await startEvm({ blockTime: 0.25, slotsInAnEpoch: 1 })
  onTestFinished(() => node.stop())
  const answers: Record<string, Answered> = {}
  const { url } = await startEndpoint(changing(node.url, ({ method }) => answers[method]))
  const daemon = await startTestDaemon({
    env: { WAIAAS_RPC_EVM_LOCAL_EVM: url, WAIAAS_ORACLE_FIXED_PRICES: '{"native:local-evm":"2000"}' },
  })
  onTestFinished(() => daemon.stop())
  const limit = { ...GENEROUS, delay_seconds: 900 }
  const payer = async (more: object = {}) => {
    const wallet = await evmWallet(daemon, node, { limit: { ...limit, ...more } })
    const read = async (id: string) =>
      (await daemon.call<Open>('GET', `/v1/transactions/${id}`, { as: wallet.token })).body
    return {
      wallet,
      read,
      async pay(amount = '0.01') {
        const body = { to: newEvmAddress(), amount, network: 'local-evm' }
        return (await daemon.call<{ id: string }>('POST', '/v1/transactions/send', { as: wallet.token, body })).body.id
      },
      says: (id: string, words: RegExp) =>
        until(`it to say ${words}`, async () => words.test((await read(id)).waitReason ?? '')),
      confirmed: (id: string) => until('it to be CONFIRMED', async () => (await read(id)).status === 'CONFIRMED'),
    }
  }
  const rpcCheck = async () => (await daemon.call<Ready>('GET', '/health/ready')).body.checks.rpc
  return { node, daemon, answers, payer, rpcCheck }
}
type Open = { status: string; waitReason: string | null; txHash: string | null }
type Ready = { checks: { rpc: { ok: boolean; message?: string } } }

test('what a node said when it refused a payment stands on it, until it is in a block', async () => {
  const { node, answers, payer } = await start()
  const { pay, says, confirmed, read } = await payer()
  // The node behind has it all the same: a block would take it before anybody has read why it waits.
  await node.rpc('evm_setIntervalMining', [0])
  answers.eth_sendRawTransaction = { error: { code: -32000, message: 'txpool is full' } }
  const id = await pay()
  await says(id, /a node refused it: txpool is full/)
  delete answers.eth_sendRawTransaction
  await node.rpc('evm_setIntervalMining', [1])
  await confirmed(id)
  expect((await read(id)).waitReason).toBeNull()
})

test('while the chain cannot be looked at, what was sent says so, and readiness too; afterwards neither does', async () => {
  const { node, answers, payer, rpcCheck } = await start()
  const { pay, says, confirmed, wallet } = await payer()
  await node.rpc('evm_setIntervalMining', [0])
  const id = await pay()
  await says(id, /in no block yet/)
  answers.eth_getBlockByNumber = { error: { code: -32000, message: 'the database of this node is gone' } }
  await says(id, /the database of this node is gone/)
  const { message = '' } = await rpcCheck()
  expect(message).toMatch(/^local-evm: .*the database of this node is gone/)
  expect(message).not.toContain(wallet.address)
  delete answers.eth_getBlockByNumber
  await node.rpc('evm_setIntervalMining', [1])
  await confirmed(id)
  await until('readiness to be quiet', async () => (await rpcCheck()).message === undefined)
})

test('a receipt that cannot be read concerns its own payment, which says why', async () => {
  const { answers, payer, rpcCheck } = await start()
  const { pay, says, confirmed, read } = await payer()
  answers.eth_getBlockReceipts = { error: { code: -32601, message: 'the method does not exist' } }
  answers.eth_getTransactionReceipt = { result: { status: null } }
  const id = await pay()
  await says(id, /receipt/)
  expect((await read(id)).status).toBe('SUBMITTED')
  const { message = '' } = await rpcCheck()
  expect(message).toMatch(/^local-evm: .*receipt/)
  expect(message).not.toMatch(/0x[0-9a-f]{40}/i)
  delete answers.eth_getTransactionReceipt
  await confirmed(id)
})

test('delays and approvals say what they wait for', async () => {
  const { payer } = await start()
  const { pay, read } = await payer({ instant_max_usd: 1, notify_max_usd: 2, delay_max_usd: 100 })
  const [delay, approval] = [await pay('0.01'), await pay('0.5')]
  expect((await read(delay)).waitReason).toMatch(/^it is delayed until 20\d\d-/)
  expect((await read(approval)).waitReason).toMatch(/^the operator can approve it until 20\d\d-/)
})

test('a payment is told as CONFIRMED as deep in the chain as the operator says, also while it waits for that', async () => {
  const { node, daemon, payer } = await start()
  const set = (blocks: number) =>
    daemon.operator.updateSettings({
      settings: [{ key: 'rpc.confirmations', value: JSON.stringify({ 'local-evm': blocks }) }],
    })
  await set(2)
  await node.rpc('evm_setIntervalMining', [0])
  const { pay, says, confirmed, read } = await payer()
  const id = await pay()
  await says(id, /in no block yet/)
  // It says so while it is on its way to the node.
  const hash = (await read(id)).txHash
  await until('the node to have it', () => node.rpc('eth_getTransactionByHash', [hash]))
  await node.mine(1)
  await says(id, /it is in block \d+, and counts as confirmed after 2 blocks/)
  expect((await read(id)).status).toBe('SUBMITTED')
  await set(1)
  await confirmed(id)
})

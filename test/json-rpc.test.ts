import { type EvmNode, startEvm } from '@waiaas/localnet'
import { createPublicClient, createWalletClient, defineChain, type Hex, http, parseEther, verifyMessage } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Engine } from '../packages/daemon/src/platform/db/database.ts'
import { startTestDaemon, type TestDaemon } from './support/daemon.ts'
import { asNode, proxyUrl } from './support/json-rpc.ts'
import { until } from './support/until.ts'
import { evmBalance, evmWallet, GENEROUS, newEvmAddress, type TestWallet } from './support/wallets.ts'

let node: EvmNode
let daemon: TestDaemon
let wallet: TestWallet

const environment = () => ({
  WAIAAS_RPC_EVM_LOCAL_EVM: node.url,
  WAIAAS_ORACLE_FIXED_PRICES: '{"native:local-evm":"2000"}',
  WAIAAS_RPC_PROXY_ENABLED: 'true',
  WAIAAS_RPC_PROXY_DELAY_TIMEOUT_SECONDS: '15',
})
beforeAll(async () => {
  node = await startEvm()
  daemon = await startTestDaemon({ env: environment() })
  wallet = await evmWallet(daemon, node, {
    limit: { ...GENEROUS, instant_max_usd: 3_000, notify_max_usd: 3_000, delay_max_usd: 4_000, delay_seconds: 600 },
  })
})
afterAll(async () => {
  await daemon?.stop()
  await node?.stop()
})

const hex = (value: bigint | number): Hex => `0x${value.toString(16)}`
const paid = async (to: string) => evmBalance(node, to)
const ofWallet = async ({ id }: TestWallet) =>
  (await daemon.operator.adminListTransactions({ wallet_id: id, limit: 100 })).items

describe('a wallet as a node', () => {
  test('tells its account and chain, and what the chain says', async () => {
    const { ask } = asNode(daemon, wallet)
    expect((await ask('eth_chainId')).result).toBe('0x7a69')
    expect((await ask('net_version')).result).toBe('31337')
    expect((await ask('eth_accounts')).result).toEqual([wallet.address])
    expect((await ask('eth_requestAccounts')).result).toEqual([wallet.address])
    expect((await ask('eth_getBalance', [wallet.address, 'latest'])).result).toBe(hex(1_000n * 10n ** 18n))
    expect((await ask('web3_clientVersion')).result).toMatch(/^WAIaaS\//)
    const reverted = await ask('eth_call', [{ to: wallet.address, data: '0x', value: hex(10n ** 30n) }, 'latest'])
    expect(reverted.error?.message).toMatch(/funds|balance/i)
  })

  test('answers nothing that is not in its table', async () => {
    const { ask } = asNode(daemon, wallet)
    const others = ['eth_sendRawTransaction', 'eth_sign', 'personal_unlockAccount', 'debug_traceCall', 'admin_peers']
    const nodes = [
      'anvil_setBalance',
      'evm_mine',
      'hardhat_impersonateAccount',
      'eth_newFilter',
      'constructor',
      '__proto__',
    ]
    for (const method of [...others, ...nodes, 'toString', 'eth_mining', 'txpool_content']) {
      const { error } = await ask(method, ['0x1'])
      expect(error?.code).toBe(-32_601)
    }
    expect((await ask('eth_sign')).error?.message).toContain('personal_sign')
  })

  test('pays with viem, and tells the hash', async () => {
    const chain = defineChain({
      ...{ id: 31_337, name: 'local', nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 } },
      rpcUrls: { default: { http: [proxyUrl(daemon, wallet)] } },
    })
    const transport = http(undefined, { fetchOptions: { headers: { authorization: `Bearer ${wallet.token}` } } })
    const viem = createWalletClient({ account: wallet.address as Hex, chain, transport })
    const reader = createPublicClient({ chain, transport, pollingInterval: 50 })
    const to = newEvmAddress() as Hex
    const hash = await viem.sendTransaction({ to, value: parseEther('0.5') })
    const receipt = await reader.waitForTransactionReceipt({ hash })
    expect(receipt.status).toBe('success')
    expect(await paid(to)).toBe(parseEther('0.5'))

    const asked = viem.signMessage({ message: 'I own this wallet' })
    await approveOne()
    const signature = await asked
    expect(await verifyMessage({ address: wallet.address as Hex, message: 'I own this wallet', signature })).toBe(true)
    // A refusal shows its reason in the client's own error.
    const call = { to: newEvmAddress() as Hex, data: '0xd0e30db0' } as const
    await expect(viem.sendTransaction(call)).rejects.toThrow(/contract/i)
  })

  test('honours the gas and the fees of its client, and takes the nonce that comes next', async () => {
    const { ask } = asNode(daemon, wallet)
    const to = newEvmAddress()
    const next = Number((await ask('eth_getTransactionCount', [wallet.address, 'pending'])).result)
    const terms = { gas: hex(50_000), maxFeePerGas: hex(7n * 10n ** 9n), maxPriorityFeePerGas: hex(10n ** 9n) }
    const tx = { from: wallet.address, to, value: hex(1), nonce: hex(next), ...terms }
    const wrong = await ask('eth_sendTransaction', [{ ...tx, nonce: hex(next + 1) }])
    expect(wrong.error).toMatchObject({ code: -32_003, data: { details: { nonce: next } } })
    const { result } = await ask('eth_sendTransaction', [tx])
    expect(await node.rpc('eth_getTransactionByHash', [result])).toMatchObject({ nonce: hex(next), ...terms })
    // Asked for again it is the same, also when it has been heard.
    expect((await ask('eth_sendTransaction', [tx])).result).toBe(result)
    const other = await ask('eth_sendTransaction', [{ ...tx, value: hex(2) }])
    expect(other.error?.message).toContain(`expected nonce ${next + 1}`)
    expect(await paid(to)).toBe(1n)
  })

  test('pays twice what is asked for twice, when the first was heard', async () => {
    const { ask } = asNode(daemon, wallet)
    const to = newEvmAddress()
    const tx = { from: wallet.address, to, value: hex(5) }
    const first = (await ask('eth_sendTransaction', [tx])).result
    const second = (await ask('eth_sendTransaction', [tx])).result
    expect(second).not.toBe(first)
    await until('both to land', async () => (await paid(to)) === 10n)
  })

  test('makes a contract when a human lets it', async () => {
    const { ask } = asNode(daemon, wallet)
    const asked = ask('eth_sendTransaction', [
      { from: wallet.address, data: '0x600a600c600039600a6000f3602a60005260206000f3' },
    ])
    await approveOne()
    const { result } = await asked
    const receipt = await until('its receipt', async () => (await ask('eth_getTransactionReceipt', [result])).result)
    expect(
      await node.rpc('eth_getCode', [(receipt as { contractAddress: string }).contractAddress, 'latest']),
    ).not.toBe('0x')
  })

  const untilQueued = () =>
    until('one to wait', async () => {
      const waiting = (await ofWallet(wallet)).filter(({ status }) => status === 'QUEUED')
      return waiting.length > 0 && waiting
    })

  async function approveOne(): Promise<void> {
    const [waiting] = await untilQueued()
    await daemon.operator.adminApproveTransaction({ id: waiting!.id })
  }

  test('says who has rejected what, and asks anew when the same comes again', async () => {
    const { ask } = asNode(daemon, wallet)
    const tx = { from: wallet.address, to: newEvmAddress(), value: hex(parseEther('3')) }
    for (const _ of [1, 2]) {
      const asked = ask('eth_sendTransaction', [tx])
      const [waiting] = await untilQueued()
      await daemon.operator.adminRejectTransaction({ id: waiting!.id })
      const { error } = await asked
      expect(error).toMatchObject({ code: 4_001, data: { transactionId: waiting!.id, status: 'CANCELLED' } })
      expect(error?.message).toContain('rejected by the operator')
    }
    expect(await paid(tx.to)).toBe(0n)
  })

  test('finds what a client asks for again that did not wait for the end', async () => {
    const { ask } = asNode(daemon, wallet)
    const tx = { from: wallet.address, to: newEvmAddress(), value: hex(parseEther('3') + 1n) }
    const gone = new AbortController()
    const lost = ask('eth_sendTransaction', [tx], { signal: gone.signal })
    const [waiting] = await untilQueued()
    gone.abort()
    await expect(lost).rejects.toThrow()
    await daemon.operator.updateSettings({ settings: [{ key: 'rpc_proxy.approval_timeout_seconds', value: '1' }] })
    const { error } = await ask('eth_sendTransaction', [tx])
    expect(error).toMatchObject({
      code: -32_002,
      data: { transactionId: waiting!.id, status: 'QUEUED', tier: 'APPROVAL' },
    })
    expect(error?.message).toContain('finds this one')
    await daemon.operator.updateSettings({ settings: [{ key: 'rpc_proxy.approval_timeout_seconds', value: '600' }] })
    const third = ask('eth_sendTransaction', [tx])
    await daemon.operator.adminApproveTransaction({ id: waiting!.id })
    expect((await third).result).toMatch(/^0x[0-9a-f]{64}$/)
    await until('it to land', async () => (await paid(tx.to)) === BigInt(tx.value))
    expect((await ofWallet(wallet)).filter(({ toAddress }) => toAddress?.toLowerCase() === tx.to)).toHaveLength(1)
  })

  test('finds a payment that is asked for again with other gas and fees, as a client does that works them out anew', async () => {
    const { ask } = asNode(daemon, wallet)
    const tx = { from: wallet.address, to: newEvmAddress(), value: hex(parseEther('3') + 2n) }
    const gone = new AbortController()
    const lost = ask('eth_sendTransaction', [{ ...tx, gas: hex(30_000) }], { signal: gone.signal })
    const [waiting] = await untilQueued()
    gone.abort()
    await expect(lost).rejects.toThrow()
    const fees = { maxFeePerGas: hex(5n * 10n ** 9n), maxPriorityFeePerGas: hex(10n ** 9n) }
    const again = [{}, { gas: hex(40_000) }, { gasLimit: hex(30_000), ...fees }, { gasPrice: hex(4n * 10n ** 9n) }]
    const answers = again.map((terms) => ask('eth_sendTransaction', [{ ...tx, ...terms }]))
    await daemon.operator.adminApproveTransaction({ id: waiting!.id })
    const hashes = (await Promise.all(answers)).map(({ result }) => result)
    expect(new Set(hashes).size).toBe(1)
    expect(hashes[0]).toMatch(/^0x[0-9a-f]{64}$/)
    await until('it to land', async () => (await paid(tx.to)) === BigInt(tx.value))
    expect((await ofWallet(wallet)).filter(({ toAddress }) => toAddress?.toLowerCase() === tx.to)).toHaveLength(1)
    // Each of them has heard of it; another one is another payment.
    const other = ask('eth_sendTransaction', [{ ...tx, ...fees }])
    const [second] = await untilQueued()
    expect(second!.id).not.toBe(waiting!.id)
    await daemon.operator.adminRejectTransaction({ id: second!.id })
    expect((await other).error?.code).toBe(4_001)
  })

  test('keeps the nonce that a request names behind one that waits, and says the right one when that ends', async () => {
    const { ask } = asNode(daemon, wallet)
    const next = async () => Number((await ask('eth_getTransactionCount', [wallet.address, 'pending'])).result)
    for (const answer of ['approve', 'reject'] as const) {
      const before = await next()
      const [large, small] = [newEvmAddress(), newEvmAddress()]
      const waits = ask('eth_sendTransaction', [{ to: large, value: hex(parseEther('3')), nonce: hex(before) }])
      const [waiting] = await untilQueued()
      expect(await next()).toBe(before + 1)
      const behind = ask('eth_sendTransaction', [{ to: small, value: hex(1), nonce: hex(before + 1) }])
      await until('it to be accepted', async () => (await next()) === before + 2)
      const { id } = waiting!
      if (answer === 'approve') await daemon.operator.adminApproveTransaction({ id })
      else await daemon.operator.adminRejectTransaction({ id })
      if (answer === 'approve') {
        expect((await waits).result).toMatch(/^0x/)
        expect(await node.rpc('eth_getTransactionByHash', [(await behind).result])).toMatchObject({
          nonce: hex(before + 1),
        })
      } else {
        expect((await waits).error?.code).toBe(4_001)
        expect((await behind).error?.message).toContain(`expected nonce ${before}`)
        expect(await paid(small)).toBe(0n)
      }
    }
  })

  test('makes several calls as one plan, under the name that its client gives them', async () => {
    const { ask } = asNode(daemon, wallet)
    const [one, two] = [newEvmAddress(), newEvmAddress()]
    const calls = [one, two].map((to, at) => ({ to, value: hex(at + 1) }))
    const bundle = { version: '2.0.0', id: 'rent', chainId: '0x7a69', atomicRequired: false, calls }
    expect((await ask('wallet_sendCalls', [{ ...bundle, atomicRequired: true }])).error?.code).toBe(5_760)
    for (const _ of [1, 2]) expect((await ask('wallet_sendCalls', [bundle])).result).toEqual({ id: 'rent' })
    expect((await ask('wallet_sendCalls', [{ ...bundle, calls: calls.slice(1) }])).error?.code).toBe(5_720)
    const status = async () =>
      (await ask('wallet_getCallsStatus', ['rent'])).result as { status: number; receipts: object[] }
    const done = await until('all to land', async () => {
      const now = await status()
      return now.status === 200 && now
    })
    expect(done.receipts).toHaveLength(2)
    expect([await paid(one), await paid(two)]).toEqual([1n, 2n])
    expect((await ask('wallet_getCallsStatus', ['other'])).error?.code).toBe(5_730)
    const capabilities = (await ask('wallet_getCapabilities', [wallet.address])).result
    expect(capabilities).toEqual({ '0x7a69': { atomic: { status: 'unsupported' } } })
  })
})

describe('what somebody tries', () => {
  const send = (tx: object, more: object = {}) => ({
    ...{ jsonrpc: '2.0', id: 1, method: 'eth_sendTransaction', params: [tx] },
    ...more,
  })

  test('with a token of another wallet, with none, or at another path', async () => {
    const other = await evmWallet(daemon, node)
    const { post } = asNode(daemon, wallet)
    const chain = { jsonrpc: '2.0', id: 1, method: 'eth_accounts' }
    for (const [status, sending] of [
      [200, {}],
      [401, { headers: { authorization: 'Bearer wai_sess_no' } }],
      [401, { headers: { authorization: '' } }],
      [404, { url: proxyUrl(daemon, other) }],
      [400, { url: proxyUrl(daemon, wallet, 1) }],
      [404, { url: `${proxyUrl(daemon, wallet)}x` }],
      [401, { url: `${proxyUrl(daemon, wallet)}/more` }],
      [415, { headers: { 'content-type': 'text/plain' } }],
      [403, { headers: { origin: 'https://example.org' } }],
    ] as const) {
      const { status: got, answer } = await post(chain, sending)
      expect([got, sending]).toEqual([status, sending])
      expect(answer.error === undefined).toBe(status === 200)
    }
  })

  test('with requests that are none, and batches that are too long', async () => {
    const { post } = asNode(daemon, wallet)
    expect((await post('{')).answer.error?.code).toBe(-32_700)
    expect((await post([])).answer.error?.code).toBe(-32_600)
    const thousand = await post(
      Array.from({ length: 1_000 }, (_, id) => ({ jsonrpc: '2.0', id, method: 'eth_chainId' })),
    )
    expect(thousand.answer.error).toMatchObject({ code: -32_600, message: expect.stringContaining('100 messages') })
    const odd = [
      1,
      null,
      'x',
      [],
      {},
      { jsonrpc: '1.0', id: 1, method: 'a' },
      { jsonrpc: '2.0', id: {}, method: 'eth_chainId' },
    ]
    const { answer } = await post([...odd, { jsonrpc: '2.0', id: 'a', method: 'eth_chainId', params: {} }])
    const codes = (answer as unknown as { error: { code: number } }[]).map(({ error }) => error.code)
    // What has no id is told nothing.
    expect(codes).toEqual([...odd.slice(1).map(() => -32_600), -32_602])
    const mixed = await post([
      { jsonrpc: '2.0', id: 7, method: 'eth_chainId' },
      { jsonrpc: '2.0', method: 'eth_chainId' },
      { jsonrpc: '2.0', id: 'b', method: 'eth_nothing' },
    ])
    expect(mixed.answer).toMatchObject([
      { id: 7, result: '0x7a69' },
      { id: 'b', error: { code: -32_601 } },
    ])
  })

  test('to pay where nobody hears of it, from elsewhere, or in a way that is not understood', async () => {
    const { post } = asNode(daemon, wallet)
    const tx = { to: newEvmAddress(), value: '0x1' }
    expect(await post(send(tx, { id: undefined }))).toMatchObject({ status: 204, text: '' })
    expect((await post(send(tx, { id: null }))).answer.error?.code).toBe(-32_600)
    for (const odd of [
      { from: newEvmAddress() },
      { type: '0x3' },
      { type: '0x4', authorizationList: [] },
      { chainId: '0x1' },
      { data: '0x12' },
      { data: '0xd0e30db0', input: '0x' },
      { value: '-1' },
      { value: 1.5 },
      { nonce: 'ff' },
      { to: 7 },
      { accessList: [{ address: newEvmAddress(), storageKeys: [] }] },
      { blobVersionedHashes: ['0x01'] },
      { gas: '0x5208', gasLimit: '0x5209' },
    ]) {
      const { answer } = await post(send({ ...tx, ...odd }))
      expect([answer.error?.code, odd]).toEqual([-32_602, odd])
    }
    expect(await paid(tx.to)).toBe(0n)
  })

  test('with fees that would burn the wallet', async () => {
    const { post } = asNode(daemon, wallet)
    const tx = { to: newEvmAddress(), value: '0x1', gas: hex(16_000_000), maxFeePerGas: hex(10n ** 15n) }
    const tip = { ...tx, maxPriorityFeePerGas: hex(10n ** 15n + 1n) }
    expect((await post(send(tip))).answer.error?.message).toContain('tip of at most')
    await daemon.operator.updateSettings({ settings: [{ key: 'rpc_proxy.approval_timeout_seconds', value: '1' }] })
    expect((await post(send({ ...tx, maxPriorityFeePerGas: hex(10n ** 15n) }))).answer.error?.code).toBeLessThan(0)
    await daemon.operator.updateSettings({ settings: [{ key: 'rpc_proxy.approval_timeout_seconds', value: '600' }] })
    expect(await paid(tx.to)).toBe(0n)
  })

  test('while it is off, or everything is stopped', async () => {
    const own = await evmWallet(daemon, node)
    const { post, ask } = asNode(daemon, own)
    await daemon.operator.updateSettings({ settings: [{ key: 'rpc_proxy.enabled', value: 'false' }] })
    const { status, answer } = await post({ jsonrpc: '2.0', id: 1, method: 'eth_chainId' })
    expect([status, answer.error?.message]).toEqual([503, expect.stringContaining('rpc_proxy.enabled')])
    await daemon.operator.updateSettings({ settings: [{ key: 'rpc_proxy.enabled', value: 'true' }] })
    expect((await ask('eth_chainId')).result).toBe('0x7a69')
    await daemon.operator.suspendWallet({ id: own.id })
    expect((await ask('eth_sendTransaction', [{ to: newEvmAddress(), value: '0x1' }])).error?.code).toBe(4_100)
    await daemon.operator.revokeSession({ id: own.sessionId })
    expect((await post({ jsonrpc: '2.0', id: 1, method: 'eth_chainId' })).status).toBe(401)
  })
})

describe.each<Engine>(['sqlite', 'postgres'])('on %s', (engine) => {
  test('twenty retries at once of one payment are one payment, also across a restart', async () => {
    const own = await startTestDaemon({ engine, env: environment() })
    try {
      const payer = await evmWallet(own, node)
      const tx = { from: payer.address, to: newEvmAddress(), value: hex(77) }
      const { ask } = asNode(own, payer)
      const answers = await Promise.all(Array.from({ length: 20 }, () => ask('eth_sendTransaction', [tx])))
      expect(new Set(answers.map(({ result }) => result)).size).toBe(1)
      await until('it to land', async () => (await paid(tx.to)) === 77n)
      const placed = { ...tx, to: newEvmAddress(), nonce: hex(1) }
      const before = await ask('eth_sendTransaction', [placed])
      await own.terminate()
      await own.restart()
      const after = await asNode(own, payer).ask('eth_sendTransaction', [placed])
      expect(after).toEqual(before)
      await until('the second to land', async () => (await paid(placed.to)) === 77n)
      expect(await paid(tx.to)).toBe(77n)
    } finally {
      await own.stop()
    }
  })
})

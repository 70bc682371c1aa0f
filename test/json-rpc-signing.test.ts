import type { TypedDataInput } from '@waiaas/contract'
import { deployEvmFixtures, type EvmNode, mintToken, startEvm } from '@waiaas/localnet'
import {
  createWalletClient,
  defineChain,
  encodeFunctionData,
  erc20Abi,
  type Hex,
  http,
  parseEther,
  parseTransaction,
  recoverTransactionAddress,
  verifyTypedData,
} from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestDaemon, type TestDaemon } from './support/daemon.ts'
import { asNode, proxyUrl } from './support/json-rpc.ts'
import { fieldsOf } from './support/permits.ts'
import { until } from './support/until.ts'
import { evmBalance, evmWallet, newEvmAddress, type TestWallet } from './support/wallets.ts'

// What the JSON-RPC proxy signs and never sends is judged as it is everywhere else.

const LIMITS = { instant_max_usd: 200, notify_max_usd: 200, delay_max_usd: 500, daily_limit_usd: 1_000 }
const SPENDER = newEvmAddress()
let node: EvmNode
let daemon: TestDaemon
let token: string
beforeAll(async () => {
  node = await startEvm()
  token = (await deployEvmFixtures(node)).permitToken.toLowerCase()
  const prices = JSON.stringify({ 'native:local-evm': '2000', [`eip155:31337/erc20:${token}`]: '1' })
  daemon = await startTestDaemon({
    env: {
      WAIAAS_RPC_EVM_LOCAL_EVM: node.url,
      WAIAAS_ORACLE_FIXED_PRICES: prices,
      WAIAAS_RPC_PROXY_ENABLED: 'true',
    },
  })
})
afterAll(async () => {
  await daemon?.stop()
  await node?.stop()
})

/** A wallet that one spender may be allowed to take a token from, and its node. */
async function shop() {
  const wallet = await evmWallet(daemon, node, { limit: LIMITS })
  await mintToken(node, token, { to: wallet.address, amount: 1_000_000_000n })
  for (const [type, rules] of [
    ['ALLOWED_TOKENS', { tokens: [{ address: token }] }],
    ['APPROVED_SPENDERS', { spenders: [{ address: SPENDER }] }],
  ] as const)
    await daemon.operator.createPolicy({ walletId: wallet.id, type, rules } as never)
  return { wallet, ...asNode(daemon, wallet) }
}

const hex = (value: bigint | number): Hex => `0x${value.toString(16)}`
const FEES = { maxFeePerGas: hex(5n * 10n ** 9n), maxPriorityFeePerGas: hex(10n ** 9n) }
const whole = (tx: object = {}) => ({
  to: newEvmAddress(),
  value: hex(5),
  nonce: '0x0',
  gas: hex(21_000),
  ...FEES,
  ...tx,
})

async function waiting({ id }: TestWallet): Promise<string> {
  return until('it to wait', async () => {
    const { items } = await daemon.operator.adminListTransactions({ wallet_id: id, status: 'QUEUED' })
    return items[0]?.id
  })
}

describe('eth_signTransaction', () => {
  test('signs what its client sends, once however often it is asked for, and lets the next one follow', async () => {
    const { wallet, ask } = await shop()
    const tx = whole()
    const { result } = await ask('eth_signTransaction', [tx])
    const raw = result as Hex & `0x02${string}`
    expect(parseTransaction(raw)).toMatchObject({ to: tx.to, value: 5n, gas: 21_000n, maxFeePerGas: 5n * 10n ** 9n })
    expect((await recoverTransactionAddress({ serializedTransaction: raw })).toLowerCase()).toBe(
      wallet.address.toLowerCase(),
    )
    expect((await ask('eth_signTransaction', [tx])).result).toBe(raw)
    const { items } = await daemon.operator.adminListTransactions({ wallet_id: wallet.id })
    expect(items).toMatchObject([{ status: 'SIGNED' }])
    expect(await evmBalance(node, tx.to)).toBe(0n)
    await node.rpc('eth_sendRawTransaction', [raw])
    const { result: hash } = await ask('eth_sendTransaction', [{ to: tx.to, value: hex(2), nonce: '0x1' }])
    expect(hash).toMatch(/^0x/)
    await until('both to land', async () => (await evmBalance(node, tx.to)) === 7n)
  })

  test('is what viem asks of an account of a node, with the older fees too', async () => {
    const { wallet } = await shop()
    const chain = defineChain({
      ...{ id: 31_337, name: 'local', nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 } },
      rpcUrls: { default: { http: [proxyUrl(daemon, wallet)] } },
    })
    const transport = http(undefined, { fetchOptions: { headers: { authorization: `Bearer ${wallet.token}` } } })
    const viem = createWalletClient({ account: wallet.address as Hex, chain, transport })
    const to = newEvmAddress() as Hex
    const named = { to, value: 1n, nonce: 0, gas: 21_000n, gasPrice: 5n * 10n ** 9n, type: 'legacy' } as const
    const signed = (await viem.signTransaction(named)) as Hex
    expect(parseTransaction(signed)).toMatchObject({ to, value: 1n, type: 'legacy', chainId: 31_337 })
    await node.rpc('eth_sendRawTransaction', [signed])
    await until('it to land', async () => (await evmBalance(node, to)) === 1n)
    await expect(viem.signTransaction({ ...named, nonce: 1, value: parseEther('0.9') })).rejects.toThrow(/does not fit/)
  })

  test('signs nothing that policies refuse, and nothing that its client leaves open', async () => {
    const { wallet, ask } = await shop()
    const approve = (spender: string) =>
      encodeFunctionData({ abi: erc20Abi, functionName: 'approve', args: [spender as Hex, 5_000_000n] })
    for (const odd of [
      { value: hex(parseEther('0.9')) },
      { data: '0xd0e30db0', gas: hex(60_000) },
      { to: token, value: '0x0', gas: hex(60_000), data: approve(newEvmAddress()) },
    ]) {
      const { error } = await ask('eth_signTransaction', [whole(odd)])
      expect(error).toMatchObject({ code: -32_003, data: { code: 'POLICY_DENIED' } })
    }
    for (const odd of [
      { nonce: undefined },
      { gas: undefined },
      { maxFeePerGas: undefined },
      { maxPriorityFeePerGas: undefined },
      { type: '0x0' },
      { type: '0x1' },
      { type: '0x2', maxFeePerGas: undefined, maxPriorityFeePerGas: undefined, gasPrice: '0x1' },
      { chainId: '0x1' },
      { from: newEvmAddress() },
      { to: '0x12' },
      { authorizationList: [] },
    ])
      expect([(await ask('eth_signTransaction', [whole(odd)])).error?.code, odd]).toEqual([-32_602, odd])
    for (const odd of [{ gas: '0x1' }, { maxPriorityFeePerGas: hex(6n * 10n ** 9n) }]) {
      const { error } = await ask('eth_signTransaction', [whole(odd)])
      expect(error).toMatchObject({ code: -32_003, data: { code: 'INVALID_TRANSACTION' } })
    }
    const wrong = await ask('eth_signTransaction', [whole({ nonce: '0x3' })])
    expect(wrong.error).toMatchObject({ code: -32_003, data: { details: { nonce: 0 } } })
    expect((await daemon.operator.adminListTransactions({ wallet_id: wallet.id, status: 'SIGNED' })).items).toEqual([])
  })

  test('waits for a person, whose answer the same request hears', async () => {
    const { wallet, ask } = await shop()
    const tx = whole({ value: hex(parseEther('0.3')) })
    for (const says of ['reject', 'approve'] as const) {
      const gone = new AbortController()
      const lost = ask('eth_signTransaction', [tx], { signal: gone.signal })
      const id = await waiting(wallet)
      gone.abort()
      await expect(lost).rejects.toThrow()
      const again = ask('eth_signTransaction', [tx])
      if (says === 'reject') {
        await daemon.operator.adminRejectTransaction({ id })
        expect((await again).error).toMatchObject({ code: 4_001, data: { transactionId: id } })
      } else {
        await daemon.operator.adminApproveTransaction({ id, overCeiling: true })
        expect((await again).result).toMatch(/^0x02/)
      }
    }
  })

  test('gives one nonce to one of two clients, whichever way they ask', async () => {
    const { wallet, ask } = await shop()
    const asked = [...[1, 2, 3].map(() => ask('eth_signTransaction', [whole()])), ask('eth_sendTransaction', [whole()])]
    const { result } = await Promise.any(
      asked.map(async (each) => ((await each).error ? Promise.reject(new Error('refused')) : each)),
    )
    // What was signed for its sender holds up those behind it until it has landed.
    const isHash = String(result).length === 66
    if (!isHash) await node.rpc('eth_sendRawTransaction', [result])
    const answers = await Promise.all(asked)
    expect(answers.filter(({ result }) => result !== undefined)).toHaveLength(1)
    for (const { error } of answers.filter((each) => each.error)) expect(error?.message).toMatch(/nonce/)
    const { items } = await daemon.operator.adminListTransactions({ wallet_id: wallet.id })
    expect(items.filter(({ txHash }) => txHash !== null)).toHaveLength(1)
  })
})

describe('texts and typed data', () => {
  const permit = (owner: string, message: object = {}, domain: object = {}) => ({
    domain: { name: 'Test USD', version: '2', chainId: 31_337, verifyingContract: token, ...domain },
    types: { Permit: fieldsOf('address owner,address spender,uint256 value,uint256 nonce,uint256 deadline') },
    primaryType: 'Permit',
    message: {
      ...{ owner, spender: SPENDER, value: '8000000', nonce: 0, deadline: Math.floor(Date.now() / 1_000) + 600 },
      ...message,
    },
  })

  test('a permit within the limits is signed, as an object and as JSON, and counts as what it lets others take', async () => {
    const { wallet, ask } = await shop()
    const data = permit(wallet.address)
    const { result } = await ask('eth_signTypedData_v4', [wallet.address, JSON.stringify(data)])
    const signature = result as Hex
    const address = wallet.address as Hex
    expect(await verifyTypedData({ address, ...(data as never as object), signature } as never)).toBe(true)
    expect((await ask('eth_signTypedData_v4', [wallet.address, data])).result).toBe(signature)
    const { items } = await daemon.operator.adminListTransactions({ wallet_id: wallet.id })
    expect(new Set(items.map(({ status }) => status))).toEqual(new Set(['SIGNED']))
    const more = await ask('eth_signTypedData_v4', [address, permit(address, { value: '1100000000', nonce: 1 })])
    expect(more.error).toMatchObject({ code: -32_003, data: { code: 'POLICY_DENIED' } })
  })

  test('what is refused is refused with the reason that every other door gives', async () => {
    const { wallet, ask } = await shop()
    const { address } = wallet
    const agent = daemon.agent(wallet.token)
    const network = 'local-evm'
    for (const data of [
      permit(address, { spender: newEvmAddress() }),
      permit(address, { value: String(2n ** 256n - 1n) }),
      permit(address, { deadline: String(2n ** 256n - 1n) }),
      permit(address, {}, { verifyingContract: newEvmAddress() }),
      permit(address, {}, { chainId: 1 }),
      permit(newEvmAddress()),
      { ...permit(address), primaryType: 'Other' },
      { ...permit(address), domain: {} },
    ]) {
      const asked = { signType: 'typedData', typedData: data as TypedDataInput, network } as const
      const elsewhere = await agent.signMessage(asked).catch((error: Error & { code: string }) => error)
      expect(elsewhere).toBeInstanceOf(Error)
      const { error } = await ask('eth_signTypedData_v4', [address, data])
      expect(error?.data?.code).toBe((elsewhere as unknown as { code: string }).code)
      expect(error?.message).toBe((elsewhere as Error).message)
      expect(error?.code).toBeLessThan(0)
    }
    const { items } = await daemon.operator.adminListTransactions({ wallet_id: wallet.id, status: 'SIGNED' })
    expect(items).toEqual([])
  })

  test('nobody else signs, nothing that cannot be read is signed, and a stop stops all of it', async () => {
    const { wallet, ask } = await shop()
    const { address } = wallet
    const other = newEvmAddress()
    for (const [method, params] of [
      ['personal_sign', ['hello', other]],
      ['personal_sign', [address, 'hello']],
      ['personal_sign', ['0xff00', address]],
      ['personal_sign', [`0x${'ab'.repeat(32)}`, address]],
      ['personal_sign', ['0x', address]],
      ['personal_sign', [7, address]],
      ['eth_signTypedData_v4', [other, permit(other)]],
      ['eth_signTypedData_v4', [address, '{']],
      ['eth_signTypedData_v4', [address, []]],
      ['eth_signTransaction', [address]],
      ['eth_signTransaction', []],
    ] as const) {
      const { error } = await ask(method, [...params])
      expect([method, params, error?.code]).toEqual([method, params, -32_602])
    }
    const asked = ask('personal_sign', ['a text that a person reads', address])
    const id = await waiting(wallet)
    await daemon.operator.adminRejectTransaction({ id })
    expect((await asked).error).toMatchObject({ code: 4_001, data: { transactionId: id } })
    await daemon.operator.suspendWallet({ id: wallet.id })
    for (const [method, params] of [
      ['personal_sign', ['hello', address]],
      ['eth_signTypedData_v4', [address, permit(address)]],
      ['eth_signTransaction', [whole()]],
    ] as const) {
      const { error } = await ask(method, [...params])
      expect([method, error?.code]).toEqual([method, 4_100])
    }
  })
})

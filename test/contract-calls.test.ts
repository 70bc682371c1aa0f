import { readFileSync } from 'node:fs'
import { SENDABLE } from '@waiaas/contract'
import { deployEvmFixtures, type EvmFixtures, evmContracts, evmFaucet, mintToken } from '@waiaas/localnet'
import { type Abi, encodeDeployData, encodeFunctionData, type Hex, parseAbi, recoverMessageAddress } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestDaemon, type TestDaemon } from './support/daemon.ts'
import { unsignedPayment } from './support/unsigned.ts'
import { until } from './support/until.ts'
import { GENEROUS, type TestWallet } from './support/wallets.ts'
import { type EvmWorld, evmWorld } from './support/worlds.ts'

let world: EvmWorld
let daemon: TestDaemon
let wallet: TestWallet
let at: EvmFixtures
const network = 'local-evm'
const token = parseAbi(['function transfer(address,uint256)', 'function multicall(bytes[])'])

beforeAll(async () => {
  world = await evmWorld()
  at = await deployEvmFixtures(world.node)
  daemon = await startTestDaemon({
    env: {
      ...world.env,
      WAIAAS_ORACLE_FIXED_PRICES: JSON.stringify({
        'native:local-evm': '2000',
        [`eip155:31337/erc20:${at.plainToken.toLowerCase()}`]: '1',
      }),
    },
  })
  wallet = await world.wallet(daemon, { limit: { ...GENEROUS, instant_max_usd: 100 } })
  await mintToken(world.node, at.plainToken, { to: wallet.address, amount: 10n ** 24n })
  await daemon.operator.createPolicy({
    type: 'ALLOWED_TOKENS',
    rules: { tokens: [{ address: at.plainToken }] },
  })
})
afterAll(async () => {
  await daemon.stop()
  await world.stop()
})

type Sent = { id: string; status: string; tier: string; code?: string; details?: { reasons: { code: string }[] } }
const send = (body: Record<string, unknown>) =>
  daemon.call<Sent>('POST', '/v1/transactions/send', { as: wallet.token, body: { network, ...body } })
const call = (to: string, body: Record<string, unknown>) => send({ type: 'CONTRACT_CALL', to, ...body })
const outcome = async (answer: ReturnType<typeof send>) => {
  const { status, body } = await answer
  return status === 201 ? body.tier : (body.details?.reasons.map(({ code }) => code).join() ?? body.code)
}
async function ended(answer: ReturnType<typeof send>) {
  const { id } = (await answer).body
  return until(`transaction ${id} to end`, async () => {
    const row = await daemon.operator.getTransaction({ id })
    return ['CONFIRMED', 'FAILED', 'CANCELLED'].includes(row.status) && row
  })
}
const pay = (to: string, amount: bigint): Hex =>
  encodeFunctionData({ abi: token, functionName: 'transfer', args: [to as Hex, amount] })
const policy = (type: 'CONTRACT_WHITELIST' | 'METHOD_WHITELIST', rules: Record<string, unknown>) =>
  daemon.operator.createPolicy({ walletId: wallet.id, type, rules })

test('a call is refused until a list has its contract, and waits for the operator until the signer has its name', async () => {
  const mint = { abi: evmContracts.PlainToken.abi, functionName: 'mint', args: [wallet.address, '5'] }
  expect(await outcome(call(at.plainToken, mint))).toBe('CONTRACT_CALL_DISABLED')
  await policy('CONTRACT_WHITELIST', { contracts: [{ address: at.plainToken }, { address: at.sink }] })
  expect(await outcome(call(at.oddToken, mint))).toBe('CONTRACT_NOT_WHITELISTED')
  const waiting = await call(at.plainToken, mint)
  // The signer reads the bytes by itself, and knows no ceiling that names the contract.
  expect(waiting.body).toMatchObject({ status: 'QUEUED', tier: 'APPROVAL', type: 'CONTRACT_CALL' })
  const { id } = waiting.body
  await expect(daemon.operator.adminApproveTransaction({ id })).rejects.toMatchObject({
    code: 'CEILING_EXCEEDED',
    message: expect.stringContaining('calls a contract in a way that the signer cannot read'),
  })
  const { payment } = await daemon.operator.showOverCeiling({ id })
  expect(payment).toMatchObject({ moves: [], call: { to: at.plainToken, dataHash: expect.any(String) } })
  await daemon.operator.adminApproveTransaction({ id, overCeiling: true })
  expect((await ended(Promise.resolve(waiting))).status).toBe('CONFIRMED')
  await daemon.operator.changeWalletCeiling({ id: wallet.id, network, contracts: [at.plainToken, at.sink] })
  expect((await ended(call(at.plainToken, mint))).status).toBe('CONFIRMED')
})

test('a payment of a token is judged alike, in whatever form it is asked for', async () => {
  const to = world.newAddress()
  const whole = 10n ** 18n
  const [small, large] = [50n * whole, 500n * whole]
  const encoded = (amount: bigint) => ({ abi: token as Abi, functionName: 'transfer', args: [to, String(amount)] })
  const forms = (amount: bigint) => [
    send({ type: 'TOKEN_TRANSFER', to, amount: String(amount), token: at.plainToken }),
    call(at.plainToken, { calldata: pay(to, amount) }),
    call(at.plainToken, encoded(amount)),
    call(at.plainToken, { calldata: pay(to, amount).toUpperCase().replace('0X', '0x') }),
  ]
  expect(await Promise.all(forms(small).map(outcome))).toEqual(['INSTANT', 'INSTANT', 'INSTANT', 'INSTANT'])
  expect(await Promise.all(forms(large).map(outcome))).toEqual(['NOTIFY', 'NOTIFY', 'NOTIFY', 'NOTIFY'])
  // Bundled it is never judged more mildly; two payments are one sum.
  const bundle = encodeFunctionData({
    abi: token,
    functionName: 'multicall',
    args: [[pay(to, small), pay(to, small + 1n)]],
  })
  const dry = await call(at.plainToken, { calldata: bundle, dryRun: true })
  expect(dry.body.code ?? dry.status).toBe('INVALID_TRANSACTION')
  expect(await outcome(call(at.sink, { calldata: bundle }))).toContain('TOKEN_NOT_ALLOWED')
})

test('only the functions of a list are called, also inside of others', async () => {
  await policy('METHOD_WHITELIST', {
    methods: [{ contractAddress: at.sink, selectors: ['multicall(bytes[])', 'deposit()'] }],
  })
  const abi = parseAbi(['function multicall(bytes[])', 'function deposit()', 'function withdraw(uint256)'])
  const data = (functionName: 'deposit' | 'withdraw', args: unknown[] = []) =>
    encodeFunctionData({ abi, functionName, args: args as never })
  const inside = (...calls: Hex[]) => encodeFunctionData({ abi, functionName: 'multicall', args: [calls] })
  expect(await outcome(call(at.sink, { calldata: data('deposit') }))).toBe('INSTANT')
  expect(await outcome(call(at.sink, { calldata: data('withdraw', [1n]) }))).toBe('METHOD_NOT_WHITELISTED')
  expect(await outcome(call(at.sink, { calldata: inside(data('deposit')) }))).toBe('INSTANT')
  expect(await outcome(call(at.sink, { calldata: inside(data('deposit'), data('withdraw', [1n])) }))).toBe(
    'METHOD_NOT_WHITELISTED',
  )
})

test('calldata that is also a text is a call where there is code', async () => {
  const text = `0x${Buffer.from('hello contract').toString('hex')}`
  expect(await outcome(call(at.sink, { calldata: text }))).toBe('METHOD_NOT_WHITELISTED')
})

test('the value of a call is judged like any payment to its contract', async () => {
  const calldata = encodeFunctionData({ abi: parseAbi(['function deposit()']), functionName: 'deposit' })
  const { body } = await call(at.sink, { calldata, humanValue: '0.1', dryRun: true })
  expect(body).toMatchObject({ amount: '100000000000000000', humanAmount: '0.1', policy: { tier: 'NOTIFY' } })
  expect(body).toMatchObject({ decision: { usd: 200, reasons: [{ code: 'SPENDING_TIER' }] } })
})

test('calldata is encoded from an ABI, or what does not fit is named', async () => {
  const abi = evmContracts.PlainToken.abi as unknown as Record<string, unknown>[]
  const to = world.newAddress()
  const agent = daemon.agent(wallet.token)
  expect(await agent.encodeCalldata({ abi, functionName: 'transfer', args: [to, '7'] })).toEqual({
    calldata: pay(to, 7n),
    selector: '0xa9059cbb',
    functionName: 'transfer',
  })
  const refusal = (input: { functionName: string; args?: string[] }) =>
    agent.encodeCalldata({ abi, ...input }).catch((error: { code: string; message: string }) => error)
  expect(await refusal({ functionName: 'nothing' })).toMatchObject({ code: 'ABI_ENCODING_FAILED' })
  expect(await refusal({ functionName: 'transfer', args: [to] })).toMatchObject({ code: 'ABI_ENCODING_FAILED' })
  expect(await refusal({ functionName: 'transfer', args: [to, '1.5'] })).toMatchObject({
    message: expect.stringContaining('args[1]'),
  })
  // Beside calldata it tells people what is called: what it does not know is refused.
  const beside = (calldata: string) => outcome(call(at.plainToken, { calldata, abi }))
  expect(await beside(pay(to, 7n))).toBe('INSTANT')
  for (const calldata of ['0x12345678', `${pay(to, 7n)}00`, pay(to, 7n).slice(0, -2)])
    expect(await beside(calldata)).toBe('ABI_ENCODING_FAILED')
})

test('an allowance is judged alike in whatever form, and lands', async () => {
  const abi = parseAbi([
    'function approve(address,uint256)',
    'function increaseAllowance(address,uint256)',
    'function allowance(address,address) view returns (uint256)',
    'function multicall(bytes[])',
  ])
  const whole = 10n ** 18n
  const approve = (amount: bigint, spender: string = at.sink) =>
    encodeFunctionData({ abi, functionName: 'approve', args: [spender as Hex, amount] })
  const ask = (amount: bigint, more: Record<string, unknown> = {}) =>
    send({ type: 'APPROVE', spender: at.sink, amount: String(amount), token: at.plainToken, ...more })
  const forms = (amount: bigint) => [ask(amount), call(at.plainToken, { calldata: approve(amount) })]
  expect(await Promise.all(forms(5n).map(outcome))).toEqual(['APPROVE_DISABLED', 'APPROVE_DISABLED'])
  await daemon.operator.createPolicy({
    walletId: wallet.id,
    type: 'APPROVED_SPENDERS',
    rules: { spenders: [{ address: at.sink, maxAmount: String(1_000n * whole) }] },
  })
  expect(await Promise.all(forms(50n * whole).map(outcome))).toEqual(['INSTANT', 'INSTANT'])
  expect(await Promise.all(forms(500n * whole).map(outcome))).toEqual(['NOTIFY', 'NOTIFY'])
  expect(await Promise.all(forms(1_001n * whole).map(outcome))).toEqual([
    'APPROVE_AMOUNT_EXCEEDED',
    'APPROVE_AMOUNT_EXCEEDED',
  ])
  const [endless] = forms(2n ** 256n - 1n)
  expect(await outcome(endless!)).toContain('UNLIMITED_APPROVE_BLOCKED')
  expect(await outcome(ask(5n, { spender: at.oddToken }))).toBe('SPENDER_NOT_APPROVED')

  expect((await ended(ask(7n * whole))).status).toBe('CONFIRMED')
  const data = encodeFunctionData({ abi, functionName: 'allowance', args: [wallet.address as Hex, at.sink] })
  const allowance = async () =>
    BigInt((await world.node.rpc('eth_call', [{ to: at.plainToken, data }, 'latest'])) as Hex)
  expect(await allowance()).toBe(7n * whole)
  expect((await ended(ask(0n))).status).toBe('CONFIRMED')
  expect(await allowance()).toBe(0n)
})

test('an allowance of all that there is has no limit, in whatever form', async () => {
  const abi = parseAbi(['function approve(address,uint256)', 'function totalSupply() view returns (uint256)'])
  const data = encodeFunctionData({ abi, functionName: 'totalSupply' })
  const supply = BigInt((await world.node.rpc('eth_call', [{ to: at.plainToken, data }, 'latest'])) as Hex)
  const approve = (amount: bigint) => encodeFunctionData({ abi, functionName: 'approve', args: [at.sink, amount] })
  for (const [amount, isBlocked] of [
    [supply, true],
    [supply - 1n, false],
  ] as const) {
    const forms = [
      send({ type: 'APPROVE', spender: at.sink, amount: String(amount), token: at.plainToken }),
      call(at.plainToken, { calldata: approve(amount) }),
    ]
    for (const codes of await Promise.all(forms.map(outcome)))
      expect(codes?.includes('UNLIMITED_APPROVE_BLOCKED'), codes).toBe(isBlocked)
  }
})

test('code that no list has is called by a human alone, also where it only takes an allowance back', async () => {
  const revoke = { type: 'APPROVE', spender: at.sink, amount: '0' }
  expect(await outcome(send({ ...revoke, token: at.plainToken }))).toBe('INSTANT')
  const { body } = await send({ ...revoke, token: at.permitToken })
  expect(body).toMatchObject({ tier: 'APPROVAL', decision: { reasons: [{ code: 'TOKEN_NOT_ALLOWED' }] } })
})

test('an operator of NFTs takes everything, and is refused like an allowance without a limit', async () => {
  const nft = { type: 'APPROVE', spender: at.sink, token: { address: at.sink } }
  const all = { ...nft, amount: '1', nft: { tokenId: '0', standard: 'ERC-721' } }
  expect(await outcome(send(all))).toContain('UNLIMITED_APPROVE_BLOCKED')
  // The one with the number 0 looks like an allowance that is taken back.
  for (const amount of [
    { amount: '0' },
    { amount: undefined, humanAmount: '0' },
    { amount: undefined, humanAmount: '0.0' },
  ])
    expect(await outcome(send({ ...all, ...amount, spender: at.oddToken }))).toContain('SPENDER_NOT_APPROVED')
  expect(await outcome(send({ ...all, amount: undefined, humanAmount: '1' }))).toContain('UNLIMITED_APPROVE_BLOCKED')
})

test('a new contract waits for a human, and its code is what was asked for', async () => {
  // The second gives its maker something while it is made, and says so.
  for (const { bytecode, deployedBytecode } of [evmContracts.Sink, evmContracts.OriginToken]) {
    const sent = await send({ type: 'CONTRACT_DEPLOY', bytecode })
    expect(sent.body).toMatchObject({ tier: 'APPROVAL', amount: '0' })
    await daemon.operator.adminApproveTransaction({ id: sent.body.id })
    const row = await ended(Promise.resolve(sent))
    expect(row).toMatchObject({ status: 'CONFIRMED', toAddress: null, type: 'CONTRACT_DEPLOY' })
    const receipt = (await world.node.rpc('eth_getTransactionReceipt', [row.txHash])) as { contractAddress: Hex }
    expect(await world.node.rpc('eth_getCode', [receipt.contractAddress, 'latest'])).toBe(deployedBytecode)
  }
  expect((await daemon.operator.getWallet({ id: wallet.id })).status).toBe('ACTIVE')
  const { bytecode } = evmContracts.Sink
  const tooLong = `0x${'00'.repeat(49_153)}`
  expect(await outcome(send({ type: 'CONTRACT_DEPLOY', bytecode: tooLong }))).toBe('INVALID_TRANSACTION')
  await daemon.operator.changeWalletCeiling({ id: wallet.id, network, deploys: false })
  const refused = await send({ type: 'CONTRACT_DEPLOY', bytecode })
  await expect(daemon.operator.adminApproveTransaction({ id: refused.body.id })).rejects.toMatchObject({
    code: 'CEILING_EXCEEDED',
    message: expect.stringContaining('it deploys no contracts'),
  })
})

test('a swap is approved, judged as what it takes, and takes that', async () => {
  const trader = await world.wallet(daemon, { limit: { ...GENEROUS, instant_max_usd: 100 } })
  const { abi, bytecode } = evmContracts.Exchange
  const deployed = { from: evmFaucet, data: encodeDeployData({ abi, bytecode }) }
  const { contractAddress: exchange } = (await world.node.rpc('eth_sendTransactionSync', [deployed])) as {
    contractAddress: Hex
  }
  const whole = 10n ** 18n
  for (const [to, amount] of [
    [exchange, 10_000n * whole],
    [trader.address, 1_000n * whole],
  ] as const)
    await mintToken(world.node, at.plainToken, { to, amount })
  await mintToken(world.node, at.permitToken, { to: exchange, amount: 10_000_000_000n })
  const rules = {
    CONTRACT_WHITELIST: { contracts: [{ address: exchange }] },
    APPROVED_SPENDERS: { spenders: [{ address: exchange, maxAmount: String(100n * whole) }] },
  } as const
  for (const type of ['CONTRACT_WHITELIST', 'APPROVED_SPENDERS'] as const)
    await daemon.operator.createPolicy({ walletId: trader.id, type, rules: rules[type] })
  await daemon.operator.changeWalletCeiling({ id: trader.id, network, contracts: [exchange] })
  const ask = (body: Record<string, unknown>) =>
    daemon.call<Sent>('POST', '/v1/transactions/send', { as: trader.token, body: { network, ...body } })
  const allowed = await ask({ type: 'APPROVE', spender: exchange, humanAmount: '100', token: at.plainToken })
  expect((await ended(Promise.resolve(allowed))).status).toBe('CONFIRMED')

  const path = [at.plainToken, at.permitToken]
  const args = [String(60n * whole), '1', path, trader.address, String(2n ** 40n)]
  const swap = await ask({ type: 'CONTRACT_CALL', to: exchange, abi, functionName: 'swapExactTokensForTokens', args })
  expect(swap.body).toMatchObject({ status: 'PENDING', tier: 'INSTANT' })
  const row = await ended(Promise.resolve(swap))
  expect(row.status).toBe('CONFIRMED')
  const { data } = await daemon.operator.listAuditLogs({ tx_id: swap.body.id })
  expect(data.map(({ eventType }) => eventType)).not.toContain('EFFECT_DIVERGED')
  const balance = async (of: string) => {
    const read = parseAbi(['function balanceOf(address) view returns (uint256)'])
    const call = encodeFunctionData({ abi: read, functionName: 'balanceOf', args: [trader.address as Hex] })
    return BigInt((await world.node.rpc('eth_call', [{ to: of, data: call }, 'latest'])) as Hex)
  }
  expect(await balance(at.plainToken)).toBe(940n * whole)
  expect(await balance(at.permitToken)).toBeGreaterThan(0n)
  // More than was allowed is more than anybody could take: it would be refused.
  args[0] = String(41n * whole)
  const more = await ask({ type: 'CONTRACT_CALL', to: exchange, abi, functionName: 'swapExactTokensForTokens', args })
  expect(more.body.code).toBe('INVALID_TRANSACTION')
})

describe('the examples of docs/transactions.md', () => {
  const page = readFileSync(new URL('../docs/transactions.md', import.meta.url), 'utf8')
  const examples = [...page.matchAll(/```json\n([\s\S]+?)```/g)].map(([, text]) => text!)

  test('are there for each type', () => {
    // Those for Solana are tried where its chain is.
    const all = [...page.matchAll(/```json(?: solana)?\n([\s\S]+?)```/g)].map(([, text]) => text!)
    const types = all.map((text) => (JSON.parse(text) as { type: string }).type)
    expect([...new Set(types)]).toEqual(SENDABLE)
  })

  test.each(examples)('%s is taken as it stands', async (text) => {
    const named = text
      .replaceAll('<recipient>', world.newAddress())
      .replaceAll('<token>', at.plainToken)
      .replaceAll(/<contract>|<nfts>/g, at.sink)
    const path = '/v1/transactions/simulate'
    const body = { ...(JSON.parse(named) as object), network }
    const answer = await daemon.call<{ simulation: { success: boolean } }>('POST', path, { as: wallet.token, body })
    expect([answer.status, answer.body.simulation?.success], answer.text).toEqual([200, true])
  })

  test('of messages and of transactions that were built elsewhere are signed as they stand', async () => {
    const signer = await world.wallet(daemon, { limit: GENEROUS })
    const rules = { personal: 'INSTANT' }
    await daemon.operator.createPolicy({ walletId: signer.id, type: 'SIGN_MESSAGE_RULES', rules })
    const asked = async (path: string, kind: string, named: Record<string, string> = {}) => {
      const [, text] = new RegExp(`\`\`\`json ${kind}\n([\\s\\S]+?)\`\`\``).exec(page)!
      const whole = Object.entries(named).reduce((sum, [name, value]) => sum.replaceAll(name, value), text!)
      const body = { ...(JSON.parse(whole) as { message?: string }), network }
      const answer = await daemon.call<{ signature: Hex; signedTransaction: Hex }>('POST', path, {
        as: signer.token,
        body,
      })
      expect(answer.status, answer.text).toBe(200)
      return { ...answer.body, message: body.message }
    }
    const { message, signature } = await asked('/v1/transactions/sign-message', 'message')
    expect(await recoverMessageAddress({ message: message!, signature })).toBe(signer.address)
    const transaction = await unsignedPayment(world)
    const { signedTransaction } = await asked('/v1/transactions/sign', 'transaction', {
      '<unsigned transaction>': transaction,
    })
    expect(await world.node.rpc('eth_sendRawTransaction', [signedTransaction])).toMatch(/^0x[0-9a-f]{64}$/)
  })
})

import {
  createSolanaFixtures,
  deployEvmFixtures,
  type EvmFixtures,
  type EvmNode,
  evmContracts,
  evmFaucet,
  mintToken,
  type SolanaFixtures,
  type SolanaNode,
  startEvm,
  startSolana,
} from '@waiaas/localnet'
import { encodeDeployData, encodeFunctionData, type Hex, serializeTransaction } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestDaemon, type TestDaemon } from './support/daemon.ts'
import { until } from './support/until.ts'
import { ETHER, evmWallet, newEvmAddress, newSolanaAddress, solanaWallet, type TestWallet } from './support/wallets.ts'

const limit = { instant_max_usd: 1e6, notify_max_usd: 1e6, delay_max_usd: 1e6 }
const TOKEN_PROGRAM = 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA'
let [evm, solana, daemon] = [] as unknown as [EvmNode, SolanaNode, TestDaemon]
let [at, mints] = [] as unknown as [EvmFixtures, SolanaFixtures]
let [nfts, items] = [] as unknown as [Hex, Hex]
let [one, other] = [] as unknown as [TestWallet, TestWallet]
let mine: string

const rule = async (walletId: string, type: string, rules: object) => {
  const { status, text } = await daemon.call('POST', '/v1/policies', {
    as: 'operator',
    body: { walletId, type, rules },
  })
  expect([status, text]).toEqual([201, expect.anything()])
}
const done = (data: Hex, to?: Hex) =>
  evm.rpc('eth_sendTransactionSync', [{ from: evmFaucet, data, ...(to && { to }) }]) as Promise<{
    contractAddress: Hex
  }>

beforeAll(async () => {
  ;[evm, solana] = await Promise.all([startEvm(), startSolana({ slotMs: 100 })])
  daemon = await startTestDaemon({
    env: {
      WAIAAS_RPC_EVM_LOCAL_EVM: evm.url,
      WAIAAS_RPC_LOCAL_SOLANA: solana.url,
      WAIAAS_ORACLE_FIXED_PRICES: '{"native:local-solana":"150","native:local-evm":"2000"}',
    },
  })
  at = await deployEvmFixtures(evm)
  mints = await createSolanaFixtures(solana)
  const deployed = async (name: 'Nft' | 'Items') => (await done(encodeDeployData(evmContracts[name]))).contractAddress
  nfts = await deployed('Nft')
  items = await deployed('Items')
  one = await evmWallet(daemon, evm, { limit })
  other = await solanaWallet(daemon, solana, { limit })
  await mintToken(evm, at.plainToken, { to: one.address, amount: 10n * ETHER })
  const owner = one.address as Hex
  const mint = (name: 'Nft' | 'Items', args: readonly unknown[]) =>
    encodeFunctionData({ abi: evmContracts[name].abi, functionName: 'mint', args })
  await done(mint('Nft', [owner, 7n]), nfts)
  await done(mint('Items', [owner, 8n, 5n]), items)
  mine = await mints.mintTo(mints.splMint, other.address, 10_000_000n)
  const spenders = [{ address: at.sink }]
  await rule(one.id, 'ALLOWED_TOKENS', { tokens: [{ address: at.plainToken }] })
  await rule(one.id, 'APPROVED_SPENDERS', { spenders })
  await rule(one.id, 'CONTRACT_WHITELIST', { contracts: [at.sink, nfts, items].map((address) => ({ address })) })
  await rule(one.id, 'SIGN_MESSAGE_RULES', { personal: 'INSTANT' })
  await rule(other.id, 'ALLOWED_TOKENS', { tokens: [{ address: mints.splMint }] })
  await rule(other.id, 'CONTRACT_WHITELIST', { contracts: [{ address: TOKEN_PROGRAM }] })
}, 60_000)
afterAll(async () => {
  await daemon?.stop()
  await Promise.all([evm?.stop(), solana?.stop()])
})

/** What clients of 2.x send, field by field; they say of a token what they know. */
const plain = () => ({ address: at.plainToken, decimals: 18, symbol: 'PLAIN' })
const spl = () => ({ address: mints.splMint, decimals: 6, symbol: 'USDC' })
const to = newEvmAddress()
const onEvm: Readonly<Record<string, () => object>> = {
  'a payment without a type': () => ({ to, amount: '5', memo: 'thanks' }),
  TRANSFER: () => ({ type: 'TRANSFER', to, amount: '5', gasCondition: { maxGasPrice: '9'.repeat(15), timeout: 60 } }),
  TOKEN_TRANSFER: () => ({ type: 'TOKEN_TRANSFER', to, humanAmount: '1.5', token: plain() }),
  CONTRACT_CALL: () => ({
    ...{ type: 'CONTRACT_CALL', to: at.sink, calldata: '0x12345678', value: '5' },
    ...{ actionProvider: 'some_swap', actionName: 'swap' },
  }),
  APPROVE: () => ({ type: 'APPROVE', spender: at.sink, token: plain(), amount: '9' }),
  NFT_TRANSFER: () => ({ type: 'NFT_TRANSFER', to, token: { address: nfts, tokenId: '7', standard: 'ERC-721' } }),
  CONTRACT_DEPLOY: () => ({ type: 'CONTRACT_DEPLOY', bytecode: '0x6001600c60003960016000f300', value: '0' }),
}
const receiver = newSolanaAddress()
const call = () => ({
  ...{ to: TOKEN_PROGRAM, programId: TOKEN_PROGRAM, instructionData: Buffer.of(5).toString('base64') },
  accounts: [
    { pubkey: mine, isSigner: false, isWritable: true },
    { pubkey: other.address, isSigner: true, isWritable: false },
  ],
})
const onSolana: Readonly<Record<string, () => object>> = {
  'a payment without a type': () => ({ to: receiver, amount: '5000000', memo: 'thanks' }),
  TOKEN_TRANSFER: () => ({ type: 'TOKEN_TRANSFER', to: receiver, amount: '7', token: spl() }),
  CONTRACT_CALL: () => ({ type: 'CONTRACT_CALL', ...call() }),
  BATCH: () => ({
    type: 'BATCH',
    instructions: [{ to: receiver, amount: '5000000' }, { to: receiver, amount: '2', token: spl() }, call()],
  }),
}

describe.each([
  ['EVM', 'local-evm', onEvm, () => one],
  ['Solana', 'local-solana', onSolana, () => other],
] as const)('as clients of 2.x write it, on %s', (_, network, bodies, wallet) => {
  test.each(Object.keys(bodies))('%s is tried and accepted', async (name) => {
    const { token } = wallet()
    const body = { ...bodies[name]!(), network }
    const { status, text } = await daemon.call('POST', '/v1/transactions/simulate', { as: token, body })
    expect([status, text]).toEqual([200, expect.anything()])
    const sent = await daemon.call('POST', '/v1/transactions/send', { as: token, body })
    expect([sent.status, sent.text]).toEqual([201, expect.anything()])
  })
})

test('a text and a transaction that was built elsewhere are signed', async () => {
  const fresh = await evmWallet(daemon, evm, { limit })
  await rule(fresh.id, 'SIGN_MESSAGE_RULES', { personal: 'INSTANT' })
  const text = { message: 'hello', signType: 'personal', network: 'local-evm', walletId: fresh.id }
  const said = await daemon.call('POST', '/v1/transactions/sign-message', { as: fresh.token, body: text })
  expect([said.status, said.body]).toEqual([
    200,
    { id: expect.any(String), signature: expect.stringMatching(/^0x[0-9a-f]{130}$/), signType: 'personal' },
  ])
  const asked = BigInt(String(await evm.rpc('eth_gasPrice', [])))
  const transaction = serializeTransaction({
    ...{ type: 'eip1559', chainId: 31_337, nonce: 0, to: to as Hex, value: 5n, gas: 60_000n },
    ...{ maxFeePerGas: 2n * asked, maxPriorityFeePerGas: 1n },
  })
  const body = { transaction, chain: 'ethereum', network: 'local-evm' }
  const signed = await daemon.call('POST', '/v1/transactions/sign', { as: fresh.token, body })
  expect([signed.status, signed.body]).toMatchObject([
    200,
    {
      ...{ id: expect.any(String), signedTransaction: expect.stringMatching(/^0x02/), txHash: expect.any(String) },
      ...{ operations: [expect.anything()], policyResult: { tier: 'INSTANT' } },
    },
  ])
})

const ends = [
  {
    standard: 'ERC-721',
    name: 'Nft',
    at: () => nfts,
    tokenId: '7',
    amount: '1',
    look: ['ownerOf', 7n],
    end: BigInt(to),
  },
  {
    standard: 'ERC-1155',
    name: 'Items',
    at: () => items,
    tokenId: '8',
    amount: '2',
    look: ['balanceOf', to, 8n],
    end: 2n,
  },
] as const
test.each(ends)('an NFT of $standard is given away once a human has agreed', async (nft) => {
  const { name, standard, tokenId, amount, end } = nft
  const [functionName, ...args] = nft.look
  const [address, network] = [nft.at(), 'local-evm']
  await daemon.operator.changeWalletCeiling({ id: one.id, network, contracts: [nfts, items] })
  const body = { type: 'NFT_TRANSFER', to, token: { address, tokenId, standard }, amount, network }
  const sent = await daemon.call<{ id: string }>('POST', '/v1/transactions/send', { as: one.token, body })
  expect(sent.body).toMatchObject({ status: 'QUEUED', tier: 'APPROVAL' })
  const { id } = sent.body
  await daemon.operator.adminApproveTransaction({ id })
  await until('it to land', async () => (await daemon.agent(one.token).getTransaction({ id })).status === 'CONFIRMED')
  const data = encodeFunctionData({ abi: evmContracts[name].abi, functionName, args })
  expect(BigInt(String(await evm.rpc('eth_call', [{ to: address, data }, 'latest'])))).toBe(end)
  expect((await daemon.operator.getWallet({ id: one.id })).status).toBe('ACTIVE')
})

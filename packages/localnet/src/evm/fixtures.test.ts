import { readFileSync } from 'node:fs'
import {
  type Address,
  createPublicClient,
  createWalletClient,
  http,
  multicall3Abi,
  parseAbi,
  parseSignature,
  publicActions,
} from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { foundry } from 'viem/chains'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { compileContracts, generatedFile } from '../../scripts/compile.ts'
import { type EvmNode, startEvm } from './anvil.ts'
import { evmContracts, multicall3Address } from './contracts.ts'
import { callFixture, deployEvmFixtures, type EvmFixtures, evmFaucet, initialEthPrice, mintToken } from './fixtures.ts'

const abi = parseAbi([
  'function balanceOf(address) view returns (uint256)',
  'function allowance(address, address) view returns (uint256)',
  'function transfer(address, uint256) returns (bool)',
  'function latestRoundData() view returns (uint80, int256, uint256, uint256, uint80)',
  'function decimals() view returns (uint8)',
  'function description() view returns (string)',
])
const stranger: Address = '0x00000000000000000000000000000000000A11cE'
let node: EvmNode
let fixtures: EvmFixtures

beforeAll(async () => {
  node = await startEvm()
  fixtures = await deployEvmFixtures(node)
})
afterAll(() => node.stop())

const reader = () => createPublicClient({ chain: foundry, transport: http(node.url) })
const balance = (token: Address, owner: Address) =>
  reader().readContract({ abi, address: token, functionName: 'balanceOf', args: [owner] })

async function fundedWallet() {
  const account = privateKeyToAccount(generatePrivateKey())
  await node.fund(account.address, 10n ** 18n)
  return createWalletClient({ account, chain: foundry, transport: http(node.url) }).extend(publicActions)
}

const nextYear = () => BigInt(Math.ceil(Date.now() / 1000)) + 31_536_000n
const anyNonce = () => generatePrivateKey()

function domain(token: Address) {
  return { name: 'Test USD', version: '2', chainId: node.chainId, verifyingContract: token } as const
}

const authorizationTypes = {
  TransferWithAuthorization: [
    { name: 'from', type: 'address' },
    { name: 'to', type: 'address' },
    { name: 'value', type: 'uint256' },
    { name: 'validAfter', type: 'uint256' },
    { name: 'validBefore', type: 'uint256' },
    { name: 'nonce', type: 'bytes32' },
  ],
} as const

test('the generated contracts are what the sources compile to', () => {
  expect(readFileSync(generatedFile, 'utf8') === compileContracts()).toBe(true)
})

test('the fixtures have the same addresses on every fresh node', async () => {
  const other = await startEvm({ blockTime: 60 })
  expect(await deployEvmFixtures(other)).toEqual(fixtures)
  await mintToken(other, fixtures.plainToken, { to: stranger, amount: 1n })
  await other.stop()
})

test('the faucet mints every kind of token', async () => {
  for (const token of [fixtures.plainToken, fixtures.oddToken, fixtures.permitToken]) {
    await mintToken(node, token, { to: stranger, amount: 7n })
    expect(await balance(token, stranger)).toBe(7n)
  }
})

test('the odd token returns nothing and keeps its fee', async () => {
  const wallet = await fundedWallet()
  const receiver = privateKeyToAccount(generatePrivateKey()).address
  const transfer = { abi, address: fixtures.oddToken, functionName: 'transfer', args: [receiver, 1_000n] } as const
  await mintToken(node, fixtures.oddToken, { to: wallet.account.address, amount: 1_000n })
  await callFixture(node, { contract: 'OddToken', address: fixtures.oddToken, functionName: 'setFee', args: [250] })
  await expect(wallet.simulateContract({ ...transfer, account: wallet.account })).rejects.toThrow(/returned no data/)
  await wallet.waitForTransactionReceipt({ hash: await wallet.writeContract(transfer) })
  expect(await balance(fixtures.oddToken, receiver)).toBe(975n)
  await callFixture(node, { contract: 'OddToken', address: fixtures.oddToken, functionName: 'setFee', args: [0] })
})

test('a signed transfer of the permit token lands once, in both forms of its call', async () => {
  const owner = privateKeyToAccount(generatePrivateKey())
  const token = fixtures.permitToken
  await mintToken(node, token, { to: owner.address, amount: 100n })
  const message = { from: owner.address, to: stranger, value: 40n, validAfter: 0n, validBefore: nextYear() }
  const sign = (nonce: `0x${string}`) =>
    owner.signTypedData({
      domain: domain(token),
      types: authorizationTypes,
      primaryType: 'TransferWithAuthorization',
      message: { ...message, nonce },
    })
  const send = (nonce: `0x${string}`, tail: readonly unknown[]) =>
    callFixture(node, {
      contract: 'PermitToken',
      address: token,
      functionName: 'transferWithAuthorization',
      args: [...Object.values(message), nonce, ...tail],
    })
  const first = anyNonce()
  const { r, s, v } = parseSignature(await sign(first))
  await send(first, [Number(v), r, s])
  await expect(send(first, [Number(v), r, s])).rejects.toThrow(/used or canceled/)
  const second = anyNonce()
  await send(second, [await sign(second)])
  expect(await balance(token, owner.address)).toBe(20n)
  const third = anyNonce()
  await expect(send(third, [await sign(second)])).rejects.toThrow(/invalid signature/)
})

test('a signed transfer can be reserved for its payee, and cancelled by its owner', async () => {
  const owner = privateKeyToAccount(generatePrivateKey())
  const token = fixtures.permitToken
  await mintToken(node, token, { to: owner.address, amount: 100n })
  const call = (functionName: string, args: readonly unknown[]) =>
    callFixture(node, { contract: 'PermitToken', address: token, functionName, args })
  const receive = async (to: Address, nonce: `0x${string}`) => {
    const message = { from: owner.address, to, value: 30n, validAfter: 0n, validBefore: nextYear(), nonce }
    const types = { ReceiveWithAuthorization: authorizationTypes.TransferWithAuthorization }
    const primaryType = 'ReceiveWithAuthorization'
    const { r, s, v } = parseSignature(
      await owner.signTypedData({ domain: domain(token), types, primaryType, message }),
    )
    await call('receiveWithAuthorization', [...Object.values(message), Number(v), r, s])
  }
  await receive(evmFaucet, anyNonce())
  expect(await balance(token, owner.address)).toBe(70n)
  await expect(receive(stranger, anyNonce())).rejects.toThrow(/caller must be the payee/)
  const nonce = anyNonce()
  const cancellation = await owner.signTypedData({
    domain: domain(token),
    types: {
      CancelAuthorization: [
        { name: 'authorizer', type: 'address' },
        { name: 'nonce', type: 'bytes32' },
      ],
    },
    primaryType: 'CancelAuthorization',
    message: { authorizer: owner.address, nonce },
  })
  const { r, s, v } = parseSignature(cancellation)
  await call('cancelAuthorization', [owner.address, nonce, Number(v), r, s])
  await expect(receive(evmFaucet, nonce)).rejects.toThrow(/used or canceled/)
})

test('a permit gives the allowance that its owner signed', async () => {
  const owner = privateKeyToAccount(generatePrivateKey())
  const deadline = nextYear()
  const signature = await owner.signTypedData({
    domain: domain(fixtures.permitToken),
    types: {
      Permit: [
        { name: 'owner', type: 'address' },
        { name: 'spender', type: 'address' },
        { name: 'value', type: 'uint256' },
        { name: 'nonce', type: 'uint256' },
        { name: 'deadline', type: 'uint256' },
      ],
    },
    primaryType: 'Permit',
    message: { owner: owner.address, spender: stranger, value: 9n, nonce: 0n, deadline },
  })
  const { r, s, v } = parseSignature(signature)
  const args = [owner.address, stranger, 9n, deadline, Number(v), r, s]
  await callFixture(node, { contract: 'PermitToken', address: fixtures.permitToken, functionName: 'permit', args })
  const allowance = { abi, address: fixtures.permitToken, functionName: 'allowance' } as const
  expect(await reader().readContract({ ...allowance, args: [owner.address, stranger] })).toBe(9n)
})

test('viem batches its reads through Multicall3 at the canonical address', async () => {
  const results = await reader().multicall({
    multicallAddress: multicall3Address,
    contracts: [
      { abi, address: fixtures.plainToken, functionName: 'decimals' },
      { abi, address: fixtures.sink, functionName: 'decimals' },
      { abi: multicall3Abi, address: multicall3Address, functionName: 'getEthBalance', args: [stranger] },
    ],
  })
  expect(results.map((result) => result.status)).toEqual(['success', 'failure', 'success'])
  expect(results[0]?.result).toBe(18)
})

test('Multicall3 answers every call that viem knows of it', () => {
  const own = evmContracts.Multicall3.abi.map((entry) => ('name' in entry ? entry.name : ''))
  const known = multicall3Abi.flatMap((entry) => (entry.type === 'function' ? [entry.name] : []))
  expect(own).toEqual(expect.arrayContaining(known))
})

test('the price feed answers as it was told, fresh, stale or broken', async () => {
  const feed = { abi, address: fixtures.priceFeed } as const
  const latest = () => reader().readContract({ ...feed, functionName: 'latestRoundData' })
  const tell = (functionName: string, args: readonly unknown[]) =>
    callFixture(node, { contract: 'PriceFeed', address: fixtures.priceFeed, functionName, args })
  expect(await reader().readContract({ ...feed, functionName: 'description' })).toBe('ETH / USD')
  expect((await latest())[1]).toBe(initialEthPrice)
  await tell('setAnswer', [3_000_00000000n])
  expect((await latest()).slice(0, 2)).toEqual([2n, 3_000_00000000n])
  await tell('setUpdatedAt', [5n])
  expect((await latest())[3]).toBe(5n)
  await tell('setRound', [9n, -1n, 0n, 0n, 8n])
  expect(await latest()).toEqual([9n, -1n, 0n, 0n, 8n])
})

test('the sink takes money until it is told to refuse', async () => {
  const wallet = await fundedWallet()
  const send = async () =>
    wallet.waitForTransactionReceipt({
      hash: await wallet.sendTransaction({ to: fixtures.sink, value: 3n, gas: 90_000n }),
    })
  const refuse = (refusing: boolean) =>
    callFixture(node, { contract: 'Sink', address: fixtures.sink, functionName: 'setRefusing', args: [refusing] })
  expect((await send()).status).toBe('success')
  await refuse(true)
  expect((await send()).status).toBe('reverted')
  await refuse(false)
  expect(await wallet.getBalance({ address: fixtures.sink })).toBe(3n)
})

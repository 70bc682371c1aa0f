import { type Address, encodeDeployData, encodeFunctionData, getAddress, getContractAddress, type Hex } from 'viem'
import type { EvmNode } from './anvil.ts'
import { type ContractName, evmContracts, multicall3Address } from './contracts.ts'

/** Anvil's first account, funded and unlocked; its key is public. It deploys the fixtures and mints. */
export const evmFaucet: Address = '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266'

export type EvmFixtures = {
  /** Standard ERC-20, 18 decimals. */
  readonly plainToken: Address
  /** Its calls return nothing; setFee turns on a fee on transfer. 6 decimals. */
  readonly oddToken: Address
  /** ERC-20 with EIP-2612 and EIP-3009, 6 decimals; EIP-712 domain "Test USD", version "2". */
  readonly permitToken: Address
  /** At the address it has everywhere. */
  readonly multicall3: Address
  /** Chainlink-shaped ETH / USD feed, 8 decimals, starting at 2000 dollars. */
  readonly priceFeed: Address
  /** Takes any call and any money, and refuses both after setRefusing(true). */
  readonly sink: Address
}

/** What the feed answers first, in units of 10^-8 dollars. */
export const initialEthPrice = 2_000_00000000n

/** The how-manieth deployment of a fresh node the permit token is, which says its address. */
export const PERMIT_TOKEN_NONCE = 2n

type Calls = Pick<EvmNode, 'rpc' | 'mine'>

/** Deploys the test contracts. On a fresh node the addresses are the same each time. */
export async function deployEvmFixtures(node: EvmNode): Promise<EvmFixtures> {
  await node.rpc('anvil_setCode', [multicall3Address, evmContracts.Multicall3.deployedBytecode])
  let nonce = BigInt((await node.rpc('eth_getTransactionCount', [evmFaucet, 'pending'])) as Hex)
  const deployments: object[] = []
  const deploy = (name: ContractName, args: readonly unknown[] = []): Address => {
    const { abi, bytecode } = evmContracts[name]
    const address = getContractAddress({ from: evmFaucet, nonce })
    const data = encodeDeployData({ abi, bytecode, args })
    deployments.push({ from: evmFaucet, data, nonce: `0x${nonce.toString(16)}` })
    nonce += 1n
    return address
  }
  const fixtures = {
    plainToken: deploy('PlainToken', ['Plain Token', 'PLAIN', 18]),
    oddToken: deploy('OddToken'),
    permitToken: deploy('PermitToken', ['Test USD', 'TUSD', 6, '2']),
    multicall3: getAddress(multicall3Address),
    priceFeed: deploy('PriceFeed', [8, 'ETH / USD', initialEthPrice]),
    sink: deploy('Sink'),
  }
  await send(node, deployments)
  return fixtures
}

/** Mints base units of one of the fixture tokens to an address, and waits until it is mined. */
export async function mintToken(
  node: Calls,
  token: string,
  { to, amount }: { to: string; amount: bigint },
): Promise<void> {
  await callFixture(node, { contract: 'PlainToken', address: token, functionName: 'mint', args: [to, amount] })
}

export type FixtureCall = {
  readonly contract: ContractName
  readonly address: string
  readonly functionName: string
  readonly args?: readonly unknown[]
}

/** Sends a call to a test contract from the faucet, such as setAnswer or setRefusing, and waits until it is mined. */
export async function callFixture(
  node: Calls,
  { contract, address, functionName, args = [] }: FixtureCall,
): Promise<void> {
  const data = encodeFunctionData({ abi: evmContracts[contract].abi, functionName, args })
  // More than it takes: what a node estimates for a block is too little in the next one, where a new time is stored.
  const transaction = { from: evmFaucet, to: address, data, gas: '0x1e8480' }
  // A receipt says only that a call reverted; the dry run says why.
  await node.rpc('eth_call', [transaction, 'pending'])
  await send(node, [transaction])
}

async function send(node: Calls, transactions: readonly object[]): Promise<void> {
  for (const receipt of await receipts(node, transactions)) {
    if (receipt?.status !== '0x1') throw new Error(`expected a fixture transaction to succeed, got ${receipt?.status}`)
  }
}

type Receipt = { status: Hex } | null

async function receipts(node: Calls, transactions: readonly object[]): Promise<Receipt[]> {
  const found: unknown[] = []
  if (await node.rpc('anvil_getAutomine')) {
    for (const one of transactions) found.push(await node.rpc('eth_sendTransactionSync', [one]))
    return found as Receipt[]
  }
  const hashes: unknown[] = []
  for (const one of transactions) hashes.push(await node.rpc('eth_sendTransaction', [one]))
  // The node mines by the clock or not at all; fixtures do not wait for it.
  await node.mine()
  for (const hash of hashes) found.push(await node.rpc('eth_getTransactionReceipt', [hash]))
  return found as Receipt[]
}

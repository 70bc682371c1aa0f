import { nativeAsset, toBase, tokenAsset } from '@waiaas/contract'
import { deployEvmFixtures, type EvmNode, evmContracts, evmFaucet, mintToken, startEvm } from '@waiaas/localnet'
import { encodeDeployData, encodeFunctionData, type Hex, parseAbi } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { evmChain } from '../../packages/daemon/src/chains/evm/chain.ts'
import { readBody } from '../../packages/daemon/src/chains/evm/draft.ts'
import { changing, ether, type Key, localEvm, newKey, startEndpoint } from '../../packages/daemon/test/evm-bed.ts'

// A contract that takes from its caller in many ways, hides when it does, and goes about it on other paths. Whatever the chain
// then takes was seen before, by each way in which nodes simulate.

const WHAT = {
  take: 0,
  takeTwice: 1,
  move: 2,
  allow: 3,
  allowAll: 4,
  moveNft: 5,
  allowNft: 6,
  moveItems: 7,
  moveMany: 8,
  passOn: 9,
  passOnByEnding: 10,
} as const
const WHEN = {
  always: 0,
  forGas: 1,
  inABlock: 2,
  forAnAccount: 3,
  withFewGas: 4,
  withABaseFee: 5,
  inTime: 6,
  forTheRich: 7,
  atTheRightPrice: 8,
} as const
const HOW = { directly: 0, byAnother: 1, byItself: 2, byEcho: 3, afterAFailure: 4, whileMaking: 5, quietly: 6 } as const
type What = keyof typeof WHAT
type When = keyof typeof WHEN
type How = keyof typeof HOW
type Token = 'plain' | 'odd' | 'feeing' | 'origin'
type Trick = {
  readonly what: What
  readonly when: When
  readonly how: How
  readonly token: Token
  readonly calls: number
}

const AMOUNT = 40n
const trap = evmContracts.Trap.abi
const plain: Trick = { what: 'take', when: 'always', how: 'directly', token: 'plain', calls: 1 }
const keys = <K extends string>(table: Readonly<Record<K, number>>) => Object.keys(table) as K[]
const withToken = (what: What): Trick => ({
  ...plain,
  what,
  token: what === 'take' || what === 'takeTwice' ? 'plain' : 'origin',
})
const tricks: readonly Trick[] = [
  ...keys(WHAT).map(withToken),
  ...(['odd', 'feeing'] as const).map((token) => ({ ...plain, token })),
  ...keys(WHEN)
    .slice(1)
    .map((when) => ({ ...plain, when })),
  ...keys(HOW)
    .slice(1)
    .map((how) => ({ ...plain, how })),
  ...[2, 3].map((calls) => ({ ...plain, calls })),
  // Each hiding place on another path, with another thing taken.
  ...keys(WHEN)
    .slice(1)
    .map((when, at) => ({
      ...withToken(keys(WHAT)[(at * 4 + 2) % 9]!),
      when,
      how: keys(HOW)[(at % 6) + 1]!,
    })),
  ...(['passOn', 'passOnByEnding'] as const).flatMap((what) =>
    (['byEcho', 'quietly', 'whileMaking'] as const).map((how) => ({ ...plain, what, how, when: 'inABlock' as const })),
  ),
]
const nameOf = ({ what, when, how, token, calls }: Trick) =>
  `${what} ${token} ${when} ${how}${calls > 1 ? ` ${calls} times` : ''}`

let node: EvmNode
let key: Key
let contract: Hex
let sink: Hex
let tokens: Record<Token, Hex>
let snapshot: unknown
let byBlocks: ReturnType<typeof chainOf>

const chainOf = (url: string) =>
  evmChain({ network: localEvm, urls: [url], allowForeignGenesis: true, warn: () => undefined })
const send = async (from: string, more: object) =>
  (await node.rpc('eth_sendTransactionSync', [{ from, ...more }])) as {
    contractAddress: Hex
    status: Hex
    gasUsed: Hex
    effectiveGasPrice: Hex
  }
const deploy = async (name: 'Trap' | 'OriginToken' | 'OddToken') => {
  const { abi, bytecode } = evmContracts[name]
  return (await send(evmFaucet, { data: encodeDeployData({ abi, bytecode }) })).contractAddress
}
const erc20 = parseAbi(['function approve(address,uint256)', 'function setFee(uint256)'])

beforeAll(async () => {
  node = await startEvm()
  const at = await deployEvmFixtures(node)
  contract = await deploy('Trap')
  tokens = {
    plain: at.plainToken,
    odd: at.oddToken,
    feeing: await deploy('OddToken'),
    origin: await deploy('OriginToken'),
  }
  sink = at.sink
  key = newKey()
  await node.fund(key.address, ether)
  await node.rpc('anvil_impersonateAccount', [key.address])
  for (const to of Object.values(tokens)) await mintToken(node, to, { to: key.address, amount: AMOUNT * 10n })
  await mintToken(node, tokens.origin, { to: key.address, amount: AMOUNT })
  for (const to of [tokens.plain, tokens.odd, tokens.feeing]) {
    const data = encodeFunctionData({ abi: erc20, functionName: 'approve', args: [contract, AMOUNT * 5n] })
    await send(key.address, { to, data })
  }
  const fee = encodeFunctionData({ abi: erc20, functionName: 'setFee', args: [1_000n] })
  await send(evmFaucet, { to: tokens.feeing, data: fee })
  snapshot = await node.rpc('evm_snapshot', [])
  byBlocks = chainOf(node.url)
})
afterAll(async () => {
  byBlocks.close()
  await node.stop()
})

/** The same node where it offers traces alone. */
async function byTrace() {
  const hidden = { error: { code: -32601, message: 'the method eth_simulateV1 does not exist' } }
  const instead = ({ method }: { method: string }) => (method === 'eth_simulateV1' ? hidden : undefined)
  return chainOf((await startEndpoint(changing(node.url, instead))).url)
}

const reads = parseAbi([
  'function balanceOf(address) view returns (uint256)',
  'function balanceOf(address,uint256) view returns (uint256)',
  'function allowance(address,address) view returns (uint256)',
  'function isApprovedForAll(address,address) view returns (bool)',
  'function ownerOf(uint256) view returns (address)',
  'function getApproved(uint256) view returns (address)',
])
const number = async (to: Hex, functionName: string, args: readonly unknown[]) => {
  const data = encodeFunctionData({ abi: reads, functionName, args } as never)
  return BigInt((await node.rpc('eth_call', [{ to, data }, 'latest'])) as Hex)
}

/** What the wallet has, and what it has let nobody take, each as a number that a theft makes smaller. */
async function holdings(): Promise<Record<string, bigint>> {
  const me = key.address
  const { origin } = tokens
  const of = async (token: Token) => [
    tokenAsset(localEvm, tokens[token]),
    await number(tokens[token], 'balanceOf', [me]),
  ]
  const isMine = (await number(origin, 'ownerOf', [AMOUNT])) === BigInt(me)
  const isKept = (await number(origin, 'getApproved', [AMOUNT])) === 0n
  return Object.fromEntries([
    [nativeAsset(localEvm), BigInt((await node.rpc('eth_getBalance', [me, 'latest'])) as Hex)],
    ...(await Promise.all((['plain', 'odd', 'feeing', 'origin'] as const).map(of))),
    ['item 1', await number(origin, 'balanceOf', [me, 1n])],
    ['item 2', await number(origin, 'balanceOf', [me, 2n])],
    ['nft', (isMine ? 1n : 0n) - (isKept ? 0n : 1n)],
    ['allowance', -(await number(origin, 'allowance', [me, sink]))],
    ['operator', -(await number(origin, 'isApprovedForAll', [me, sink]))],
  ])
}

type Seen = NonNullable<Awaited<ReturnType<typeof byBlocks.draft>>['seen']>
/** What was seen of a holding. */
function seenOf(seen: Seen, name: string): bigint {
  const sums = seen.map((effect): bigint => {
    if (effect.kind === 'outflow') return effect.asset === name ? BigInt(effect.amount) : 0n
    if (effect.kind === 'approval') return name === 'allowance' ? BigInt(effect.amount) : 0n
    if (effect.kind === 'operator') return name === 'operator' ? 1n : 0n
    if (effect.kind !== 'nft') return 0n
    if (effect.tokenId === String(AMOUNT)) return name === 'nft' ? 1n : 0n
    return name === `item ${effect.tokenId}` ? BigInt(effect.amount) : 0n
  })
  return sums.reduce((sum, one) => sum + one, 0n)
}

describe('what a contract takes on chain was seen before', () => {
  test('there are many tricks, each another one', () => {
    const names = new Set(tricks.map(nameOf))
    expect(names.size).toBe(tricks.length)
    expect(names.size).toBeGreaterThanOrEqual(40)
  })

  test.each(tricks.map((trick) => [nameOf(trick), trick] as const))('%s', async (_, trick) => {
    const { what, when, how, token, calls } = trick
    const args = [WHAT[what], WHEN[when], HOW[how], tokens[token], sink, AMOUNT]
    await send(evmFaucet, { to: contract, data: encodeFunctionData({ abi: trap, functionName: 'set', args }) })
    const work = encodeFunctionData({ abi: trap, functionName: 'work' })
    const several = encodeFunctionData({ abi: trap, functionName: 'multicall', args: [Array(calls).fill(work)] })
    const data = calls > 1 ? several : work
    const value = what.startsWith('passOn') ? 5n : 0n
    const intent = { kind: 'contract-call' as const, to: contract, value: toBase(value), data, tokens: [] }
    const draft = await (await byTrace()).draft(key.address, intent)
    const { seen } = await byBlocks.draft(key.address, intent)
    // Anvil lists whom a call reaches as if gas cost nothing: what fails there and not in a block is unknown.
    if (when === 'forGas' || when === 'atTheRightPrice') expect(seen).toBeUndefined()
    // Anvil alone simulates blocks without the base fee that it is given.
    else if (when !== 'withABaseFee') expect(seen).toEqual(draft.seen)

    const before = await holdings()
    const { gas, fees } = readBody(draft)
    if (fees.type === 'legacy') throw new Error('expected fees with a base fee')
    const hex = (number: bigint) => `0x${number.toString(16)}`
    const price = { maxFeePerGas: hex(fees.maxFeePerGas), maxPriorityFeePerGas: hex(fees.maxPriorityFeePerGas) }
    const receipt = await send(key.address, { to: contract, value: hex(value), data, gas: hex(gas), ...price })
    expect(receipt.status).toBe('0x1')
    const after = await holdings()
    const fee = BigInt(receipt.gasUsed) * BigInt(receipt.effectiveGasPrice)
    const native = nativeAsset(localEvm)
    const lost = Object.entries(before).map(([name, was]): [string, bigint] => [
      name,
      was - after[name]! - (name === native ? fee : 0n),
    ])
    expect(lost.some(([, amount]) => amount > 0n)).toBe(true)
    for (const [name, amount] of lost) expect([name, seenOf(draft.seen!, name)]).toEqual([name, amount])
    await node.rpc('evm_revert', [snapshot])
    snapshot = await node.rpc('evm_snapshot', [])
  })
})

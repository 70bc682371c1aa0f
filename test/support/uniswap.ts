import factory from '@uniswap/v3-core/artifacts/contracts/UniswapV3Factory.sol/UniswapV3Factory.json' with {
  type: 'json',
}
import positions from '@uniswap/v3-periphery/artifacts/contracts/NonfungiblePositionManager.sol/NonfungiblePositionManager.json' with {
  type: 'json',
}
import router from '@uniswap/v3-periphery/artifacts/contracts/SwapRouter.sol/SwapRouter.json' with { type: 'json' }
import { type EvmNode, evmContracts, evmFaucet } from '@waiaas/localnet'
import { type Abi, decodeFunctionResult, encodeDeployData, encodeFunctionData, type Hex, parseAbi } from 'viem'

/** Uniswap v3 as it is published, on a local node. */
export type Uniswap = {
  readonly node: EvmNode
  readonly router: Hex
  readonly positions: Hex
  readonly weth: Hex
}
/** So many base units of a token that the faucet may mint, or of wrapped ether. */
type Reserve = { readonly token: Hex; readonly amount: bigint }
export type Swap = {
  readonly tokenIn: Hex
  readonly tokenOut: Hex
  readonly recipient: Hex
  readonly amountIn: bigint
  /** What has to come at least. */
  readonly least?: bigint
  /** Unix seconds. */
  readonly deadline?: bigint
}

/** The fee of every pool here: 0.3 per cent. */
const FEE = 3_000
/** All prices, in steps of a pool with that fee. */
const RANGE = { tickLower: -887_220, tickUpper: 887_220 }
const NEVER = 2n ** 64n
const tokens = parseAbi([
  'function mint(address,uint256)',
  'function approve(address,uint256)',
  'function deposit() payable',
])
// Files of the package, in the form of the compiler.
const artifact = ({ abi, bytecode }: { abi: unknown; bytecode: string }) => ({
  abi: abi as Abi,
  bytecode: bytecode as Hex,
})
const routerAbi = artifact(router).abi
const positionsAbi = artifact(positions).abi

const hex = (amount: bigint): Hex => `0x${amount.toString(16)}`

async function send(node: EvmNode, more: object): Promise<{ contractAddress: Hex }> {
  // An estimate can fall short by what a block later costs more.
  const receipt = await node.rpc('eth_sendTransactionSync', [{ from: evmFaucet, gas: '0xc00000', ...more }])
  const { status, contractAddress } = receipt as { status: Hex; contractAddress: Hex }
  if (status !== '0x1') throw new Error(`expected a step of Uniswap's deployment to succeed, got ${status}`)
  return { contractAddress }
}

/** Test support: factory, router and positions of Uniswap v3, and wrapped ether. */
export async function deployUniswap(node: EvmNode): Promise<Uniswap> {
  const deploy = async (contract: { abi: Abi; bytecode: Hex }, args: readonly unknown[] = []) =>
    (await send(node, { data: encodeDeployData({ ...contract, args }) })).contractAddress
  const weth = await deploy(evmContracts.WrappedEther)
  const at = await deploy(artifact(factory))
  return {
    ...{ node, weth },
    router: await deploy(artifact(router), [at, weth]),
    // The last is who draws a position, which nobody asks for.
    positions: await deploy(artifact(positions), [at, weth, weth]),
  }
}

/** A pool of two tokens, whose first price is that of what it begins with; the faucet pays. */
export async function addPool({ node, positions: to, weth }: Uniswap, one: Reserve, other: Reserve): Promise<Hex> {
  const [first, second] = BigInt(one.token) < BigInt(other.token) ? [one, other] : [other, one]
  for (const { token, amount } of [first, second]) {
    const isEther = token.toLowerCase() === weth.toLowerCase()
    const make = isEther
      ? { value: hex(amount), data: encodeFunctionData({ abi: tokens, functionName: 'deposit' }) }
      : { data: encodeFunctionData({ abi: tokens, functionName: 'mint', args: [evmFaucet, amount] }) }
    await send(node, { to: token, ...make })
    await send(node, {
      to: token,
      data: encodeFunctionData({ abi: tokens, functionName: 'approve', args: [to, amount] }),
    })
  }
  const pair = [first.token, second.token, FEE, root((second.amount << 192n) / first.amount)]
  const functionName = 'createAndInitializePoolIfNecessary'
  const create = { from: evmFaucet, to, data: encodeFunctionData({ abi: positionsAbi, functionName, args: pair }) }
  const pool = (await node.rpc('eth_call', [create, 'latest'])) as Hex
  await send(node, create)
  const mint = {
    ...{ token0: first.token, token1: second.token, fee: FEE, ...RANGE },
    ...{ amount0Desired: first.amount, amount1Desired: second.amount, amount0Min: 0n, amount1Min: 0n },
    ...{ recipient: evmFaucet, deadline: NEVER },
  }
  await send(node, { to, data: encodeFunctionData({ abi: positionsAbi, functionName: 'mint', args: [mint] }) })
  return decodeFunctionResult({ abi: positionsAbi, functionName, data: pool }) as Hex
}

/** The largest whole number whose square is not above. */
function root(square: bigint): bigint {
  let [low, high] = [0n, 1n << 161n]
  while (high - low > 1n) {
    const middle = (low + high) / 2n
    if (middle * middle <= square) low = middle
    else high = middle
  }
  return low
}

const paramsOf = ({ tokenIn, tokenOut, recipient, amountIn, least = 0n, deadline = NEVER }: Swap) => ({
  ...{ tokenIn, tokenOut, fee: FEE, recipient, deadline, amountIn },
  ...{ amountOutMinimum: least, sqrtPriceLimitX96: 0n },
})

/** What the router is called with to swap all of an amount. */
export const swapData = (swap: Swap): Hex =>
  encodeFunctionData({ abi: routerAbi, functionName: 'exactInputSingle', args: [paramsOf(swap)] })

/** The same with a bound on what goes in, for so much that comes out. */
export const swapForData = ({ amountIn: most, least: amountOut = 0n, ...swap }: Swap): Hex => {
  const { amountIn: _, amountOutMinimum: __, ...params } = paramsOf({ ...swap, amountIn: most })
  const args = [{ ...params, amountOut, amountInMaximum: most }]
  return encodeFunctionData({ abi: routerAbi, functionName: 'exactOutputSingle', args })
}

/** Any other function of the router, such as `refundETH`, `unwrapWETH9`, `selfPermit` or `multicall`. */
export const routerData = (functionName: string, args: readonly unknown[] = []): Hex =>
  encodeFunctionData({ abi: routerAbi, functionName, args })

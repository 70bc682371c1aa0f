import { factsOf, nativeAsset, UNREAD_RECIPIENT } from '@waiaas/contract'
import { encodeFunctionData, type Hex, parseAbi } from 'viem'
import { expect, test } from 'vitest'
import { localEvm } from '../../../../test/evm-bed.ts'
import { effectsOf } from '../decode.ts'
import { vaults } from './vaults.ts'

// Whoever is called `to` here gets something: the names are those of the published contracts.

const [ME, VAULT, THIEF, TOKEN] = ['a1', 'c3', 'b2', 'd4'].map((end) => `0x${end.padStart(40, '0')}`) as [
  Hex,
  Hex,
  Hex,
  Hex,
]
const market = 'struct Market { address loan; address collateral; address oracle; address irm; uint256 lltv; }'
const signatures = [
  market,
  'struct Position { address token0; address token1; uint24 fee; int24 lower; int24 upper; uint256 a; uint256 b; uint256 c; uint256 d; address to; uint256 deadline; }',
  'struct Collect { uint256 tokenId; address to; uint128 most0; uint128 most1; }',
  'struct Swap { bytes32 poolId; uint8 kind; address assetIn; address assetOut; uint256 amount; bytes userData; }',
  'struct Step { bytes32 poolId; uint256 i; uint256 j; uint256 amount; bytes userData; }',
  'struct Funds { address sender; bool fromInternal; address to; bool toInternal; }',
  'function deposit(uint256 assets, address to)',
  'function mint(uint256 shares, address to)',
  'function withdraw(uint256 assets, address to, address owner)',
  'function redeem(uint256 shares, address to, address owner)',
  'function supply(address asset, uint256 amount, address to, uint16 code)',
  'function supplyWithPermit(address asset, uint256 amount, address to, uint16 code, uint256 deadline, uint8 v, bytes32 r, bytes32 s)',
  'function deposit(address asset, uint256 amount, address to, uint16 code)',
  'function withdraw(address asset, uint256 amount, address to)',
  'function repay(address asset, uint256 amount, uint256 mode, address to)',
  'function depositETH(address pool, address to, uint16 code)',
  'function withdrawETH(address pool, uint256 amount, address to)',
  'function supplyTo(address to, address asset, uint256 amount)',
  'function supplyFrom(address from, address to, address asset, uint256 amount)',
  'function withdrawTo(address to, address asset, uint256 amount)',
  'function withdrawFrom(address from, address to, address asset, uint256 amount)',
  'function transferAsset(address to, address asset, uint256 amount)',
  'function transferAssetFrom(address from, address to, address asset, uint256 amount)',
  'function supply(Market market, uint256 assets, uint256 shares, address to, bytes data)',
  'function withdraw(Market market, uint256 assets, uint256 shares, address owner, address to)',
  'function borrow(Market market, uint256 assets, uint256 shares, address owner, address to)',
  'function repay(Market market, uint256 assets, uint256 shares, address to, bytes data)',
  'function supplyCollateral(Market market, uint256 assets, address to, bytes data)',
  'function withdrawCollateral(Market market, uint256 assets, address owner, address to)',
  'function addLiquidity(address a, address b, uint256 c, uint256 d, uint256 e, uint256 f, address to, uint256 deadline)',
  'function addLiquidityETH(address a, uint256 b, uint256 c, uint256 d, address to, uint256 deadline)',
  'function removeLiquidity(address a, address b, uint256 c, uint256 d, uint256 e, address to, uint256 deadline)',
  'function removeLiquidityETH(address a, uint256 b, uint256 c, uint256 d, address to, uint256 deadline)',
  'function removeLiquidityETHSupportingFeeOnTransferTokens(address a, uint256 b, uint256 c, uint256 d, address to, uint256 deadline)',
  'function removeLiquidityWithPermit(address a, address b, uint256 c, uint256 d, uint256 e, address to, uint256 deadline, bool all, uint8 v, bytes32 r, bytes32 s)',
  'function removeLiquidityETHWithPermit(address a, uint256 b, uint256 c, uint256 d, address to, uint256 deadline, bool all, uint8 v, bytes32 r, bytes32 s)',
  'function depositTo(address to)',
  'function withdrawTo(address to, uint256 amount)',
  'function transferShares(address to, uint256 amount)',
  'function depositETHTo(address to, uint32 gas, bytes data)',
  'function bridgeETHTo(address to, uint32 gas, bytes data)',
  'function depositERC20To(address local, address remote, address to, uint256 amount, uint32 gas, bytes data)',
  'function bridgeERC20To(address local, address remote, address to, uint256 amount, uint32 gas, bytes data)',
  'function mint(Position position)',
  'function collect(Collect collect)',
  'function swap(Swap swap, Funds funds, uint256 limit, uint256 deadline)',
  'function batchSwap(uint8 kind, Step[] steps, address[] assets, Funds funds, int256[] limits, uint256 deadline)',
] as const
type Input = { readonly name: string; readonly type: string; readonly components?: readonly Input[] }
type Item = { readonly type: string; readonly name: string; readonly inputs: readonly Input[] }
const functions = parseAbi(signatures as readonly string[]) as readonly Item[]

function made({ name, type, components }: Input, to: Hex): unknown {
  if (type.endsWith('[]')) return [made({ name, type: type.slice(0, -2), ...(components && { components }) }, to)]
  if (components) return Object.fromEntries(components.map((one) => [one.name, made(one, to)]))
  if (type === 'address') return name === 'to' ? to : name === 'owner' || name === 'from' ? ME : TOKEN
  if (type === 'bool') return true
  if (type === 'bytes32') return `0x${'11'.repeat(32)}`
  if (type === 'bytes') return '0x1234'
  return Number(/\d+/.exec(type)![0]) <= 48 ? 7 : 7n
}
const written = (item: Item, to: Hex) =>
  encodeFunctionData({ abi: [item], args: item.inputs.map((one) => made(one, to)) } as never)
function read(data: string) {
  const effects = effectsOf({ network: localEvm, sender: ME, tx: { to: VAULT, value: 0n, data } })
  const fee = { asset: nativeAsset(localEvm), max: '0' }
  const { pays, unknown, calls } = factsOf({ network: localEvm.id, sender: ME, effects, fee })
  return { receivers: pays.map(({ to }) => to.toLowerCase()), isUnknown: unknown.length > 0, calls: calls.length }
}

test('every function that is read is written here by its published names', () => {
  const selectors = functions.map((item) => written(item, ME).slice(0, 10)).sort()
  expect(vaults.map(({ called }) => called.selector).sort()).toEqual(selectors)
})

test.each(
  functions.map(
    (item) => [`${item.name} of ${item.inputs.length} values, ${item.inputs[0]!.name} first`, item] as const,
  ),
)('%s: whoever gets something is a recipient, and what it does is not known from its bytes', (_, item) => {
  expect(read(written(item, THIEF))).toEqual({ receivers: [THIEF], isUnknown: true, calls: 1 })
  expect(read(written(item, ME))).toEqual({ receivers: [], isUnknown: true, calls: 1 })
  expect(read(written(item, VAULT)).receivers).toEqual([VAULT])
  for (const odd of [`${written(item, ME)}00`, written(item, ME).slice(0, -2)])
    expect(read(odd)).toEqual({ receivers: [UNREAD_RECIPIENT], isUnknown: true, calls: 1 })
})

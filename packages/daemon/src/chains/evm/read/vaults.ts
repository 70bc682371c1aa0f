import type { FunctionReader } from './call.ts'
import { at, NONE, paying, within } from './receivers.ts'

// Of vaults, lenders, pools and bridges is read who gets what they pay out or hold. What goes in and out is seen when the call
// is run.

/** By the place of whoever gets something; 0 is the first. */
const table: Readonly<Record<string, number>> = {
  // https://eips.ethereum.org/EIPS/eip-4626
  'deposit(uint256,address)': 1,
  'mint(uint256,address)': 1,
  'withdraw(uint256,address,address)': 1,
  'redeem(uint256,address,address)': 1,
  // https://github.com/aave-dao/aave-v3-origin: the pool, and its gateway for native currency
  'supply(address,uint256,address,uint16)': 2,
  'supplyWithPermit(address,uint256,address,uint16,uint256,uint8,bytes32,bytes32)': 2,
  'deposit(address,uint256,address,uint16)': 2,
  'withdraw(address,uint256,address)': 2,
  'repay(address,uint256,uint256,address)': 3,
  'depositETH(address,address,uint16)': 1,
  'withdrawETH(address,uint256,address)': 2,
  // https://github.com/compound-finance/comet
  'supplyTo(address,address,uint256)': 0,
  'supplyFrom(address,address,address,uint256)': 1,
  'withdrawTo(address,address,uint256)': 0,
  'withdrawFrom(address,address,address,uint256)': 1,
  'transferAsset(address,address,uint256)': 0,
  'transferAssetFrom(address,address,address,uint256)': 1,
  // https://github.com/morpho-org/morpho-blue
  'supply((address,address,address,address,uint256),uint256,uint256,address,bytes)': 3,
  'withdraw((address,address,address,address,uint256),uint256,uint256,address,address)': 4,
  'borrow((address,address,address,address,uint256),uint256,uint256,address,address)': 4,
  'repay((address,address,address,address,uint256),uint256,uint256,address,bytes)': 3,
  'supplyCollateral((address,address,address,address,uint256),uint256,address,bytes)': 2,
  'withdrawCollateral((address,address,address,address,uint256),uint256,address,address)': 3,
  // https://github.com/Uniswap/v2-periphery
  'addLiquidity(address,address,uint256,uint256,uint256,uint256,address,uint256)': 6,
  'addLiquidityETH(address,uint256,uint256,uint256,address,uint256)': 4,
  'removeLiquidity(address,address,uint256,uint256,uint256,address,uint256)': 5,
  'removeLiquidityETH(address,uint256,uint256,uint256,address,uint256)': 4,
  'removeLiquidityETHSupportingFeeOnTransferTokens(address,uint256,uint256,uint256,address,uint256)': 4,
  'removeLiquidityWithPermit(address,address,uint256,uint256,uint256,address,uint256,bool,uint8,bytes32,bytes32)': 5,
  'removeLiquidityETHWithPermit(address,uint256,uint256,uint256,address,uint256,bool,uint8,bytes32,bytes32)': 4,
  // Wrapped native currency, shares of staked ether (https://docs.lido.fi), and bridges of rollups
  'depositTo(address)': 0,
  'withdrawTo(address,uint256)': 0,
  'transferShares(address,uint256)': 0,
  'depositETHTo(address,uint32,bytes)': 0,
  'bridgeETHTo(address,uint32,bytes)': 0,
  'depositERC20To(address,address,address,uint256,uint32,bytes)': 2,
  'bridgeERC20To(address,address,address,uint256,uint32,bytes)': 2,
}

export const vaults: readonly FunctionReader[] = [
  ...Object.entries(table).map(([signature, place]) => paying(signature, { to: at(place), words: NONE })),
  // Positions of Uniswap v3: https://github.com/Uniswap/v3-periphery/blob/main/contracts/NonfungiblePositionManager.sol
  paying('mint((address,address,uint24,int24,int24,uint256,uint256,uint256,uint256,address,uint256))', {
    ...{ to: within(9), words: NONE },
  }),
  paying('collect((uint256,address,uint128,uint128))', { to: within(1), words: { router: 0n } }),
  // https://github.com/balancer/balancer-v2-monorepo/blob/master/pkg/interfaces/contracts/vault/IVault.sol
  paying('swap((bytes32,uint8,address,address,uint256,bytes),(address,bool,address,bool),uint256,uint256)', {
    ...{ to: within(2, 1), words: NONE },
  }),
  paying(
    'batchSwap(uint8,(bytes32,uint256,uint256,uint256,bytes)[],address[],(address,bool,address,bool),int256[],uint256)',
    { to: within(2, 3), words: NONE },
  ),
]

import { Failure, type Network } from '@waiaas/contract'
import type { Chain } from '../chain.ts'
import { accessGas } from './access-list.ts'
import { givenNonce } from './draft.ts'
import { gasMost } from './gas.ts'
import { toGas } from './gas-units.ts'
import { fromHex, toHex } from './hex.ts'
import { decodeUnsigned, feeCap, type Transaction } from './transaction.ts'

/** No transaction takes less. */
const GAS_LEAST = toGas(21_000n)

type Given = Required<Pick<Chain, 'serialized' | 'ownLifetime'>>

/** Transactions of EVM networks that were built elsewhere, nonce and fees and all. */
export const givenTransactions = (network: Network, chainId: number): Given => ({
  ownLifetime: givenNonce,
  serialized: {
    read(_sender, text) {
      const bytes = bytesOf(text)
      requireSendable(decodeUnsigned(bytes), { network, chainId })
      return { kind: 'serialized', bytes: bytes.toString('hex'), tokens: [], owners: [] }
    },
    hints: async () => ({}),
    text: toHex,
  },
})

function bytesOf(text: string): Buffer {
  try {
    return fromHex(text)
  } catch (error) {
    throw refused('expected a transaction as 0x and hex, as EVM clients serialize it', error)
  }
}

/** What no block would take is never signed: it would hold its nonce until the daemon takes that back. */
function requireSendable(
  { gas, fees, accessList = [], ...tx }: Transaction,
  on: { network: Network; chainId: number },
): void {
  if (tx.chainId !== on.chainId)
    throw refused(`expected a transaction for chain ${on.chainId}, got one for chain ${tx.chainId}`)
  const least = GAS_LEAST + accessGas(accessList)
  if (gas < least) throw refused(`expected a gas limit of at least ${least}, got ${gas}`)
  if (!on.network.ownGas && gas > gasMost)
    throw refused(`expected at most ${gasMost} gas, which a transaction may use, got ${gas}`)
  if (fees.type === 'eip1559' && fees.maxPriorityFeePerGas > feeCap(fees))
    throw refused(`expected a tip of at most the fee cap ${feeCap(fees)}, got ${fees.maxPriorityFeePerGas}`)
}

const refused = (what: string, cause?: unknown): Failure =>
  new Failure('INVALID_TRANSACTION', what, cause === undefined ? {} : { cause })

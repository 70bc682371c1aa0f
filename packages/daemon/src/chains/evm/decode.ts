import { type Effect, Failure, nativeAsset } from '@waiaas/contract'
import { sha256 } from '../../platform/sha256.ts'
import type { Decoded } from '../build.ts'
import { checksummed } from './address.ts'
import { costOf } from './gas-units.ts'
import type { EvmNetwork } from './identity.ts'
import { memoText } from './memo.ts'
import { readCall } from './read/all.ts'
import type { ReadCall } from './read/call.ts'
import { decodeUnsigned, feeCap, type Transaction } from './transaction.ts'

/**
 * Effects of unsigned bytes. The fee is gas limit times fee cap; what a rollup charges for its parent chain is not in the bytes
 * and stands in the draft. The digest covers chain, sender, recipient, value and data: all but nonce, gas and fees.
 */
export function decode({ network, chainId }: EvmNetwork, sender: string, bytes: Uint8Array): Decoded {
  const tx = decodeUnsigned(bytes)
  if (tx.chainId !== chainId)
    throw new Failure(
      'INVALID_TRANSACTION',
      `expected a transaction for chain ${chainId}, got one for chain ${tx.chainId}`,
    )
  return {
    effects: {
      network: network.id,
      sender: checksummed(sender),
      effects: effectsOf({ network, sender: sender.toLowerCase(), tx }),
      fee: { asset: nativeAsset(network), max: costOf(tx.gas, feeCap(tx.fees)).toString() },
    },
    digest: digestOf(sender, tx),
  }
}

function digestOf(sender: string, { chainId, to, value, data }: Transaction): string {
  const content = { chainId, data, from: sender.toLowerCase(), to, value: value.toString() }
  return sha256(JSON.stringify(content))
}

function effectsOf(call: ReadCall): Effect[] {
  const { network, sender, tx } = call
  const to = checksummed(tx.to)
  const native: Effect = { kind: 'outflow', asset: nativeAsset(network), amount: tx.value.toString(), to }
  if (tx.data === '0x') return tx.to === sender && tx.value === 0n ? [] : [native]
  const known = readCall(call)
  // A call carries the value itself.
  if (known) return tx.value > 0n && !known.some(({ kind }) => kind === 'call') ? [native, ...known] : known
  const memo = memoText(tx.data)
  if (memo !== undefined) return [native, { kind: 'memo', text: memo }]
  const selector = tx.data.length >= 10 ? tx.data.slice(0, 10) : null
  return [
    { kind: 'call', contract: to, selector, value: tx.value.toString() },
    { kind: 'unknown', description: `a call of ${selector ?? 'no function'} whose effects are not known` },
  ]
}

import { type Base, type Effect, Failure, factsOf, type Network, nativeAsset } from '@waiaas/contract'
import { sha256 } from '../../platform/sha256.ts'
import type { Decoded, Hints } from '../build.ts'
import { checksummed } from './address.ts'
import { costOf } from './gas-units.ts'
import { fromHex, keccak, toHex } from './hex.ts'
import type { EvmNetwork } from './identity.ts'
import { memoText } from './memo.ts'
import { readCall } from './read/all.ts'
import { called, type ReadCall, unread, unresolved } from './read/call.ts'
import { decodeUnsigned, feeCap, NO_RECIPIENT, type Transaction } from './transaction.ts'

/**
 * Effects of unsigned bytes. The fee is gas limit times fee cap; what a rollup charges for its parent chain is not in the bytes
 * and stands in the draft. The digest covers chain, sender, recipient, value, data and access list: all but nonce, gas and fees.
 */
type Read = { readonly sender: string; readonly bytes: Uint8Array; readonly hints?: Hints }
export function decode({ network, chainId }: EvmNetwork, { sender, bytes, hints }: Read): Decoded {
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
      effects: effectsOf({ network, sender: sender.toLowerCase(), tx }, hints),
      fee: { asset: nativeAsset(network), max: costOf(tx.gas, feeCap(tx.fees)).toString() },
    },
    digest: digestOf(sender, tx),
  }
}

function digestOf(sender: string, { chainId, to, value, data, accessList }: Transaction): string {
  const content = { chainId, data, from: sender.toLowerCase(), to, value: value.toString(), accessList }
  return sha256(JSON.stringify(content))
}

type Top = Pick<ReadCall, 'network' | 'sender' | 'tx'>

/** `data` is a text where the recipient is known to have no code; anywhere else the same bytes are a call. */
export function effectsOf({ network, sender, tx }: Top, { hasNoCode = false }: Hints = {}): Effect[] {
  if (tx.to === NO_RECIPIENT)
    return [{ kind: 'deploy', codeHash: toHex(keccak(fromHex(tx.data))), value: tx.value.toString() }]
  if (tx.data === '0x' && tx.to === sender && tx.value === 0n) return []
  const memo = hasNoCode && tx.data !== '0x' ? memoText(tx.data) : undefined
  if (memo === undefined) return allOf({ network, sender, caller: sender, tx }, 0)
  const [native] = allOf({ network, sender, caller: sender, tx: { ...tx, data: '0x' } }, 0)
  return [native!, { kind: 'memo', text: memo }]
}

/** Calls within calls are read so far; what is deeper is not known. */
const MOST_DEPTH = 4

function allOf(call: Omit<ReadCall, 'inside'>, depth: number): Effect[] {
  const { network, tx } = call
  const native: Effect = {
    kind: 'outflow',
    asset: nativeAsset(network),
    amount: tx.value.toString(),
    to: checksummed(tx.to),
  }
  if (tx.data === '0x') return [native]
  const inside: ReadCall['inside'] = (inner, caller) => allOf({ ...call, tx: inner, caller }, depth + 1)
  if (depth >= MOST_DEPTH) return unresolved(call)
  const known = readCall({ ...call, inside })
  // That code is called says nothing of what it does.
  if (known?.every(({ kind }) => kind === 'call')) return [...known, unread(tx.data)]
  // A call carries the value itself.
  if (known?.some(({ kind }) => kind === 'call')) return known
  // Inside of another call each is named, because a list may not have its function.
  if (known) return depth > 0 ? [called(call), ...known] : tx.value > 0n ? [native, ...known] : known
  return [called(call), unread(tx.data)]
}

type Call = { readonly to: string; readonly value: Base; readonly data: string }

/** Addresses of the tokens that a call moves or lets others move, as far as it is understood. */
export function tokensIn(network: Network, sender: string, { to, value, data }: Call): string[] {
  const tx = { to: to.toLowerCase(), value, data }
  const effects = effectsOf({ network, sender: sender.toLowerCase(), tx })
  const native = nativeAsset(network)
  const { pays, spenders } = factsOf({ network: network.id, sender, effects, fee: { asset: native, max: '0' } })
  const assets = new Set([...pays, ...spenders].map(({ asset }) => asset).filter((asset) => asset !== native))
  return [...assets].map((asset) => checksummed(asset.slice(asset.lastIndexOf(':') + 1)))
}

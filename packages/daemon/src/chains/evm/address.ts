import { Failure } from '@waiaas/contract'
import { keccak, toHex } from './hex.ts'

const zeroAddress = '0x0000000000000000000000000000000000000000'
const known = new Map<string, string>()
const knownMost = 20_000

/** EIP-55 form of 20 bytes or of 0x-hex in any case. */
export function checksummed(address: Uint8Array | string): string {
  const lower = typeof address === 'string' ? address.toLowerCase() : toHex(address)
  const found = known.get(lower)
  if (found) return found
  const hash = toHex(keccak(Buffer.from(lower.slice(2), 'latin1')))
  let text = '0x'
  for (let i = 2; i < 42; i++) text += hash[i]! >= '8' ? lower[i]!.toUpperCase() : lower[i]!
  if (known.size >= knownMost) known.clear()
  known.set(lower, text)
  return text
}

/** Canonical form of an address. One case says nothing about a checksum; mixed case must have the right one (EIP-55). */
export function parseAddress(text: string): string {
  if (!/^0x[0-9a-fA-F]{40}$/.test(text))
    throw new Failure('INVALID_ADDRESS', `expected an EVM address of 0x and 40 hex digits, got "${text.slice(0, 60)}"`)
  const address = checksummed(text)
  if (address === zeroAddress) throw new Failure('INVALID_ADDRESS', 'expected a recipient, got the zero address')
  const digits = text.slice(2)
  const isMixed = digits !== digits.toLowerCase() && digits !== digits.toUpperCase()
  if (isMixed && address !== text)
    throw new Failure(
      'INVALID_ADDRESS',
      `the checksum of ${text} is wrong; a digit may be mistyped. Copy the address again, or write it in lower case`,
    )
  return address
}

import { type Address, getAddressDecoder } from '@solana/kit'

const decoder = getAddressDecoder()
const remembered = new Map<string, Address>()
const capacity = 20_000

/** The base58 text of 32 bytes. Remembered, because the same programs and wallets come up in every message. */
export function addressText(bytes: Uint8Array): Address {
  const key = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
  const known = remembered.get(key)
  if (known) return known
  const text = decoder.decode(bytes)
  if (remembered.size >= capacity) remembered.clear()
  remembered.set(key, text)
  return text
}

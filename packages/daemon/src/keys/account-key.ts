import { base58 } from '@scure/base'

/** An address of EVM or Solana as the signer counts by it: its bytes in hex. Undefined for any other text. */
export function accountKey(text: unknown): string | undefined {
  if (typeof text !== 'string') return undefined
  if (/^0x[0-9a-f]{40}$/i.test(text)) return text.slice(2).toLowerCase()
  const bytes = /^[1-9A-HJ-NP-Za-km-z]{32,44}$/.test(text) ? base58.decode(text) : undefined
  return bytes?.length === 32 ? Buffer.from(bytes).toString('hex') : undefined
}

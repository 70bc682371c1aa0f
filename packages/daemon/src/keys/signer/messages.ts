import { keccak_256 } from '@noble/hashes/sha3.js'
import { refuse } from './refuse.ts'
import { parseSolanaMessage } from './solana-message.ts'

const offchainHeader = Buffer.concat([Buffer.of(0xff), Buffer.from('solana offchain', 'ascii')])
// After the magic: version, application domain (32), format, signer count, then signers and the text's length.
const offchainFixedBytes = offchainHeader.length + 1 + 32 + 1 + 1

/** EIP-191 version 0x45 ("E"): the hash that `personal_sign` signs. */
export function personalHash(message: Uint8Array): Uint8Array {
  const prefix = Buffer.from(`\x19Ethereum Signed Message:\n${message.length}`, 'utf8')
  return keccak_256(Buffer.concat([prefix, message]))
}

/** Text that a person can read and no chain can execute; anything else is refused. */
export function assertPersonalMessage(payload: Uint8Array): string {
  if (payload.length === 32) refuse('a message of exactly 32 bytes may be a hash; hashes are not signed blind')
  if (parseSolanaMessage(payload)) refuse('the message is a Solana transaction; send it as one')
  const text = readUtf8(payload, 'the message')
  if (/^0x[0-9a-f]{64}$/i.test(text)) refuse('the message is a hash in hexadecimal; hashes are not signed blind')
  return text
}

/** A Solana off-chain message: with the header of the proposal, or the bare text that wallets sign. */
export function assertOffchainMessage(payload: Uint8Array): void {
  if (!offchainHeader.equals(payload.subarray(0, offchainHeader.length))) return void assertPersonalMessage(payload)
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.length)
  const version = bytes[offchainHeader.length]
  const format = bytes[offchainFixedBytes - 2]
  const textAt = offchainFixedBytes + (bytes[offchainFixedBytes - 1] ?? 0) * 32 + 2
  if (version !== 0 || bytes.length <= textAt || (format ?? 3) > 2) refuse('not an off-chain message of version 0')
  if (bytes.readUInt16LE(textAt - 2) !== bytes.length - textAt)
    refuse('the off-chain message has not the length it says')
  assertPersonalMessage(payload.subarray(textAt))
}

/** RFC 9421: lines of `"component": value`, closed by the signature's own parameters. */
export function assertSignatureBase(payload: Uint8Array): void {
  const lines = assertPersonalMessage(payload).split('\n')
  const last = lines.pop() ?? ''
  if (!/^"@signature-params": \(.*\)(;.+)?$/.test(last))
    refuse('an HTTP signature base ends with its @signature-params line')
  for (const line of lines)
    if (!/^"[^"\s]+"(;[^:]+)*: /.test(line)) refuse('the HTTP signature base has a malformed line')
}

/** Strict UTF-8. */
export function readUtf8(payload: Uint8Array, what: string): string {
  if (payload.length === 0) refuse(`${what} is empty`)
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(payload)
  } catch {
    // A fatal decoder fails for one reason only.
    return refuse(`${what} is not UTF-8 text`)
  }
}

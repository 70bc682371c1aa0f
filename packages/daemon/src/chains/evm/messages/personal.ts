import { type Effect, Failure } from '@waiaas/contract'
import { requireReadable } from '../../message-text.ts'
import { signInOf } from '../../sign-in.ts'
import { checksummed } from '../address.ts'
import { keccak } from '../hex.ts'

/** 0x19 keeps it apart from every transaction: https://eips.ethereum.org/EIPS/eip-191 */
const PREFIX = '\x19Ethereum Signed Message:\n'

/** What words do that an account signs: a sign-in somewhere, or whatever their reader makes of them. */
export function readText(bytes: Uint8Array, { sender, chainId }: { sender: string; chainId: number }): Effect[] {
  const text = Buffer.from(bytes).toString('utf8')
  if (!Buffer.from(text, 'utf8').equals(bytes)) throw new Failure('INVALID_TRANSACTION', 'expected a text in UTF-8')
  requireReadable(text)
  const signIn = signInOf(text, {
    accountOf: 'Ethereum',
    address: checksummed(sender),
    chainId: String(chainId),
  })
  return [{ kind: 'message', form: signIn ? 'sign-in' : 'text', domain: signIn?.domain ?? null }]
}

/** What the curve signs of a text. */
export const textHash = (bytes: Uint8Array): Uint8Array =>
  keccak(Buffer.concat([Buffer.from(`${PREFIX}${bytes.length}`, 'latin1'), bytes]))

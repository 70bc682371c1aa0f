import type { OwnerForm } from '../owner-form.ts'
import { parseAddress } from './address.ts'
import { textHash } from './messages/personal.ts'
import { recoveredSigner } from './signature.ts'

/** An owner signs as EIP-191 has it: r, s and a last byte of 27 or 28, or of 0 or 1. */
export const evmOwner: OwnerForm = {
  account: 'Ethereum',
  namesChain: true,
  address: parseAddress,
  isSigned(address, text, signature) {
    if (signature.length !== 65) return false
    const last = signature[64]!
    const plain = Uint8Array.from(signature)
    if (last >= 27) plain[64] = last - 27
    try {
      return recoveredSigner(textHash(Buffer.from(text, 'utf8')), plain) === address.toLowerCase()
    } catch {
      // Whatever is wrong with it, it is no signature of this account.
      return false
    }
  },
}

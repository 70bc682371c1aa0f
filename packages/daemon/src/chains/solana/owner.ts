import type { OwnerForm } from '../owner-form.ts'
import { parseAddress } from './recipients.ts'
import { isSignedBy } from './signature.ts'

/** An owner signs the bare bytes of the text, as wallets sign a sign-in. */
export const solanaOwner: OwnerForm = {
  account: 'Solana',
  namesChain: false,
  address: parseAddress,
  isSigned: (address, text, signature) => isSignedBy(parseAddress(address), Buffer.from(text, 'utf8'), signature),
}

import type { Receipt } from '@waiaas/contract'
import { isSignedText } from '../../audit/service.ts'
import { sha256 } from '../../platform/sha256.ts'

/** Before what is signed; the signer has it once more. */
const CONTEXT = 'waiaas-receipt-1:'

/** SHA-256, hex, of the receipt in canonical JSON (RFC 8785), without its hash and signature. */
export function receiptHash({
  hash: _,
  signature: __,
  ...content
}: Omit<Receipt, 'hash' | 'signature'> & Partial<Receipt>): string {
  return sha256(canonical(content))
}

/** Whether the hash is that of the content, and the signature one of it by the key that it names. */
export const isReceiptSigned = (receipt: Receipt): boolean =>
  receiptHash(receipt) === receipt.hash && isSignedText(CONTEXT + receipt.hash, receipt)

/** JSON without spaces, the fields by the code units of their names, and without those that are undefined. */
export const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  )

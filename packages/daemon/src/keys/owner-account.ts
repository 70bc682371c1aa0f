import { accountKey } from './account-key.ts'

/** A passkey as the ceiling of a wallet names it: the host that it is of, its id in base64url, x and y of its P-256 key in hex. */
export type PasskeyAccount = { readonly rpId: string; readonly credentialId: string; readonly publicKey: string }

const PASSKEY = /^passkey:([a-z0-9.-]{1,253}):([A-Za-z0-9_-]{1,1364}):([0-9a-f]{128})$/

/** As a ceiling names it. */
export const passkeyAccount = ({ rpId, credentialId, publicKey }: PasskeyAccount): string =>
  `passkey:${rpId}:${credentialId}:${publicKey}`

/** Undefined of any other text. */
export function passkeyIn(text: unknown): PasskeyAccount | undefined {
  const [, rpId, credentialId, publicKey] = (typeof text === 'string' && PASSKEY.exec(text)) || []
  return rpId === undefined ? undefined : { rpId, credentialId: credentialId!, publicKey: publicKey! }
}

/** What signs as an owner, as the signer compares it: the key of an address, or a passkey. Undefined for any other text. */
export const ownerKey = (text: unknown): string | undefined =>
  accountKey(text) ?? (passkeyIn(text) ? (text as string) : undefined)

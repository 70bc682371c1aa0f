import { CHAINS, Failure, familiesOf, type Network } from '@waiaas/contract'
import type { Reader } from '../chains/chain.ts'
import { families } from '../chains/families.ts'
import type { OwnerSignature } from '../platform/caller.ts'
import { goodNonce, isBare, walletIn } from './challenges.ts'
import { isPasskey, type PasskeySignedParts, signedByPasskey } from './passkey-signed.ts'
import { type NamedBy, ownerStore } from './store.ts'

export type SignedParts = PasskeySignedParts & {
  findNetwork(id: string): Network | undefined
  chain(network: string): Promise<Pick<Reader, 'acceptsSignature'>>
}
type Trio = {
  readonly address: string
  readonly message: string
  readonly signature: Uint8Array
  readonly asCame: string
}

/** Longest signature in bytes; those of contracts with many owners are long. */
const MOST_BYTES = 4_096

/**
 * The owner who sends a call, by X-Owner-Address, X-Owner-Message and X-Owner-Signature: somebody who owns a wallet here and
 * has signed a text that this daemon gave within five minutes. What the text is good for, and whether it was used, is looked
 * at where it is used. Failures INVALID_SIGNATURE, INVALID_NONCE, OWNER_NOT_CONNECTED, CHAIN_ERROR.
 */
export const signedBy =
  (parts: SignedParts) =>
  async (headers: Headers, ip?: string): Promise<OwnerSignature | undefined> => {
    if (!headers.has('x-owner-signature')) return undefined
    const trio = trioOf(headers)
    if (isPasskey(trio.address)) return signedByPasskey(parts, trio, ip)
    const owned = await parts.database.read((db) => ownerStore.byAddress(db, trio.address))
    if (owned.length === 0) throw new Failure('OWNER_NOT_CONNECTED', `no wallet here has the owner ${trio.address}`)
    // What a nonce alone is about is known where it is used.
    if (!isBare(trio.message)) goodNonce(await parts.giver(), trio.message, { about: '', now: parts.latest() })
    const network = await signerOf(parts, trio, owned)
    if (network === undefined) throw invalid(`the signature over the message is not one of ${trio.address}`)
    if (network === null && isHeard(owned, trio)) await parts.hear({ ...trio, by: trio.address })
    return { address: trio.address, network, message: trio.message, signature: trio.asCame, ip }
  }

/** What was cut off of a wallet has no say in what the signer signs for it, nor has a contract. */
const isHeard = (owned: readonly NamedBy[], { message }: Trio): boolean =>
  owned.some(
    ({ wallet_id, cut_off_at, kind }) => wallet_id === walletIn(message) && cut_off_at === null && kind !== 'contract',
  )

/** Null: the key of the address; else the network of the contract that accepts it. Undefined of nobody's. */
async function signerOf(parts: SignedParts, trio: Trio, owned: readonly NamedBy[]): Promise<string | null | undefined> {
  if (
    owned.some(({ kind }) => kind === 'key') &&
    formOf(trio.address).isSigned(trio.address, trio.message, trio.signature)
  )
    return null
  const chainId = /^Chain ID: (\d+)$/m.exec(trio.message)?.[1]
  const contract = owned.find(
    ({ kind, network }) => kind === 'contract' && numberOf(parts.findNetwork(network!)) === chainId,
  )
  if (!contract || chainId === undefined) return undefined
  const { acceptsSignature } = await parts.chain(contract.network!)
  return (await acceptsSignature?.(trio.address, trio.message, trio.signature)) ? contract.network : undefined
}

/** The number by which a sign-in names a chain. */
export const numberOf = (network: Network | undefined): string | undefined => network?.caip2.split(':')[1]

/** How whoever has the address signs. Failure INVALID_SIGNATURE. */
function formOf(address: string) {
  const family = familiesOf(address).find((name) => families[name])
  const form = family && families[family]?.owner
  if (!form)
    throw invalid(`expected an address of ${CHAINS.filter((name) => families[name]).join(' or ')} in X-Owner-Address`)
  return form
}

function trioOf(headers: Headers): Trio {
  const [address, message, signature] = ['address', 'message', 'signature'].map((name) =>
    headers.get(`x-owner-${name}`),
  )
  if (!address || !message || !signature)
    throw invalid('expected X-Owner-Address and X-Owner-Message beside X-Owner-Signature')
  return {
    address: canonical(address),
    message: textOf(message),
    signature: bytesOf(signature),
    asCame: signature,
  }
}

function canonical(address: string): string {
  if (isPasskey(address)) return address
  try {
    return formOf(address).address(address)
  } catch (cause) {
    throw new Failure(
      'INVALID_SIGNATURE',
      `expected the address of an owner in X-Owner-Address, got "${address.slice(0, 80)}"`,
      {
        cause,
      },
    )
  }
}

/** A header holds one line, so that longer texts come in base64. A bare nonce may come as it is. */
function textOf(header: string): string {
  if (isBare(header)) return header
  return base64(header, 'X-Owner-Message').toString('utf8')
}

function bytesOf(header: string): Uint8Array {
  const bytes = /^0x(?:[0-9a-f]{2})+$/i.test(header)
    ? Buffer.from(header.slice(2), 'hex')
    : base64(header, 'X-Owner-Signature')
  if (bytes.length > MOST_BYTES) throw invalid(`expected a signature of at most ${MOST_BYTES} bytes`)
  return bytes
}

function base64(text: string, header: string): Buffer {
  if (/^[A-Za-z0-9+/]+={0,2}$/.test(text) && text.length % 4 === 0) return Buffer.from(text, 'base64')
  throw invalid(`expected ${header === 'X-Owner-Message' ? 'base64' : '0x and hex, or base64,'} in ${header}`)
}

const invalid = (message: string) => new Failure('INVALID_SIGNATURE', message)

import { Failure, type Network } from '@waiaas/contract'
import { DOMAIN, looksLikeSignIn, TIME, URI } from '../sign-in.ts'

const FIELDS = [
  `URI: ${URI}`,
  'Version: 1',
  'Chain ID: (?<chain>[0-9a-zA-Z:]+)',
  'Nonce: (?<nonce>[a-zA-Z0-9]{8,})',
  `Issued At: (?<issued>${TIME})`,
  `Expiration Time: ${TIME}`,
  `Not Before: ${TIME}`,
  'Request ID: [^\\s]*',
  `Resources:(?:\\n- ${URI})*`,
]
const names = FIELDS.map((field) => field.slice(0, field.indexOf(':'))).join('|')
/** All fields may lack; those that are there keep their order. Each begins a line, and the first one a paragraph. */
const fields = `(?:\\n(?=\\n(?:${names}):)${FIELDS.map((field) => `(?:\\n${field})?`).join('')})?`

/** The whole text, as wallets of Solana write it: https://github.com/phantom/sign-in-with-solana */
const FORM = new RegExp(
  `^(?<domain>${DOMAIN}) wants you to sign in with your Solana account:\\n(?<address>[1-9A-HJ-NP-Za-km-z]{32,44})(?:\\n\\n(?!(?:${names}):)[^\\n]+)?${fields}$`,
)

/**
 * Who asks for a sign-in with a Solana account; undefined of a text that is none. One that reads like a sign-in and is not
 * exactly one, for this account and cluster, is refused (Failure INVALID_TRANSACTION).
 *
 * Whoever checks one takes its bare bytes, with no mark in front. They are no transaction all the same: a message begins with
 * the number of its signatures, or from 0x80 on with its version. A domain begins with a letter or a digit, so that it would
 * have 48 signatures or more, each with a key: more bytes than any transaction has.
 */
export function signInOf(text: string, network: Network, address: string): { readonly domain: string } | undefined {
  if (!looksLikeSignIn(text)) return undefined
  const found = FORM.exec(text)?.groups
  if (!found) throw refused('expected a sign-in as wallets of Solana write it, with its lines in their order')
  if (found.address !== address)
    throw refused(`expected a sign-in of the Solana account ${address}, got ${found.address}`)
  if (found.chain !== undefined && !namesOf(network).includes(found.chain))
    throw refused(`expected a sign-in for ${network.id}, got one for ${found.chain}`)
  if (found.nonce === undefined && found.issued === undefined)
    throw refused('expected a sign-in with a nonce, or the time at which it was asked for: without it is good for ever')
  return { domain: found.domain!.toLowerCase() }
}

/** What sign-ins call a cluster. */
function namesOf({ id, caip2 }: Network): string[] {
  const name = id === 'local-solana' ? 'localnet' : id.replace(/^solana-/, '')
  return [name, `solana:${name}`, caip2]
}

const refused = (message: string) => new Failure('INVALID_TRANSACTION', message)

import { Failure } from '@waiaas/contract'

/** What a sign-in says of itself, and what has to be so. */
type SignIn = { readonly domain: string }
type Expected = {
  /** As the first line names it. */
  readonly accountOf: 'Ethereum'
  /** In the form in which the text has to have it. */
  readonly address: string
  readonly chainId: string
}

/** A text that somebody may take for a sign-in. */
export const looksLikeSignIn = (text: string): boolean => MARK.test(text)
const MARK = /wants you to sign in with your/i
/** As RFC 3339 has it. */
export const TIME = '\\d{4}-\\d{2}-\\d{2}[Tt]\\d{2}:\\d{2}:\\d{2}(?:\\.\\d+)?(?:[Zz]|[+-]\\d{2}:\\d{2})'
export const URI = '[a-zA-Z][-a-zA-Z0-9+.]*:[^\\s]*'

/** A host, with a port where it has one. */
export const DOMAIN = '[a-zA-Z0-9](?:[-a-zA-Z0-9.]*[a-zA-Z0-9])?(?::\\d{1,5})?'

/** The whole text, as ERC-4361 has it: https://eips.ethereum.org/EIPS/eip-4361 */
const FORM = new RegExp(
  [
    `^(?:[a-zA-Z][-a-zA-Z0-9+.]*://)?(?<domain>${DOMAIN}) wants you to sign in with your (?<account>\\w+) account:\\n`,
    '(?<address>[0-9a-zA-Z]+)\\n\\n(?:[^\\n]+\\n)?\\n',
    `URI: ${URI}\\nVersion: 1\\nChain ID: (?<chain>[0-9a-zA-Z:]+)\\nNonce: [a-zA-Z0-9]{8,}\\nIssued At: ${TIME}`,
    `(?:\\nExpiration Time: ${TIME})?(?:\\nNot Before: ${TIME})?(?:\\nRequest ID: [^\\s]*)?(?:\\nResources:(?:\\n- ${URI})*)?$`,
  ].join(''),
)

/**
 * Who asks for a sign-in; undefined of a text that is none. One that reads like a sign-in and is not exactly one is refused
 * (Failure INVALID_TRANSACTION), because whoever it is shown to may be less exact.
 */
export function signInOf(text: string, { accountOf, address, chainId }: Expected): SignIn | undefined {
  if (!MARK.test(text)) return undefined
  const found = FORM.exec(text)?.groups
  if (!found) throw refused('expected a sign-in in the form of ERC-4361, with all its lines in their order')
  if (found.account !== accountOf || found.address !== address)
    throw refused(`expected a sign-in of the ${accountOf} account ${address}, got ${found.account} ${found.address}`)
  if (found.chain !== chainId) throw refused(`expected a sign-in for chain ${chainId}, got one for ${found.chain}`)
  return { domain: found.domain!.toLowerCase() }
}

const refused = (message: string) => new Failure('INVALID_TRANSACTION', message)

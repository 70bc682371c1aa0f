/** How a person with a wallet of a chain family signs in: the words of the family, and the look at a signature. */
export type OwnerForm = {
  /** As the first line of a sign-in names the account. */
  readonly account: string
  /** A sign-in names the chain of the account. */
  readonly namesChain: boolean
  /** Canonical form of an address. Failure INVALID_ADDRESS. */
  address(text: string): string
  /** The key of the address has signed exactly this text, as wallets of the family sign texts. */
  isSigned(address: string, text: string, signature: Uint8Array): boolean
}

/** What a sign-in says, line by line. */
export type SignInParts = {
  /** Scheme and host of who asks. */
  readonly origin: string
  readonly address: string
  /** One line of what is asked. */
  readonly statement: string
  /** The number of the chain, where the family names one. */
  readonly chainId: string | undefined
  readonly nonce: string
  readonly issuedAt: number
  readonly expiresAt: number
  readonly requestId: string
  readonly resources: readonly string[]
}

/** The text of a sign-in: EIP-4361 (https://eips.ethereum.org/EIPS/eip-4361), whose form other families share. Times are unix milliseconds. */
export function signInText({ account }: Pick<OwnerForm, 'account'>, parts: SignInParts): string {
  return [
    `${parts.origin.replace(/^[^/]*\/\//, '')} wants you to sign in with your ${account} account:`,
    parts.address,
    '',
    asStatement(parts.statement),
    '',
    `URI: ${parts.origin}`,
    'Version: 1',
    ...(parts.chainId === undefined ? [] : [`Chain ID: ${parts.chainId}`]),
    `Nonce: ${parts.nonce}`,
    `Issued At: ${new Date(parts.issuedAt).toISOString()}`,
    `Expiration Time: ${new Date(parts.expiresAt).toISOString()}`,
    `Request ID: ${parts.requestId}`,
    'Resources:',
    ...parts.resources.map((resource) => `- ${resource}`),
  ].join('\n')
}

/** In the characters that EIP-4361 lets a statement have: what else a text has becomes a question mark, a quote an apostrophe. */
const asStatement = (text: string): string =>
  text.replaceAll(/["“”‘’]/g, "'").replaceAll(/[^-A-Za-z0-9 ._~:/?#[\]@!$&'()*+,;=]/gu, '?')

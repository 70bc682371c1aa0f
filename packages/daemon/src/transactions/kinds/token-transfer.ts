import {
  assetKey,
  type Base,
  canonicalAsset,
  Failure,
  MOST_DECIMALS,
  type Network,
  parseBase,
  type RequestOf,
  tokenAsset,
} from '@waiaas/contract'
import type { IntentOf, Token } from '../../chains/intent.ts'
import { amountOf } from './amount.ts'
import type { Kind, Parse, Parsing } from './kind.ts'

type TokenTransfer = IntentOf<'token-transfer'>
type Choice = RequestOf<'TOKEN_TRANSFER'>['token']
type Stored = { to: string; amount: string; token: Token; memo?: string; closes?: true }

/** A fungible token to an address. */
export const tokenTransfer: Kind<TokenTransfer> = {
  store: ({ kind, to, amount, token, memo, closes }) => ({ kind, to, amount: String(amount), token, memo, closes }),
  restore: (stored) => {
    const { to, amount, token, memo, closes } = stored as Stored // as `store` wrote it
    return {
      ...{ kind: 'token-transfer', to, amount: parseBase(amount), token },
      ...(memo !== undefined && { memo }),
      ...(closes && { closes }),
    }
  },
  headline: ({ to, amount, token: { asset, decimals, symbol } }) => ({ to, amount, asset, decimals, symbol }),
  tokens: ({ token }) => [token],
  memo: ({ memo }) => memo ?? null,
}

/** So many of a token. */
export const tokensTo = (to: string, token: Token, amount: Base): TokenTransfer => ({
  ...{ kind: 'token-transfer', to, amount, token },
})

/** All of a token; where it is in an account that can be closed, that is, also when it is empty. */
export const emptying = (to: string, token: Token, { amount, closes }: { amount: Base; closes: boolean }) =>
  ({
    type: 'TOKEN_TRANSFER',
    intent: { kind: 'token-transfer', to, token, amount, ...(closes && { closes }) },
  }) as const

export const parseTokenTransfer: Parse<'TOKEN_TRANSFER'> = async (input, on) => {
  const to = on.chain.address(input.to)
  const token = await tokenOf(input.token, on)
  const memo = input.memo === undefined ? {} : { memo: input.memo }
  return { kind: 'token-transfer', to, amount: amountOf(input, token), token, ...memo }
}

/** The token that a request names; what it says of it beside is checked. */
export async function tokenOf(choice: Choice, { chain, findToken }: Parsing): Promise<Token> {
  requireOn(chain.network, choice)
  requireOne(chain, choice)
  const token = await findToken(chain, choice)
  requireTellable(token)
  requireSame(choice, token)
  return token
}

/** The same address may be another token elsewhere. */
function requireOn(network: Network, { assetId }: Choice): void {
  const { id, caip2 } = network
  if (assetId === undefined || canonicalAsset([network], assetId).startsWith(`${caip2}/`)) return
  throw new Failure('INVALID_TRANSACTION', `expected an asset of ${id}, such as ${caip2}/…, got ${assetId}`)
}

/** Whoever deployed a token chose its decimals; the amounts of some nobody could read. */
function requireTellable({ address, decimals }: Token): void {
  if (decimals <= MOST_DECIMALS) return
  throw new Failure(
    'TOKEN_UNSUPPORTED',
    `expected a token of at most ${MOST_DECIMALS} decimals, got ${decimals} at ${address}`,
  )
}

/** Said of what was named before anything is looked up: an address that is no token says nothing of the other one. */
function requireOne({ network, address }: Parsing['chain'], said: Choice): void {
  if (said.assetId === undefined || said.address === undefined) return
  const named = assetKey(tokenAsset(network, address(said.address)))
  if (canonicalAsset([network], said.assetId) !== named)
    throw new Failure('INVALID_TRANSACTION', 'expected one token in address and assetId, got two')
}

function requireSame(said: Choice, token: Token): void {
  if (said.decimals !== undefined && said.decimals !== token.decimals) {
    throw new Failure(
      'INVALID_TRANSACTION',
      `expected decimals ${token.decimals} for ${token.symbol}, got ${said.decimals}; leave it out`,
    )
  }
  if (said.symbol !== undefined && !isNameless(token) && said.symbol.toLowerCase() !== token.symbol.toLowerCase()) {
    throw new Failure('INVALID_TRANSACTION', `expected the symbol ${token.symbol}, got ${said.symbol}; leave it out`)
  }
}

/** It is shown by its address, for want of a name of its own; whoever asks may know it by another. */
function isNameless({ symbol, address }: Token): boolean {
  const [beginning, end] = symbol.split('…')
  return end !== undefined && address.startsWith(beginning!) && address.endsWith(end)
}

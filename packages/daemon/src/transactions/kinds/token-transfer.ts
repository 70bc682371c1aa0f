import { Failure, type SendRequest } from '@waiaas/contract'
import type { IntentOf, Token } from '../../chains/intent.ts'
import { amountOf } from './amount.ts'
import type { Kind, Parse } from './kind.ts'

type TokenTransfer = IntentOf<'token-transfer'>
type Choice = NonNullable<SendRequest['token']>
type Stored = { to: string; amount: string; token: Token; memo?: string }

/** A fungible token to an address. */
export const tokenTransfer: Kind<TokenTransfer> = {
  store: ({ kind, to, amount, token, memo }) => ({ kind, to, amount: String(amount), token, memo }),
  restore: (stored) => {
    const { to, amount, token, memo } = stored as Stored // as `store` wrote it
    return { kind: 'token-transfer', to, amount: BigInt(amount), token, ...(memo !== undefined && { memo }) }
  },
  headline: ({ to, amount, token: { asset, decimals, symbol } }) => ({ to, amount, asset, decimals, symbol }),
  tokens: ({ token }) => [token],
  memo: ({ memo }) => memo ?? null,
}

export const parseTokenTransfer: Parse<TokenTransfer> = async (input, chain, findToken) => {
  const to = chain.address(input.to)
  const choice = input.token
  if (!choice) throw new Failure('INVALID_TRANSACTION', 'expected the token to send')
  const token = await findToken(chain, choice)
  requireSame(choice, token)
  const memo = input.memo === undefined ? {} : { memo: input.memo }
  return { kind: 'token-transfer', to, amount: amountOf(input, token), token, ...memo }
}

function requireSame(said: Choice, token: Token): void {
  if (said.decimals !== undefined && said.decimals !== token.decimals) {
    throw new Failure(
      'INVALID_TRANSACTION',
      `expected decimals ${token.decimals} for ${token.symbol}, got ${said.decimals}; leave it out`,
    )
  }
  if (said.symbol !== undefined && said.symbol.toLowerCase() !== token.symbol.toLowerCase()) {
    throw new Failure('INVALID_TRANSACTION', `expected the symbol ${token.symbol}, got ${said.symbol}; leave it out`)
  }
}

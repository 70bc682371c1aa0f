import { Failure, formatUnits, parseUnits, type SendRequest } from '@waiaas/contract'
import type { Chain } from '../../chains/chain.ts'
import type { Intent, Token } from '../../chains/intent.ts'
import { sha256 } from '../../platform/sha256.ts'
import { encodeRequest, type StoredRequest } from '../intent.ts'

/** Finds the token a request means: in the registry, else on the chain. */
export type FindToken = (
  chain: Chain,
  choice: { address?: string | undefined; assetId?: string | undefined },
) => Promise<Token>
export type ParsedRequest = {
  stored: StoredRequest
  text: string
  hash: string
  decimals: number
  symbol: string
  asset: string | null
}

/** Turns what the wire says into an exact intent. Decimals and symbol come from the registry or the chain, never from the caller. */
export async function parseRequest(input: SendRequest, chain: Chain, findToken: FindToken): Promise<ParsedRequest> {
  const to = chain.address(input.to)
  const token = input.token ? await findToken(chain, input.token) : undefined
  if (token && input.token) requireSame(input.token, token)
  const { decimals, symbol } = token ?? chain.network.native
  const amount = amountOf(input, decimals, symbol)
  const memo = input.memo === undefined ? {} : { memo: input.memo }
  const intent: Intent = token
    ? { kind: 'token-transfer', to, amount, token, ...memo }
    : { kind: 'transfer', to, amount, ...memo }
  const stored: StoredRequest = { type: input.type, network: chain.network.id, intent }
  const text = encodeRequest(stored)
  return {
    stored,
    text,
    hash: sha256(text),
    decimals,
    symbol,
    asset: token?.asset ?? null,
  }
}

function requireSame(said: NonNullable<SendRequest['token']>, token: Token): void {
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

/**
 * `humanAmount` is decimal. `amount` is base units as digits; with a decimal point it is display units, unless the
 * fraction is all zeros, where both readings are possible.
 */
function amountOf(input: Pick<SendRequest, 'amount' | 'humanAmount'>, decimals: number, symbol: string): bigint {
  const text = input.humanAmount ?? input.amount!
  const isDigits = input.humanAmount === undefined && /^\d+$/.test(text)
  if (input.humanAmount === undefined && /^\d+\.0+$/.test(text)) {
    const digits = text.split('.')[0]!
    throw new Failure(
      'INVALID_TRANSACTION',
      `amount "${text}" can mean ${digits} ${symbol} or ${digits} base units: send humanAmount "${digits}" for the first, amount "${digits}" for the second`,
    )
  }
  const amount = isDigits ? BigInt(text) : displayUnits(text, decimals)
  if (amount === 0n) throw new Failure('INVALID_TRANSACTION', 'expected an amount above zero, got 0')
  return amount
}

function displayUnits(text: string, decimals: number): bigint {
  try {
    return parseUnits(text.replace(/^0+(?=\d)/, ''), decimals)
  } catch (cause) {
    throw new Failure('INVALID_TRANSACTION', cause instanceof Error ? cause.message : 'expected a decimal amount', {
      cause,
    })
  }
}

/** Both forms of an amount, as every answer gives them. */
export const bothAmounts = (amount: bigint | string, decimals: number) => ({
  amount: String(amount),
  humanAmount: formatUnits(BigInt(amount), decimals),
})

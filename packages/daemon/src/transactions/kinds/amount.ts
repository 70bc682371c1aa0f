import { type Base, Failure, formatUnits, parseBase, parseUnits, type SendRequest } from '@waiaas/contract'

/**
 * `humanAmount` is decimal. `amount` is base units as digits; with a decimal point it is display units, unless the
 * fraction is all zeros, where both readings are possible.
 */
export function amountOf(
  input: Pick<SendRequest, 'amount' | 'humanAmount'>,
  { decimals, symbol }: { decimals: number; symbol: string },
): Base {
  const text = input.humanAmount ?? input.amount!
  const isDigits = input.humanAmount === undefined && /^\d+$/.test(text)
  if (input.humanAmount === undefined && /^\d+\.0+$/.test(text)) {
    const digits = text.split('.')[0]!
    throw new Failure(
      'INVALID_TRANSACTION',
      `amount "${text}" can mean ${digits} ${symbol} or ${digits} base units: send humanAmount "${digits}" for the first, amount "${digits}" for the second`,
    )
  }
  const amount = isDigits ? parseBase(text) : displayUnits(text, decimals)
  if (amount === 0n) throw new Failure('INVALID_TRANSACTION', 'expected an amount above zero, got 0')
  return amount
}

function displayUnits(text: string, decimals: number): Base {
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

import { type Base, Failure, formatUnits, parseBase, parseUnits, type SendRequest, ZERO_BASE } from '@waiaas/contract'

type Given = Pick<SendRequest, 'amount' | 'humanAmount'>
type Measured = { decimals: number; symbol: string }

/**
 * `humanAmount` is decimal. `amount` is base units as digits; with a decimal point it is display units, unless the
 * fraction is all zeros, where both readings are possible.
 */
export function amountOf(input: Given, asset: Measured): Base {
  const amount = amountIn(input, asset)
  if (amount === 0n) throw new Failure('INVALID_TRANSACTION', 'expected an amount above zero, got 0')
  return amount
}

/** The same, where zero means something. */
export function amountIn(input: Given, { decimals, symbol }: Measured): Base {
  const text = input.humanAmount ?? input.amount!
  const isDigits = input.humanAmount === undefined && /^\d+$/.test(text)
  if (input.humanAmount === undefined && /^\d+\.0+$/.test(text)) {
    const digits = text.split('.')[0]!
    throw new Failure(
      'INVALID_TRANSACTION',
      `amount "${text}" can mean ${digits} ${symbol} or ${digits} base units: send humanAmount "${digits}" for the first, amount "${digits}" for the second`,
    )
  }
  return isDigits ? parseBase(text) : unitsOf(text, decimals)
}

/** Whole units as decimal text. */
function unitsOf(text: string, decimals: number): Base {
  try {
    return parseUnits(text.replace(/^0+(?=\d)/, ''), decimals)
  } catch (cause) {
    throw new Failure('INVALID_TRANSACTION', cause instanceof Error ? cause.message : 'expected a decimal amount', {
      cause,
    })
  }
}

/** What goes along with a call: nothing unless it is said. */
export function valueIn({ value, humanValue }: Pick<SendRequest, 'value' | 'humanValue'>, decimals: number): Base {
  if (humanValue !== undefined) return unitsOf(humanValue, decimals)
  return value === undefined ? ZERO_BASE : parseBase(value)
}

/** Both forms of an amount, as every answer gives them. */
export const bothAmounts = (amount: bigint | string, decimals: number) => ({
  amount: String(amount),
  humanAmount: formatUnits(BigInt(amount), decimals),
})

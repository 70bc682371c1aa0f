import { Failure, type GasCondition, gasPriceOf, gasPriceText, gasUnit, type Network } from '@waiaas/contract'
import type { UnitPrice } from '../../chains/build.ts'

/** As it is stored: prices in the network's smallest unit, and the time that the request or the settings of then give it. */
export type StoredCondition = {
  readonly maxGasPrice?: string
  readonly maxPriorityFee?: string
  readonly timeoutSeconds: number
}

/** Of requests that may wait for gas. */
export type GasSettings = { readonly enabled: boolean; readonly defaultSeconds: number; readonly mostSeconds: number }

/** Failure INVALID_TRANSACTION where a price has another unit, or the operator lets nothing wait so long, or at all. */
export function storedCondition(wanted: GasCondition, { chain }: Network, settings: GasSettings): StoredCondition {
  if (!settings.enabled)
    throw new Failure('INVALID_TRANSACTION', 'expected no gasCondition: the operator has turned waiting for gas off')
  const timeoutSeconds = wanted.timeout ?? Math.min(settings.defaultSeconds, settings.mostSeconds)
  if (timeoutSeconds > settings.mostSeconds)
    throw new Failure(
      'INVALID_TRANSACTION',
      `expected a gasCondition.timeout of at most ${settings.mostSeconds} s, got ${timeoutSeconds} s`,
    )
  const prices = (['maxGasPrice', 'maxPriorityFee'] as const).flatMap((field) => {
    const text = wanted[field]
    return text === undefined ? [] : [[field, String(unitPriceIn(chain, `gasCondition.${field}`, text))]]
  })
  return { ...Object.fromEntries(prices), timeoutSeconds }
}

/** The price of a unit of gas that a field names. Failure INVALID_TRANSACTION where it has another unit. */
export function unitPriceIn(chain: Network['chain'], field: string, text: string): bigint {
  const price = gasPriceOf(chain, text)
  if (price !== undefined) return price
  throw new Failure(
    'INVALID_TRANSACTION',
    `expected ${field} in ${gasUnit(chain)}, such as "20 ${gasUnit(chain)}", or as digits, got "${text}"`,
  )
}

/** Of a row as `newTransaction` wrote it. */
export const conditionOf = ({
  gas_condition: text,
}: {
  readonly gas_condition: string | null
}): StoredCondition | null => (text === null ? null : JSON.parse(text))

export const isMet = ({ maxGasPrice, maxPriorityFee }: StoredCondition, { asked, tip }: UnitPrice): boolean =>
  (maxGasPrice === undefined || asked <= BigInt(maxGasPrice)) &&
  (maxPriorityFee === undefined || tip <= BigInt(maxPriorityFee))

/** What it waits for, as a person reads it. */
export function conditionText({ maxGasPrice, maxPriorityFee }: StoredCondition, { chain }: Network): string {
  const price = (text: string) => gasPriceText(chain, BigInt(text))
  const parts = [
    maxGasPrice !== undefined && `gas to cost at most ${price(maxGasPrice)}`,
    maxPriorityFee !== undefined && `a tip of at most ${price(maxPriorityFee)}`,
  ]
  return parts.filter((part) => part !== false).join(', and ')
}

import { Failure, type GasCondition, gasPriceText, type Network } from '@waiaas/contract'
import type { UnitPrice } from '../../chains/build.ts'

/** As it is stored: the time that it has is said by the request, or by the settings of then. */
export type StoredCondition = Omit<GasCondition, 'timeout'> & { readonly timeoutSeconds: number }

/** Of requests that may wait for gas. */
export type GasSettings = { readonly enabled: boolean; readonly defaultSeconds: number; readonly mostSeconds: number }

/** Failure INVALID_TRANSACTION where the operator lets nothing wait so long, or at all. */
export function storedCondition(wanted: GasCondition, settings: GasSettings): StoredCondition {
  if (!settings.enabled)
    throw new Failure('INVALID_TRANSACTION', 'expected no gasCondition: the operator has turned waiting for gas off')
  const { timeout, ...most } = wanted
  const timeoutSeconds = timeout ?? Math.min(settings.defaultSeconds, settings.mostSeconds)
  if (timeoutSeconds > settings.mostSeconds)
    throw new Failure(
      'INVALID_TRANSACTION',
      `expected a gasCondition.timeout of at most ${settings.mostSeconds} s, got ${timeoutSeconds} s`,
    )
  return { ...most, timeoutSeconds }
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

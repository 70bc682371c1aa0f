import { Failure } from '@waiaas/contract'
import { z } from 'zod'

/** A price that a service told: dollars for one whole unit. `updatedAt` is unix seconds. */
export type WebPrice = { readonly answer: bigint; readonly decimals: number; readonly updatedAt: number }

const Digits = z.string().regex(/^\d{1,30}$/)
const Seconds = z
  .string()
  .regex(/^\d{1,12}$/)
  .transform(Number)
const PythAnswer = z.object({
  parsed: z
    .array(
      z.object({
        id: z.string(),
        price: z.object({
          price: Digits,
          conf: Digits,
          expo: z.string().regex(/^(0|-\d{1,2})$/),
          publish_time: Seconds,
        }),
      }),
    )
    .length(1),
})

/** Of a price that its publishers do not agree on any better, nobody knows which way it is wrong. */
const UNSURE_MOST = { part: 2n, whole: 100n }

/** What Hermes says of the feed with this id. Failure CHAIN_ERROR for what nobody may rely on. */
export function pythPrice(text: string, id: string): WebPrice {
  const [told] = read(PythAnswer, text, 'Pyth').parsed
  if (told?.id.replace(/^0x/, '').toLowerCase() !== id) throw refuse('Pyth', 'told another price than it was asked for')
  const { price, conf, expo, publish_time: updatedAt } = told.price
  const [answer, unsure] = [BigInt(price), BigInt(conf)]
  if (answer === 0n) throw refuse('Pyth', 'told a price of zero')
  if (unsure * UNSURE_MOST.whole > answer * UNSURE_MOST.part)
    throw refuse('Pyth', 'is not sure of its price by more than two per cent')
  return { answer, decimals: -Number(expo), updatedAt }
}

const CoinAnswer = z.looseObject({ last_updated_at: Seconds })

/** What CoinGecko says of the coin with this id, in a currency. Failure CHAIN_ERROR for what nobody may rely on. */
export function coinGeckoPrice(text: string, id: string, currency = 'usd'): WebPrice {
  const told = read(z.object({ [id]: CoinAnswer }), text, 'CoinGecko')[id]
  const price = told && decimalOf(String(told[currency] ?? ''))
  if (!price || price.answer === 0n) throw refuse('CoinGecko', 'told no price above zero')
  return { ...price, updatedAt: told.last_updated_at }
}

const DECIMALS_MOST = 30

/** The number that its text in JSON stands for, exactly; undefined for one that is negative, or of absurd size. */
export function decimalOf(text: string): Pick<WebPrice, 'answer' | 'decimals'> | undefined {
  const match = /^(\d{1,30})(?:\.(\d{1,60}))?(?:[eE]([+-]?\d{1,2}))?$/.exec(text)
  if (!match) return undefined
  const [, whole = '', fraction = '', exponent = '0'] = match
  const decimals = fraction.length - Number(exponent)
  const digits = BigInt(whole + fraction)
  if (decimals < 0) return { answer: digits * 10n ** BigInt(-decimals), decimals: 0 }
  if (decimals <= DECIMALS_MOST) return { answer: digits, decimals }
  // Further digits are worth nothing, and are rounded against who spends.
  const unit = 10n ** BigInt(decimals - DECIMALS_MOST)
  return { answer: (digits + unit - 1n) / unit, decimals: DECIMALS_MOST }
}

/** TypeScript's library does not describe the third argument yet: https://github.com/tc39/proposal-json-parse-with-source */
type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown
const keepText: Reviver = (_key, value, { source }) => (typeof value === 'number' ? source : value)

/** JSON with numbers as they were written: a double would change them. */
function read<S extends z.ZodType>(schema: S, text: string, who: string): z.output<S> {
  let json: unknown
  try {
    // The two signatures differ in the argument that the older one does not name.
    json = JSON.parse(text, keepText as Parameters<typeof JSON.parse>[1])
  } catch (cause) {
    throw new Failure('CHAIN_ERROR', `${who} answered no JSON`, { cause })
  }
  const parsed = schema.safeParse(json)
  if (!parsed.success) throw refuse(who, 'answered something else than a price')
  return parsed.data
}

const refuse = (who: string, what: string) => new Failure('CHAIN_ERROR', `${who} ${what}`)

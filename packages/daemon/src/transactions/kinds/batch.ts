import {
  type Base,
  nativeAsset,
  type RequestOf,
  type SendRequest,
  type SendType,
  toBase,
  typedPart,
} from '@waiaas/contract'
import type { Intent, IntentOf, Part, Token } from '../../chains/intent.ts'
import type { Headline, Kind, Parsing, Place } from './kind.ts'

type Batch = IntentOf<'batch'>
type Stored = { parts: readonly { type: string; intent: Readonly<Record<string, unknown>> }[] }
type KindOf = (intent: Intent) => Kind<Intent>

/** Several intents in one transaction. `kindOf` tells of each part how it is stored and shown. */
export const batchOf = (kindOf: KindOf): Kind<Batch> => ({
  store: ({ kind, parts }) => ({
    kind,
    parts: parts.map(({ type, intent }) => ({ type, intent: kindOf(intent).store(intent) })),
  }),
  restore: (stored) => {
    const { parts } = stored as Stored // as `store` wrote it
    const read = parts.map(({ type, intent }) => ({ type, intent: kindOf(intent as never).restore(intent) as Part }))
    return { kind: 'batch', parts: read }
  },
  headline: ({ parts }, place) =>
    headlineOf(
      parts.map(({ intent }) => kindOf(intent).headline(intent, place)),
      place,
    ),
  tokens: ({ parts }) => unique(parts.flatMap(({ intent }) => kindOf(intent).tokens(intent))),
  memo: () => null,
  types: ({ parts }) => parts.map(({ type }) => type),
})

/** What all parts are about, where that is one asset; else what leaves of the native one. One recipient, or none to name. */
function headlineOf(parts: readonly Headline[], { network }: Place): Headline {
  const [first, ...others] = parts as [Headline, ...Headline[]] // a batch has two at least
  const native = { asset: nativeAsset(network), ...network.native }
  const { asset, decimals, symbol } = others.every((one) => one.asset === first.asset) ? first : native
  const amount = parts.reduce((sum, one) => (one.asset === asset ? sum + one.amount : sum), 0n)
  const to = others.every((one) => one.to === first.to) ? first.to : null
  return { to, asset, decimals, symbol, amount: toBase(amount) as Base }
}

const unique = (tokens: readonly Token[]): Token[] => [...new Map(tokens.map((one) => [one.asset, one])).values()]

type ParsePart = (input: SendRequest, on: Parsing) => Promise<Intent>

/** Each part as a request of its own. */
export const parseBatch =
  (parse: ParsePart) =>
  async ({ instructions }: RequestOf<'BATCH'>, on: Parsing): Promise<Batch> => {
    const parts = await Promise.all(
      instructions.map(typedPart).map(async (part) => ({
        type: part.type satisfies SendType,
        // The schema let it pass as one of its type, and that is no batch.
        intent: (await parse({ ...part, dryRun: false } as SendRequest, on)) as Part,
      })),
    )
    return { kind: 'batch', parts }
  }

type Step = { readonly type: string; readonly intent: Intent }
/** What is known of types and tokens of several transactions that are judged as one; no bytes are made of it. */
export const judgedAsOne = (steps: readonly Step[]): Batch => ({
  kind: 'batch',
  parts: steps as Batch['parts'], // steps are made of what parts are made of
})

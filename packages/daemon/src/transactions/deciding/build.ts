import { type Effects, Failure } from '@waiaas/contract'
import type { Draft } from '../../chains/build.ts'
import type { Chain } from '../../chains/chain.ts'
import type { Under } from '../../gate/service.ts'
import type { overCeilings } from '../over-ceiling.ts'
import type { ServiceParts } from '../parts.ts'
import type { BuiltPart, BuiltPayment, Payment } from './decide.ts'
import type { Funds } from './funds.ts'
import { assetsOf, withFullFee } from './judgement.ts'
import { withDraft } from './seen.ts'

type Building = { funds: Pick<Funds, 'draft'>; ceilings: Pick<ReturnType<typeof overCeilings>, 'why'>; under: Under }

/** Builds the bytes and reads them back. Prices are fetched now, so that no job waits for them. */
export async function build<P extends Payment>(
  parts: Pick<ServiceParts, 'prices' | 'impostors'>,
  prepared: P,
  { funds, ...under }: Building,
): Promise<P & BuiltPart> {
  const built = await named(parts, readBack(prepared, await funds.draft(prepared), under))
  await parts.prices.refresh(built.chain.network, assetsOf(built.decoded.effects))
  return built
}

/** What the bytes of a draft do, and whether the ceiling of their wallet stops that. */
export function readBack<P extends Payment>(
  prepared: P,
  draft: Draft,
  { ceilings, under }: Omit<Building, 'funds'>,
): P & BuiltPart {
  const { chain, sender, request } = prepared
  const { intent } = request.stored
  if (draft.stale !== undefined) throw new Failure('INVALID_TRANSACTION', draft.stale)
  const hints = chain.hints(intent)
  const bytes = chain.bytes(sender, draft, chain.anyLifetime)
  const told = chain.decode(sender, bytes, hints)
  const effects = { ...told.effects, effects: withDraft(told.effects, draft) }
  const decoded = { ...told, effects: withFullFee(effects, draft) }
  const unsigned = { kind: chain.signKind, bytes, address: sender }
  const aboveCeiling = ceilings.why({ chain, unsigned, intent }, under)
  return { ...prepared, draft, hints, decoded, impostors: undefined, aboveCeiling }
}

/** With the tokens of no list that call themselves like one of it. */
export async function named<B extends BuiltPayment>(parts: Pick<ServiceParts, 'impostors'>, built: B): Promise<B> {
  return { ...built, impostors: await namedAlike(parts, built.chain, built.decoded.effects) }
}

/** Tokens of no list that call themselves like one of it; undefined: there are none. */
export async function namedAlike(
  { impostors }: Pick<ServiceParts, 'impostors'>,
  chain: Chain,
  effects: Effects,
): Promise<BuiltPart['impostors']> {
  const tokens = assetsOf(effects).filter((asset) => asset !== effects.fee.asset)
  const found = tokens.length > 0 ? await impostors(chain, tokens) : {}
  return Object.keys(found).length > 0 ? found : undefined
}

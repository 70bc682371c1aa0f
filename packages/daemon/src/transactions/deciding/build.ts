import { type Effects, Failure } from '@waiaas/contract'
import type { Chain } from '../../chains/chain.ts'
import type { Under } from '../../gate/service.ts'
import type { overCeilings } from '../over-ceiling.ts'
import type { ServiceParts } from '../parts.ts'
import type { Built, Prepared } from './decide.ts'
import type { Funds } from './funds.ts'
import { assetsOf, withFullFee } from './judgement.ts'
import { withDraft } from './seen.ts'

type Building = { funds: Pick<Funds, 'draft'>; ceilings: Pick<ReturnType<typeof overCeilings>, 'why'>; under: Under }

/** Builds the bytes and reads them back. Prices are fetched now, so that no job waits for them. */
export async function build(
  parts: Pick<ServiceParts, 'prices' | 'impostors'>,
  prepared: Prepared,
  { funds, ceilings, under }: Building,
): Promise<Built> {
  const { chain, sender, request } = prepared
  const { intent } = request.stored
  const draft = await funds.draft(prepared)
  if (draft.stale !== undefined) throw new Failure('INVALID_TRANSACTION', draft.stale)
  const hints = chain.hints(intent)
  const bytes = chain.bytes(sender, draft, chain.anyLifetime)
  const told = chain.decode(sender, bytes, hints)
  const effects = withDraft(told.effects, draft)
  const decoded = { ...told, effects: { ...told.effects, effects } }
  const unsigned = { kind: chain.signKind, bytes, address: sender }
  const aboveCeiling = ceilings.why({ chain, unsigned, intent }, under)
  const impostors = await namedAlike(parts, chain, decoded.effects)
  await parts.prices.refresh(chain.network, assetsOf(decoded.effects))
  const all = { ...decoded, effects: withFullFee(decoded.effects, draft) }
  return { ...prepared, draft, hints, decoded: all, impostors, aboveCeiling }
}

/** Tokens of no list that call themselves like one of it; undefined: there are none. */
export async function namedAlike(
  { impostors }: Pick<ServiceParts, 'impostors'>,
  chain: Chain,
  effects: Effects,
): Promise<Built['impostors']> {
  const tokens = assetsOf(effects).filter((asset) => asset !== effects.fee.asset)
  const found = tokens.length > 0 ? await impostors(chain, tokens) : {}
  return Object.keys(found).length > 0 ? found : undefined
}

import { Failure } from '@waiaas/contract'
import type { Draft } from '../../chains/build.ts'
import type { Under } from '../../gate/service.ts'
import type { Parts } from '../job.ts'
import type { overCeilings } from '../over-ceiling.ts'
import type { Built, Prepared } from './decide.ts'
import type { Funds } from './funds.ts'
import { assetsOf, withFullFee } from './judgement.ts'
import { withDraft } from './seen.ts'

type Building = { funds: Pick<Funds, 'draft'>; ceilings: Pick<ReturnType<typeof overCeilings>, 'why'>; under: Under }

/** Builds the bytes and reads them back. Prices are fetched now, so that no job waits for them. */
export async function build(
  { prices }: Pick<Parts, 'prices'>,
  prepared: Prepared,
  { funds, ...under }: Building,
): Promise<Built> {
  const built = readBack(prepared, await funds.draft(prepared), under)
  await prices.refresh(built.chain.network, assetsOf(built.decoded.effects))
  return built
}

/** What the bytes of a draft do, and whether the ceiling of their wallet stops that. */
export function readBack(prepared: Prepared, draft: Draft, { ceilings, under }: Omit<Building, 'funds'>): Built {
  const { chain, sender, request } = prepared
  const { intent } = request.stored
  if (draft.stale !== undefined) throw new Failure('INVALID_TRANSACTION', draft.stale)
  const hints = chain.hints(intent)
  const bytes = chain.bytes(sender, draft, chain.anyLifetime)
  const told = chain.decode(sender, bytes, hints)
  const effects = { ...told.effects, effects: withDraft(told.effects, draft) }
  const decoded = { ...told, effects: withFullFee(effects, draft) }
  const unsigned = { kind: chain.signKind, bytes, address: sender }
  return { ...prepared, draft, hints, decoded, aboveCeiling: ceilings.why({ chain, unsigned, intent }, under) }
}

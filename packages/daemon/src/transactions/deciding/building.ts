import { type Effects, Failure, type Network, type SendRequest } from '@waiaas/contract'
import type { Draft } from '../../chains/build.ts'
import type { Chain } from '../../chains/chain.ts'
import type { Under } from '../../gate/service.ts'
import type { Handle } from '../../platform/db/database.ts'
import { type ParsedRequest, parseRequest } from '../kinds/all.ts'
import type { Parsing } from '../kinds/kind.ts'
import { laneId } from '../lanes/lane-id.ts'
import type { overCeilings } from '../over-ceiling.ts'
import type { ServiceParts, WalletChoice } from '../parts.ts'
import type { WalletFacts } from '../switches.ts'
import type { BuiltPart, BuiltPayment, Payment, Prepared } from './decide.ts'
import type { Funds } from './funds.ts'
import { assetsOf, withFullFee } from './judgement.ts'
import { withDraft } from './seen.ts'

/** Who pays where, and what is known of the ceiling of its wallet. */
export type Chosen = { wallet: WalletFacts; network: Network; under: Under }
type Known = { funds: Funds; overCeilings: ReturnType<typeof overCeilings> }
export type Building = ReturnType<typeof building>

/** Makes the bytes of what is asked for and reads them back: all that a decision is about. */
export function building(parts: ServiceParts, { funds, overCeilings }: Known) {
  const choose = async (db: Handle, sessionId: string, choice: WalletChoice): Promise<Chosen> =>
    on(db, await parts.chooseWallet(db, sessionId, choice), choice.network)

  async function on(db: Handle, wallet: WalletFacts, name: string | undefined): Promise<Chosen> {
    const network = parts.resolveNetwork(wallet, name)
    const under = await overCeilings.under(db, wallet.id, laneId(network.id, wallet.address))
    return { wallet, network, under }
  }

  async function placeOf({ wallet, network }: Chosen): Promise<Omit<Payment, 'request'>> {
    const chain = await parts.chain(network.id)
    return { walletId: wallet.id, walletName: wallet.name, chain, sender: wallet.address }
  }
  const place = async (sessionId: string, chosen: Chosen) => ({ ...(await placeOf(chosen)), sessionId })

  const reading = ({ chain, sender }: Pick<Prepared, 'chain' | 'sender'>): Parsing => ({
    ...{ chain, sender, findToken: parts.findToken },
  })

  async function read<At extends Omit<Payment, 'request'>>(input: SendRequest, at: At): Promise<At & Payment> {
    const request: ParsedRequest = await parseRequest(input, { ...reading(at), gas: parts.gas() })
    return { ...at, request }
  }

  return {
    choose,
    on,
    place,
    reading,
    prepare: async (input: SendRequest, sessionId: string, chosen: Chosen): Promise<Prepared> =>
      read(input, await place(sessionId, chosen)),
    /** The same of nobody in particular. */
    prepareFor: async (input: SendRequest, chosen: Chosen): Promise<Payment> => read(input, await placeOf(chosen)),
    read: <P extends Payment>(prepared: P, draft: Draft, under: Under): P & BuiltPart =>
      readBack(prepared, draft, { ceilings: overCeilings, under }),
    build: <P extends Payment>(prepared: P, under: Under): Promise<P & BuiltPart> =>
      build(parts, prepared, { funds, ceilings: overCeilings, under }),
  }
}

type Tools = { funds: Pick<Funds, 'draft'>; ceilings: Pick<ReturnType<typeof overCeilings>, 'why'>; under: Under }

/** Builds the bytes and reads them back. Prices are fetched now, so that no job waits for them. */
export async function build<P extends Payment>(
  parts: Pick<ServiceParts, 'prices' | 'impostors'>,
  prepared: P,
  { funds, ...under }: Tools,
): Promise<P & BuiltPart> {
  const built = await named(parts, readBack(prepared, await funds.draft(prepared), under))
  await parts.prices.refresh(built.chain.network, assetsOf(built.decoded.effects))
  return built
}

/** What the bytes of a draft do, and whether the ceiling of their wallet stops that. */
function readBack<P extends Payment>(
  prepared: P,
  draft: Draft,
  { ceilings, under }: Omit<Tools, 'funds'>,
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

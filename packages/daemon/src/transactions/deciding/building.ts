import type { Network, SendRequest } from '@waiaas/contract'
import type { Draft } from '../../chains/build.ts'
import type { Under } from '../../gate/service.ts'
import type { Handle } from '../../platform/db/database.ts'
import { type ParsedRequest, parseRequest } from '../kinds/all.ts'
import type { Parsing } from '../kinds/kind.ts'
import { laneId } from '../lanes/lane-id.ts'
import type { overCeilings } from '../over-ceiling.ts'
import type { ServiceParts, WalletChoice } from '../parts.ts'
import type { WalletFacts } from '../switches.ts'
import { build, readBack } from './build.ts'
import type { BuiltPart, Payment, Prepared } from './decide.ts'
import type { Funds } from './funds.ts'

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

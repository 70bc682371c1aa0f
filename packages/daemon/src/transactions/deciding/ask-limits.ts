import { Failure, nativeAsset, type WalletLimits, type WalletSpending } from '@waiaas/contract'
import type { Token } from '../../chains/intent.ts'
import type { ServiceParts, WalletChoice } from '../parts.ts'
import type { Building, Chosen } from './building.ts'
import { patiently } from './funds.ts'
import { payables, UNKNOWN } from './payable.ts'

type Asked = { sessionId: string; choice: WalletChoice }

/** What limits leave: to a session that asks before it pays, and of a wallet, whoever uses it. */
export function limitQuestions(parts: ServiceParts, building: Pick<Building, 'choose' | 'place'>) {
  const { database, judge, switches } = parts
  return {
    ofSession: (sessionId: string, choice: WalletChoice): Promise<WalletLimits> =>
      askLimits(parts, building, { sessionId, choice }),
    /** Of what is stored and known: nobody is asked for it. Failures WALLET_NOT_FOUND, WALLET_TERMINATED. */
    ofWallet: (id: string): Promise<WalletSpending> =>
      database.read(async (db) => {
        const wallet = await switches.wallet(db, id)
        if (!wallet) throw new Failure('WALLET_NOT_FOUND', `no wallet ${id}`)
        if (wallet.status === 'TERMINATED') throw new Failure('WALLET_TERMINATED', 'the wallet is terminated')
        return judge.spending(db, { wallet, networks: parts.networksOf(wallet) })
      }),
  }
}

/** Prices and nodes are asked first, so that no job waits for them. */
async function askLimits(
  parts: ServiceParts,
  building: Pick<Building, 'choose' | 'place'>,
  { sessionId, choice }: Asked,
): Promise<WalletLimits> {
  const { database, prices, judge, switches } = parts
  const { chosen, tokens } = await database.read(async (db) => {
    const chosen = await building.choose(db, sessionId, choice)
    return { chosen, tokens: await parts.listedTokens(db, chosen.network) }
  })
  const { network } = chosen
  const [payable] = await Promise.all([
    payableNow(building, { sessionId, chosen, tokens }),
    prices.refresh(network, [nativeAsset(network), ...tokens.map(({ asset }) => asset)]),
  ])
  return database.read(async (db) => {
    const wallet = await parts.chooseWallet(db, sessionId, choice)
    const session = await switches.session(db, sessionId)
    if (!session) throw new Failure('SESSION_NOT_FOUND', `no session ${sessionId}`)
    return judge.limits(db, { wallet, session, network, tokens, payable })
  })
}

type Looked = { sessionId: string; chosen: Chosen; tokens: readonly Token[] }

/** Nothing is known where no node answers, and the policies are told all the same. */
async function payableNow(building: Pick<Building, 'place'>, { sessionId, chosen, tokens }: Looked) {
  const place = await patiently(building.place(sessionId, chosen))
  return place ? payables({ ...place, under: chosen.under, tokens }) : () => UNKNOWN
}

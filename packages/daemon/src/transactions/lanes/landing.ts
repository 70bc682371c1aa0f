import { assetKey, beyond, type Effect, type Effects, nativeAsset, parseBase, usdCost } from '@waiaas/contract'
import type { Chain } from '../../chains/chain.ts'
import type { SpendItem } from '../../ledger/service.ts'
import type { Parts } from '../job.ts'
import { withCalls } from '../rows/calls-store.ts'
import type { Change, More } from './booking.ts'

type Look = { readonly chain: Chain; readonly walletOf: (lane: string) => string | undefined }

/**
 * Adds to those that have just come into a block what they did beyond what was judged, of those that ran code. The wallet of
 * one is suspended before that is booked: a crash between the two finds it again.
 */
export async function withMore(parts: Parts, { chain, walletOf }: Look, changes: readonly Change[]): Promise<Change[]> {
  const fresh = changes.filter(isFresh)
  if (!chain.landed || fresh.length === 0) return [...changes]
  const judged = await parts.database.read((db) =>
    withCalls(
      db,
      fresh.map(({ row }) => row.transaction_id),
    ),
  )
  return Promise.all(
    changes.map(async (change) => {
      const effects = isFresh(change) ? judged.get(change.row.transaction_id) : undefined
      const more = effects && (await moreOf(parts, chain, { change, effects }))
      if (!more) return change
      const wallet = walletOf(change.row.lane)
      if (wallet !== undefined) await parts.diverged(wallet, change.row.transaction_id)
      return { ...change, more }
    }),
  )
}

const isFresh = ({ row, sighting }: Change): boolean =>
  sighting.state === 'included' &&
  sighting.succeeded &&
  row.purpose !== 'cancel' &&
  (row.state === 'recorded' || row.block_hash !== sighting.blockHash)

type Landed = { readonly change: Change; readonly effects: Effects }

async function moreOf(parts: Parts, chain: Chain, { change, effects }: Landed): Promise<More | undefined> {
  const { row } = change
  try {
    const landed = await chain.landed!({ hash: row.hash!, sender: row.sender })
    const native = nativeAsset(chain.network)
    const more = landed ? beyond(effects.effects, landed, native).filter(isMoney) : []
    return more.length > 0 ? { effects: more, items: itemsOf(parts, chain, more) } : undefined
  } catch (error) {
    parts.log.warn({ err: error, transaction: row.transaction_id }, 'what a call did could not be read')
    return undefined
  }
}

/** A receiver of nothing is none. */
const isMoney = (effect: Effect): boolean => effect.kind !== 'outflow' || effect.amount !== '0'

function itemsOf({ prices }: Parts, { network }: Chain, effects: readonly Effect[]): SpendItem[] {
  return effects.flatMap((effect): SpendItem[] => {
    if (effect.kind !== 'outflow' && effect.kind !== 'approval') return []
    const asset = assetKey(effect.asset)
    const amount = parseBase(effect.amount)
    const price = prices.current(network, [asset])[asset]
    return [{ part: 'value', asset, amount, usd: price ? usdCost(amount, price) : null }]
  })
}

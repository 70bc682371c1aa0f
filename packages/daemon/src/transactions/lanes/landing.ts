import {
  assetKey,
  beyond,
  type Effect,
  type Effects,
  isGrantOf,
  nativeAsset,
  parseBase,
  usdCost,
} from '@waiaas/contract'
import type { Chain } from '../../chains/chain.ts'
import type { SpendItem } from '../../ledger/service.ts'
import type { Handle } from '../../platform/db/database.ts'
import type { Parts } from '../job.ts'
import { withCalls, withTokens } from '../rows/calls-store.ts'
import { unreadStore } from '../rows/unread-store.ts'
import type { Change, More } from './booking.ts'

type Look = { readonly chain: Chain; readonly walletOf: (lane: string) => string | undefined }

/** How often what something did is looked for at two endpoints, before what one tells is enough; where none does, its wallet is stopped. */
const MOST_LOOKS = 30

/** What can be booked, and what is in a block while no node tells what it did there. */
type Landings = { readonly changes: Change[]; readonly unread: readonly Change[] }

/**
 * Adds to those that have just come into a block what they did beyond what was judged, of those that ran code. The wallet of
 * one is suspended before that is booked: a crash between the two finds it again. What cannot be told waits, and comes again.
 */
export function landings(parts: Parts) {
  /** One look more: whether that was the last at two endpoints. */
  async function isLastLook({ row, sighting }: Change): Promise<boolean> {
    const block = sighting.state === 'included' ? sighting.blockHash : ''
    return (await parts.database.work({}, (db) => unreadStore.count(db, row.id, block))) >= MOST_LOOKS
  }

  async function read(look: Look, change: Change, { effects, isPlain }: Judged): Promise<Change | undefined> {
    const told = await moreOf(parts, look.chain, { change, effects, isPlain })
    // What a token alone carries out waits for no node that remembers it.
    if (isPlain && told?.cause === 'EFFECT_UNREAD') return change
    const isUnread = told?.cause === 'EFFECT_UNREAD'
    if (isUnread && !(await isLastLook(change))) return undefined
    const more = isUnread ? await moreOf(parts, look.chain, { change, effects, alone: true }) : told
    if (!more) return change
    const { cause } = more
    const walletId = look.walletOf(change.row.lane)
    if (walletId !== undefined)
      await parts.autostop.diverged({ walletId, transactionId: change.row.transaction_id, cause })
    return { ...change, more }
  }

  return async (look: Look, changes: readonly Change[]): Promise<Landings> => {
    const { chain } = look
    const fresh = changes.filter(isFresh)
    if (!chain.landed || fresh.length === 0) return { changes: [...changes], unread: [] }
    const ids = fresh.map(({ row }) => row.transaction_id)
    const judged = await parts.database.read((db) => judgedOf(db, ids, chain.hasTokenCode === true))
    const known = await Promise.all(
      changes.map((change) => {
        const effects = isFresh(change) ? judged.get(change.row.transaction_id) : undefined
        return effects ? read(look, change, effects) : change
      }),
    )
    return {
      changes: known.flatMap((change) => change ?? []),
      unread: changes.filter((_, at) => known[at] === undefined),
    }
  }
}

type Judged = { readonly effects: Effects; readonly isPlain: boolean }

/** What was judged of those that run code, and of those that a token carries out. */
async function judgedOf(db: Handle, ids: readonly string[], hasTokenCode: boolean): Promise<Map<string, Judged>> {
  const tokens = hasTokenCode ? await withTokens(db, ids) : new Map<string, Effects>()
  const calls = await withCalls(db, ids)
  const all = [...tokens, ...calls]
  return new Map(all.map(([id, effects]) => [id, { effects, isPlain: !calls.has(id) }]))
}

const isFresh = ({ row, sighting }: Change): boolean =>
  sighting.state === 'included' &&
  sighting.succeeded &&
  row.purpose !== 'cancel' &&
  (row.state === 'recorded' || row.block_hash !== sighting.blockHash)

const UNREAD: More = { cause: 'EFFECT_UNREAD' }
type Landed = {
  readonly change: Change
  readonly effects: Effects
  readonly alone?: boolean
  readonly isPlain?: boolean
}

async function moreOf(
  parts: Parts,
  chain: Chain,
  { change, effects, alone, isPlain }: Landed,
): Promise<More | undefined> {
  const { row } = change
  try {
    const landed = await chain.landed!({
      ...{ hash: row.hash!, sender: row.sender, alone, judged: effects.effects },
      ...(isPlain && { plain: effects.effects }),
    })
    if (!landed) return UNREAD
    const more = beyond(effects.effects, landed, nativeAsset(chain.network)).filter(
      (one) => isMoney(one) && !(one.kind === 'nft' && effects.effects.some((known) => isGrantOf(known, one))),
    )
    if (more.length === 0) return undefined
    return { cause: 'EFFECT_DIVERGED', effects: more, items: itemsOf(parts, chain, more) }
  } catch (error) {
    parts.log.warn({ err: error, transaction: row.transaction_id }, 'what a call did could not be read')
    return UNREAD
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
    const item = { asset, amount, usd: price ? usdCost(amount, price) : null }
    if (effect.kind === 'outflow') return [{ part: 'value', ...item }]
    return [{ part: 'allowed', ...item, spender: effect.spender, unlimited: effect.unlimited }]
  })
}

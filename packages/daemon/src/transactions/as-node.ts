import { Failure } from '@waiaas/contract'
import type { Chain } from '../chains/chain.ts'
import type { WaitingCall } from '../platform/wait-table.ts'
import type { Prepared } from './deciding/decide.ts'
import { namedNonce } from './kinds/terms.ts'
import { misplaced } from './lanes/issue.ts'
import { laneId } from './lanes/lane-id.ts'
import { nextNonces } from './lanes/next-nonces.ts'
import type { ServiceParts } from './parts.ts'
import { attemptStore } from './rows/attempt-store.ts'
import { type ListedRow, listStore } from './rows/list-store.ts'
import { waitReason } from './views.ts'
import type { Waits } from './waits/waits.ts'

/** How a transaction stands, for whoever wants its hash. */
export type Fate = Pick<ListedRow, 'status' | 'tier' | 'tx_hash' | 'error' | 'error_code'> & {
  /** Why it is not over yet. */
  readonly waits: string | null
}
type Waited = {
  readonly call: WaitingCall & { principal: { kind: 'agent' } }
  readonly seen?: string
  readonly wait: number
}

type Sent = { readonly sender: string; readonly hash: string }
type InPlace = { readonly hash: string; readonly isCancel: boolean }

export type AsNode = ReturnType<typeof asNode>

/** What clients are told that take a wallet for a node. */
export function asNode(parts: ServiceParts, waits: Pick<Waits, 'shown'>) {
  /** The nonce that the next request of an address gets, behind all that wait. Of chains with an order. */
  async function nextNonce(chain: Pick<Chain, 'network' | 'order'>, sender: string): Promise<number> {
    const { at, waiting } = await nextNonces(parts, { chain, sender })
    return at(waiting)
  }

  async function fateOf(id: string): Promise<Fate> {
    const row = await parts.database.read((db) => listStore.byId(db, id))
    if (!row) throw new Failure('TX_NOT_FOUND', 'no such transaction')
    const { status, tier, tx_hash, error, error_code } = row
    return { status, tier, tx_hash, error, error_code, waits: waitReason(row) ?? null }
  }

  return {
    nextNonce,

    /**
     * What stands for the payment of a hash now, where it was outbid: the hash of the same payment, or of the cancel that
     * took its nonce for good.
     */
    inPlaceOf: ({ network }: Pick<Chain, 'network'>, { sender, hash }: Sent): Promise<InPlace | undefined> =>
      parts.database.read(async (db) => {
        const id = await attemptStore.transactionOf(db, { lane: laneId(network.id, sender), hash })
        const row = id === undefined ? undefined : await listStore.byId(db, id)
        if (!row || row.tx_hash === null || row.tx_hash === hash) return undefined
        const newest = (await attemptStore.ofTransaction(db, row.id)).find((attempt) => attempt.hash === row.tx_hash)
        const isCancel = newest?.purpose === 'cancel'
        return isCancel && row.status !== 'CANCELLED' ? undefined : { hash: row.tx_hash, isCancel }
      }),

    /** Before anything is stored: a nonce that a request names is the one that it gets. Failure INVALID_TRANSACTION. */
    async placed<P extends Prepared>(prepared: P): Promise<P> {
      const { chain, sender, request } = prepared
      const given = namedNonce(request.stored.intent)
      if (given === undefined) return prepared
      const expected = await nextNonce(chain, sender)
      if (given === expected) return prepared
      throw new Failure('INVALID_TRANSACTION', misplaced({ expected, given }).error, { details: { nonce: expected } })
    },

    /** How one stands that its session asked for: once it is signed, ended or waits for others, or so many seconds are over. */
    fate: (id: string, { call, seen, wait }: Waited): Promise<Fate> =>
      waits.shown(call, { id, wait, seen, isSent: true }, () => fateOf(id)),
  }
}

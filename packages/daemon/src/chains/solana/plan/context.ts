import type { Address } from '@solana/kit'
import type { Network } from '@waiaas/contract'
import type { Rpc } from '../../rpc.ts'

/** What was seen to be right, kept for a while. */
type Expiring<V> = {
  get(key: string): V | undefined
  set(key: string, value: V, forMs: number): void
}
/** What all plans of a cluster share. Recipients and mints that were seen to be right are not read again for some minutes. */
export type PlanContext = {
  readonly network: Network
  readonly rpc: Rpc
  /** Accounts that can receive: a wallet by its address, a token account behind its owner's. */
  readonly receivable: Expiring<true>
  /** The programs of mints whose tokens can be moved. */
  readonly supported: Expiring<Address>
}

const mostRemembered = 10_000

type Parts = { readonly network: Network; readonly rpc: Rpc; readonly clock: () => number }

export const planContext = ({ network, rpc, clock }: Parts): PlanContext => ({
  network,
  rpc,
  receivable: expiring(clock),
  supported: expiring(clock),
})

function expiring<V>(clock: () => number): Expiring<V> {
  const entries = new Map<string, { readonly value: V; readonly until: number }>()
  return {
    get(key) {
      const entry = entries.get(key)
      return entry && entry.until > clock() ? entry.value : undefined
    },
    set(key, value, forMs) {
      if (entries.size >= mostRemembered) entries.clear()
      entries.set(key, { value, until: clock() + forMs })
    },
  }
}

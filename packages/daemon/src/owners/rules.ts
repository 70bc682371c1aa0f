import type { OwnedBy } from './store.ts'

type Person = {
  readonly id: string
  readonly address: string
  /** Of a contract: the network that it is on. */
  readonly network: string | null
  readonly createdAt: number
  readonly verifiedAt: number | null
}
/** Who owns a wallet; `next` takes the place of the owner once it has verified. */
export type Ownership =
  | { readonly state: 'NONE'; readonly owner?: undefined; readonly next?: undefined }
  | { readonly state: 'GRACE' | 'LOCKED'; readonly owner: Person; readonly next: Person | undefined }

/** Nobody, somebody who has not shown to be the owner, or somebody who has. */
export function ownershipOf(rows: readonly OwnedBy[]): Ownership {
  const row = rows.find(({ replaces }) => replaces === null)
  if (!row) return { state: 'NONE' }
  const next = rows.find(({ replaces }) => replaces === row.owner_id)
  return {
    state: row.verified_at === null ? 'GRACE' : 'LOCKED',
    owner: person(row),
    next: next && person(next),
  }
}

const person = ({ owner_id, address, network, created_at, verified_at }: OwnedBy): Person => ({
  id: owner_id,
  address,
  network,
  createdAt: created_at,
  verifiedAt: verified_at,
})

import type { Network, Output, ownerOperations } from '@waiaas/contract'
import { seconds } from '../platform/clock.ts'
import { shownNetwork, type WalletRow } from '../wallets/service.ts'
import { mayAgree, type Ownership, type Person, silentWords, withdrawalOf } from './rules.ts'

type View = Output<(typeof ownerOperations)['getOwner']>

/** As wallets show it. */
export const shownOwner = ({ state, owner }: Ownership) => ({ ownerAddress: owner?.address ?? null, ownerState: state })

/** All that is said of the owner of a wallet. */
export function ownerView(networks: readonly Network[], wallet: WalletRow, ownership: Ownership): View {
  const { state, owner, next } = ownership
  return {
    ...{ id: wallet.id, name: wallet.name, chain: wallet.chain, environment: wallet.environment },
    ...{ network: shownNetwork(networks, wallet), publicKey: wallet.address, status: wallet.status },
    ...shownOwner(ownership),
    ownerVerified: state === 'NONE' ? null : state === 'LOCKED',
    ownerNetwork: owner?.network ?? null,
    nextOwnerAddress: next?.address ?? null,
    owners: ownership.owners.map(personView),
    needed: ownership.needed,
    warning: warningOf(ownership),
    updatedAt: owner ? seconds(lastChange([...ownership.owners, ...(next ? [next] : [])])) : null,
  }
}

const personView = (person: Person): View['owners'][number] => ({
  ...{ id: person.id, address: person.address },
  verifiedAt: person.verifiedAt === null ? null : seconds(person.verifiedAt),
  ...{ withdrawTo: withdrawalOf(person)?.address ?? null, withdrawNetwork: withdrawalOf(person)?.network ?? null },
  agrees: mayAgree(person),
  credentials: person.credentials.map(
    ({ id, kind, address, network, rpId, createdAt, isProven: verified, cutOffAt }) => ({
      ...{ id, kind, address, network, rpId, verified, createdAt: seconds(createdAt) },
      cutOffAt: cutOffAt === null ? null : seconds(cutOffAt),
    }),
  ),
})
const lastChange = (people: readonly Person[]): number =>
  Math.max(...people.flatMap(({ createdAt, verifiedAt }) => [createdAt, verifiedAt ?? 0]))

function warningOf({ state, owners, needed, next }: Ownership): string | null {
  if (next) return `${next.address} is not the owner yet: it has to verify first, and until then the owner stays`
  const silent = owners.find((one) => !mayAgree(one))
  if (silent) return silentWords(silent)
  const open = owners.filter(({ verifiedAt }) => verifiedAt === null)
  if (state === 'GRACE')
    return owners.length === 1
      ? 'the owner has not verified yet: until then the operator approves too'
      : `${owners.length - open.length} of the ${needed} owners who have to agree have verified: until then the operator approves too`
  return open.length === 0 ? null : `${open.map(({ address }) => address).join(' and ')} has no say before verifying`
}

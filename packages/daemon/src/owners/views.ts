import type { Network, Output, ownerOperations } from '@waiaas/contract'
import { seconds } from '../platform/clock.ts'
import { shownNetwork, type WalletRow } from '../wallets/service.ts'
import type { Ownership } from './rules.ts'

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
    warning: warningOf(ownership),
    updatedAt: owner ? seconds(Math.max(owner.createdAt, owner.verifiedAt ?? 0, next?.createdAt ?? 0)) : null,
  }
}

function warningOf({ state, next }: Ownership): string | null {
  if (next) return `${next.address} is not the owner yet: it has to verify first, and until then the owner stays`
  return state === 'GRACE' ? 'the owner has not verified yet: until then the operator approves too' : null
}

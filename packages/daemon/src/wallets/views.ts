import type { Network, Output, walletOperations } from '@waiaas/contract'
import { seconds } from '../platform/clock.ts'
import { networksOf, shownNetwork } from './networks.ts'
import type { WalletRow } from './store.ts'

type WalletView = Output<typeof walletOperations.renameWallet>
type DetailView = Output<typeof walletOperations.getWallet>
type NetworksView = Output<typeof walletOperations.listWalletNetworks>

/** What a view says of an owner. */
export type ShownOwner = Pick<WalletView, 'ownerAddress' | 'ownerState'>
const NOBODY: ShownOwner = { ownerAddress: null, ownerState: 'NONE' }

const optionalSeconds = (ms: number | null) => (ms === null ? null : seconds(ms))

/** A wallet as lists and changes answer it. */
export function walletView(networks: readonly Network[], row: WalletRow, owner: ShownOwner = NOBODY): WalletView {
  return {
    id: row.id,
    name: row.name,
    chain: row.chain,
    network: shownNetwork(networks, row),
    environment: row.environment,
    publicKey: row.address,
    status: row.status,
    ...owner,
    monitorIncoming: false,
    accountType: 'eoa',
    createdAt: seconds(row.created_at),
  }
}

export const walletDetail = (networks: readonly Network[], row: WalletRow, owner: ShownOwner): DetailView => ({
  ...walletView(networks, row, owner),
  ownerVerified: owner.ownerState === 'NONE' ? null : owner.ownerState === 'LOCKED',
  suspendedAt: optionalSeconds(row.suspended_at),
  suspensionReason: row.suspension_reason,
  updatedAt: seconds(row.updated_at),
})

/** Both arrays: older clients read one or the other. */
export function walletNetworks(networks: readonly Network[], row: WalletRow): NetworksView {
  const own = networksOf(networks, row)
  return {
    id: row.id,
    chain: row.chain,
    environment: row.environment,
    availableNetworks: own.map(({ id }) => ({ network: id })),
    networks: own.map(({ id, caip2, native }) => ({
      network: id,
      chainId: caip2,
      symbol: native.symbol,
      decimals: native.decimals,
    })),
  }
}

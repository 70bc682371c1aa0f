import { Failure, Id, invalidField } from '@waiaas/contract'
import type { Handle } from '../platform/db/database.ts'
import { type WalletRow, walletStore } from './store.ts'

/** The wallet with this id, whatever its status; undefined when there never was one. */
export const findWallet = (db: Handle, id: string): Promise<WalletRow | undefined> => walletStore.byId(db, id)

/** The wallet, or Failure WALLET_NOT_FOUND; a purged one is gone. */
export async function needWallet(db: Handle, id: string): Promise<WalletRow> {
  const row = await walletStore.byId(db, id)
  if (!row || row.purged_at !== null) throw unknownWallet(id)
  return row
}

/** As `needWallet`; Failure WALLET_TERMINATED when it has ended. */
export async function needLiveWallet(db: Handle, id: string): Promise<WalletRow> {
  const row = await needWallet(db, id)
  if (row.status === 'TERMINATED') throw terminatedWallet(id)
  return row
}

/** The id of the live wallet that is meant. Failure WALLET_NOT_FOUND, or ACTION_VALIDATION_FAILED for a name that several have. */
export async function walletIdOf(db: Handle, idOrName: string): Promise<string> {
  if (Id.safeParse(idOrName).success) return idOrName
  const [one, another] = await walletStore.liveByName(db, idOrName)
  if (!one) throw unknownWallet(idOrName)
  if (another) throw invalidField('id', `expected the id of a wallet: several are called "${idOrName}"`)
  return one.id
}

/** The wallets that a session may use. */
export const walletsOfSession = (db: Handle, sessionId: string): Promise<WalletRow[]> =>
  walletStore.ofSession(db, sessionId)

/** What a call says of the wallet that it means: its id or name (`default` says nothing), and what it must be able to do. */
export type WalletChoice = {
  readonly walletId?: string | undefined
  readonly acts?: ((wallet: WalletRow) => boolean) | undefined
}

/**
 * The wallet that a session call means: the one it names, or the only one that can be meant.
 * Failure WALLET_ID_REQUIRED when there are several, WALLET_NOT_FOUND for one that is not the session's.
 */
export async function walletOfSession(
  db: Handle,
  sessionId: string,
  { walletId, acts = () => true }: WalletChoice = {},
): Promise<WalletRow> {
  const own = (await walletStore.ofSession(db, sessionId)).filter(({ purged_at }) => purged_at === null)
  const named = walletId === 'default' ? undefined : walletId
  const row = named === undefined ? onlyOne(own, acts) : called(own, named)
  if (!row) throw named === undefined ? noWallet() : unknownWallet(named)
  if (row.status === 'TERMINATED') throw terminatedWallet(row.id)
  return row
}

function onlyOne(own: readonly WalletRow[], acts: (wallet: WalletRow) => boolean): WalletRow | undefined {
  const able = own.filter((row) => row.status !== 'TERMINATED' && acts(row))
  if (able.length === 1 || own.length <= 1) return able[0] ?? own[0]
  throw severalWallets(own, `expected walletId: the session has ${own.length} wallets`)
}

function called(own: readonly WalletRow[], idOrName: string): WalletRow | undefined {
  const same = own.filter(({ name }) => name === idOrName)
  const live = same.filter(({ status }) => status !== 'TERMINATED')
  const byId = own.find(({ id }) => id === idOrName)
  if (byId || live.length <= 1) return byId ?? live[0] ?? same[0]
  throw severalWallets(live, `expected the id of a wallet: ${live.length} are called "${idOrName}"`)
}

const severalWallets = (rows: readonly WalletRow[], message: string) =>
  new Failure('WALLET_ID_REQUIRED', message, { details: { wallets: rows.map(({ id, name }) => ({ id, name })) } })
const unknownWallet = (id: string) => new Failure('WALLET_NOT_FOUND', `no wallet ${id}`)
const noWallet = () => new Failure('WALLET_NOT_FOUND', 'the session has no wallet any more')
const terminatedWallet = (id: string) => new Failure('WALLET_TERMINATED', `wallet ${id} was terminated`)

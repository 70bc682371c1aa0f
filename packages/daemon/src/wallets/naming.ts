import { Failure, isIdText, nameKey } from '@waiaas/contract'
import type { Handle } from '../platform/db/database.ts'
import { sha256 } from '../platform/sha256.ts'
import { type WalletRow, walletStore } from './store.ts'

/** The lock under which a name is taken: two that take one at the same time meet there. */
export const nameLock = (name: string): string => `wallet-name:${sha256(nameKey(name))}`

/** The job holds the name's lock. Failure WALLET_NAME_EXISTS when another wallet that is not purged has the name. */
export async function requireFreeName(db: Handle, name: string, own?: string): Promise<void> {
  const other = (await walletStore.called(db, name)).find(({ id }) => id !== own)
  if (!other) return
  const { id, name: taken, status } = other
  const message =
    status === 'TERMINATED'
      ? `the terminated wallet ${id} is called "${taken}"; purge it, or choose another name`
      : `wallet ${id} is called "${taken}" already; choose another name`
  throw new Failure('WALLET_NAME_EXISTS', message, { details: { walletId: id } })
}

/** How a session's agent says that it names no wallet. */
export const UNNAMED = 'default'

/**
 * The id of the wallet that a caller means by its id or name: one of the session's own, or of all. A live one comes first.
 * Failure WALLET_NOT_FOUND, or WALLET_ID_REQUIRED with the ids when several are called so.
 */
export async function walletIdOf(db: Handle, idOrName: string, sessionId?: string): Promise<string> {
  if (isIdText(idOrName)) return idOrName.toLowerCase()
  const rows =
    sessionId === undefined ? await walletStore.called(db, idOrName) : await ownCalled(db, idOrName, sessionId)
  const live = rows.filter(({ status }) => status !== 'TERMINATED')
  const [found, another] = live.length > 0 ? live : rows
  if (another) throw severalWallets(rows, `${rows.length} wallets are called "${idOrName}"; name one by its id`)
  if (found) return found.id
  if (sessionId !== undefined && idOrName === UNNAMED) return UNNAMED
  throw unknownWallet(idOrName)
}

async function ownCalled(db: Handle, name: string, sessionId: string): Promise<WalletRow[]> {
  const own = await walletStore.ofSession(db, sessionId)
  return own.filter((row) => row.purged_at === null && nameKey(row.name) === nameKey(name))
}

/** What to say of wallets that have one name from before names were one wallet's alone. */
export async function sharedNames(db: Handle): Promise<string[]> {
  const byName = Map.groupBy(await walletStore.unkeyed(db), ({ name }) => nameKey(name))
  return [...byName.values()].flatMap(([first, ...others]) => {
    if (!first || others.length === 0) return []
    const ids = [first, ...others].map(({ id }) => id).join(', ')
    return `${others.length + 1} wallets are called "${first.name}" (${ids}): rename all but one with waiaas wallet rename <id> --name <name>`
  })
}

export const severalWallets = (rows: readonly WalletRow[], message: string) =>
  new Failure('WALLET_ID_REQUIRED', message, { details: { wallets: rows.map(({ id, name }) => ({ id, name })) } })
export const unknownWallet = (idOrName: string) => new Failure('WALLET_NOT_FOUND', `no wallet ${idOrName}`)

import type { Handle } from '../../platform/db/database.ts'
import { unseal } from '../../platform/sealed-text.ts'
import type { Parts } from '../job.ts'
import { SIGN_TYPE } from '../kinds/all.ts'
import type { ListedRow } from '../rows/list-store.ts'
import { isOpen } from '../switches.ts'
import { signatureStore } from './signature-store.ts'

/** Signatures that were made, sealed as they are stored. */
export function keptSignatures(parts: Parts) {
  /** A signature is its session's alone, and while its wallet may sign; a transaction's also when it has landed. */
  async function sealedFor(db: Handle, row: ListedRow, sessionId: string | undefined): Promise<string | undefined> {
    if ((row.status !== 'SIGNED' && row.status !== 'CONFIRMED') || row.type !== SIGN_TYPE) return undefined
    if (sessionId === undefined || row.session_id !== sessionId) return undefined
    if (!(await isOpen(parts, db, row.wallet_id))) return undefined
    return (await signatureStore.byId(db, row.id))?.sealed ?? undefined
  }

  async function opened(id: string, sealed: string): Promise<string> {
    const key = await parts.signatureKey()
    const text = unseal(key, id, sealed)
    key.fill(0)
    if (text === undefined) throw new Error(`the signature of ${id} was altered, or sealed by another keyring`)
    return text
  }
  return { sealedFor, opened }
}

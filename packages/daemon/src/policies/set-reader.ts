import { Failure, isFailure, isPolicyType, type PolicyEntry } from '@waiaas/contract'
import type { Handle } from '../platform/db/database.ts'
import { requireNetwork } from './checks.ts'
import type { Parts } from './committing.ts'
import { admitRules } from './compile.ts'
import { newRow } from './rows.ts'
import { policyStore, type StoredPolicy } from './store.ts'

type Issue = { path: string; message: string }

/** Reads the policies that are stored, and those of a document as they would be stored. */
export function setReader(parts: Pick<Parts, 'clock' | 'networks' | 'wallet' | 'walletId'>) {
  const { clock, networks, wallet } = parts

  /** The policies that documents are about, and the names of their wallets. */
  async function readSet(db: Handle): Promise<{ rows: StoredPolicy[]; names: Map<string, string> }> {
    const names = new Map<string, string>()
    const ended = new Set<string>()
    const all = await policyStore.all(db)
    for (const id of new Set(all.flatMap(({ wallet_id }) => wallet_id ?? []))) {
      const found = await wallet(db, id)
      if (!found || typeof found.purged_at === 'number' || found.status === 'TERMINATED') ended.add(id)
      else names.set(id, found.name)
    }
    return { rows: all.filter(({ wallet_id }) => wallet_id === null || !ended.has(wallet_id)), names }
  }

  async function rowOf(db: Handle, entry: PolicyEntry, walletNames: Map<string, string>): Promise<StoredPolicy> {
    const walletId = entry.wallet === undefined ? null : await liveWallet(db, entry.wallet, walletNames)
    const network = entry.network === undefined ? null : requireNetwork(networks(), entry.network).id
    // Checked by the schema of the call.
    if (!isPolicyType(entry.type)) throw new Failure('ACTION_VALIDATION_FAILED', `type: ${entry.type} is not known`)
    const rules = admitRules(entry.type, entry.rules, networks())
    return newRow({ ...entry, walletId, rules, network }, clock.now())
  }
  async function liveWallet(db: Handle, name: string, walletNames: Map<string, string>): Promise<string> {
    const id = await parts.walletId(db, name)
    const found = await wallet(db, id)
    if (!found || typeof found.purged_at === 'number') throw inEntry('wallet', `there is no wallet ${name}`)
    if (found.status === 'TERMINATED') throw inEntry('wallet', `wallet ${name} is terminated`)
    walletNames.set(id, found.name)
    return id
  }
  /** As they would be stored; adds the names of their wallets. Failure ACTION_VALIDATION_FAILED names everything that is wrong, by its place in the document. */
  async function rowsOf(
    db: Handle,
    entries: readonly PolicyEntry[],
    walletNames: Map<string, string>,
  ): Promise<StoredPolicy[]> {
    const rows: StoredPolicy[] = []
    const issues: Issue[] = []
    const names = new Set<string>()
    for (const [index, entry] of entries.entries()) {
      try {
        const row = await rowOf(db, entry, walletNames)
        const key = JSON.stringify([row.wallet_id, row.name])
        if (row.name !== null && names.has(key)) throw inEntry('name', `${row.name} is there twice`)
        names.add(key)
        rows.push(row)
      } catch (error) {
        if (!isFailure(error)) throw error
        issues.push(
          ...issuesOf(error).map(({ path, message }) => ({ path: `policies.${index}${path && `.${path}`}`, message })),
        )
      }
    }
    if (issues.length === 0) return rows
    const [first] = issues
    throw new Failure('ACTION_VALIDATION_FAILED', `${first?.path}: ${first?.message}`, { details: { issues } })
  }
  return { readSet, rowsOf }
}

const inEntry = (path: string, message: string) =>
  new Failure('ACTION_VALIDATION_FAILED', message, { details: { issues: [{ path, message }] } })

function issuesOf(error: Failure): Issue[] {
  const { issues } = (error.details ?? {}) as { issues?: Issue[] }
  const path = error.code === 'WALLET_NOT_FOUND' || error.code === 'WALLET_ID_REQUIRED' ? 'wallet' : 'rules'
  return issues ?? [{ path, message: error.message }]
}

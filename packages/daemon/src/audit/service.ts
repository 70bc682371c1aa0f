import { createHash } from 'node:crypto'
import type { EventName, Severity } from '@waiaas/contract'
import type { Clock } from '../platform/clock.ts'
import type { Handle } from '../platform/db/database.ts'
import { type EvidenceRow, evidenceStore, type Filter } from './store.ts'

export type Evidence = {
  event: EventName
  /** `operator`, `system`, or `session:<id>`. */
  actor: string
  severity?: Severity
  walletId?: string | undefined
  sessionId?: string | undefined
  txId?: string | undefined
  ip?: string | undefined
  details?: Record<string, unknown>
}
export type Audit = ReturnType<typeof audit>

/** The lock that a job holds when it records evidence that belongs to no wallet. */
export const SYSTEM_EVIDENCE = 'evidence:system'
const GENESIS = '0'.repeat(64)

/** Rows chained by hash, one chain per wallet and one for the system, written in the transaction of the change they tell of. */
export function audit({ clock }: { clock: Pick<Clock, 'now'> }) {
  let lastId = 0
  const nextId = (now: number) => {
    lastId = Math.max(now * 1000, lastId + 1)
    return lastId
  }
  return {
    /** Appends to the wallet's chain (the job holds the wallet's lock) or to the system's (it holds SYSTEM_EVIDENCE). */
    async record(db: Handle, evidence: Evidence): Promise<void> {
      const chain = evidence.walletId ? `wallet:${evidence.walletId}` : 'system'
      const head = (await evidenceStore.head(db, chain)) ?? { seq: 0, hash: GENESIS }
      const at = clock.now()
      const row: Omit<EvidenceRow, 'hash'> = {
        chain,
        seq: head.seq + 1,
        id: nextId(at),
        at,
        event: evidence.event,
        severity: evidence.severity ?? 'info',
        actor: evidence.actor,
        wallet_id: evidence.walletId ?? null,
        session_id: evidence.sessionId ?? null,
        tx_id: evidence.txId ?? null,
        ip: evidence.ip ?? null,
        details: JSON.stringify(evidence.details ?? {}),
        prev_hash: head.hash,
      }
      await evidenceStore.append(db, { ...row, hash: evidenceHash(row) })
    },
    list: (db: Handle, filter: Filter, limit: number) => evidenceStore.list(db, filter, limit),
    count: (db: Handle, filter: Filter) => evidenceStore.count(db, filter),
    verify: (db: Handle) => verifyChains(db),
  }
}

/** SHA-256 over the fields in a fixed order, the previous row's hash first. */
export function evidenceHash(row: Omit<EvidenceRow, 'hash'>): string {
  const fields = [
    row.prev_hash,
    row.chain,
    row.seq,
    row.id,
    row.at,
    row.event,
    row.severity,
    row.actor,
    row.wallet_id,
    row.session_id,
    row.tx_id,
    row.ip,
    row.details,
  ]
  return createHash('sha256').update(JSON.stringify(fields)).digest('hex')
}

/** Walks every chain; names the first row of each that was altered, removed or put in. */
async function verifyChains(
  db: Handle,
): Promise<{ whole: boolean; faults: { chain: string; seq: number; fault: string }[] }> {
  const faults: { chain: string; seq: number; fault: string }[] = []
  for (const head of await evidenceStore.heads(db)) {
    const fault = await verifyChain(db, head)
    if (fault) faults.push({ chain: head.chain, ...fault })
  }
  for (const { chain } of await evidenceStore.headless(db)) faults.push({ chain, seq: 1, fault: 'head missing' })
  return { whole: faults.length === 0, faults }
}

async function verifyChain(db: Handle, head: { chain: string; seq: number; hash: string }) {
  let previous = { seq: 0, hash: GENESIS }
  for (;;) {
    const rows = await evidenceStore.chainRows(db, head.chain, previous.seq, 500)
    for (const { hash, ...row } of rows) {
      if (row.seq !== previous.seq + 1) return { seq: previous.seq + 1, fault: 'row missing' }
      if (row.prev_hash !== previous.hash || evidenceHash(row) !== hash) return { seq: row.seq, fault: 'row altered' }
      previous = { seq: row.seq, hash }
    }
    if (rows.length < 500) break
  }
  return previous.seq === head.seq && previous.hash === head.hash ? undefined : { seq: head.seq, fault: 'end missing' }
}

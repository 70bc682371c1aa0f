import type { AuditCheckpoint } from '@waiaas/contract'
import type { Handle } from '../platform/db/database.ts'
import { isSigned } from './checkpoint.ts'
import { checkpointStore } from './checkpoint-store.ts'
import { evidenceHash } from './evidence-hash.ts'
import { type EvidenceRow, evidenceStore, MOST_OF_ONE } from './store.ts'

// What shows, without the log, that rows are in it as they are. How it is put together and how it is read stand side by side.

/** Rows of one transaction, with those that lead from each to a checkpoint. */
export type Proof = {
  readonly rows: readonly EvidenceRow[]
  readonly links: readonly EvidenceRow[]
  readonly checkpoints: readonly AuditCheckpoint[]
  /** Nothing is left out for its size, and all rows are signed. */
  readonly isWhole: boolean
}

const MOST_LINKS = 1_000
const MOST_BYTES = 256 * 1024

/** Puts together what proves the rows of a transaction. */
export async function proofOf(db: Handle, txId: string): Promise<Proof> {
  const rows = await evidenceStore.ofTransaction(db, txId)
  const own = new Set(rows.map(placeOf))
  const links = new Map<string, EvidenceRow>()
  const checkpoints = new Map<number, AuditCheckpoint>()
  let isWhole = rows.length < MOST_OF_ONE
  let bytes = 0
  let reached = { chain: '', seq: 0 }
  for (const row of rows) {
    if (row.chain === reached.chain && row.seq <= reached.seq) continue
    const checkpoint = await checkpointStore.covering(db, row)
    const head = checkpoint?.heads.find(({ chain }) => chain === row.chain)
    const between = head ? head.seq - row.seq : 0
    if (!checkpoint || !head || links.size + between > MOST_LINKS || bytes > MOST_BYTES) {
      isWhole = false
      continue
    }
    const page = { chain: row.chain, after: row.seq, count: between }
    for (const link of between === 0 ? [] : await evidenceStore.chainRows(db, page)) {
      bytes += link.details.length
      if (!own.has(placeOf(link))) links.set(placeOf(link), link)
    }
    checkpoints.set(checkpoint.seq, checkpoint)
    reached = { chain: row.chain, seq: head.seq }
  }
  return { rows, links: [...links.values()], checkpoints: [...checkpoints.values()], isWhole }
}

const placeOf = ({ chain, seq }: Pick<EvidenceRow, 'chain' | 'seq'>): string => `${chain} ${seq}`

/** What is wrong with a proof, and which of its rows no checkpoint by this key is shown to cover. */
export function readProof(
  { rows, links, checkpoints }: Pick<Proof, 'rows' | 'links' | 'checkpoints'>,
  publicKey: string,
): { faults: string[]; uncovered: EvidenceRow[] } {
  const faults: string[] = []
  const byPlace = new Map([...rows, ...links].map((row) => [placeOf(row), row]))
  if (byPlace.size !== rows.length + links.length) faults.push('a row of the evidence is there twice')
  for (const row of byPlace.values())
    if (evidenceHash(row) !== row.hash) faults.push(`row ${row.seq} of ${row.chain} was altered`)
  const heads = new Map<string, string>()
  for (const checkpoint of checkpoints) {
    if (!isSigned(checkpoint) || checkpoint.publicKey !== publicKey)
      faults.push(`checkpoint ${checkpoint.seq} was not signed by this key, or was altered`)
    else for (const head of checkpoint.heads) heads.set(placeOf(head), head.hash)
  }
  const isCovered = (row: EvidenceRow): boolean => {
    for (let at = row; ; ) {
      const head = heads.get(placeOf(at))
      if (head !== undefined) {
        if (head !== at.hash) faults.push(`row ${at.seq} of ${at.chain} is not the one that was signed`)
        return true
      }
      const next = byPlace.get(placeOf({ chain: at.chain, seq: at.seq + 1 }))
      if (!next) return false
      if (next.prev_hash !== at.hash) faults.push(`row ${next.seq} of ${at.chain} does not follow the one before it`)
      at = next
    }
  }
  return { uncovered: rows.filter((row) => !isCovered(row)), faults: [...new Set(faults)] }
}

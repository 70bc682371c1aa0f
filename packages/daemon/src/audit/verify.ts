import type { AuditCheckpoint } from '@waiaas/contract'
import type { Handle } from '../platform/db/database.ts'
import { isSigned } from './checkpoint.ts'
import { checkpointStore } from './checkpoint-store.ts'
import { unsignedRows } from './checkpoints.ts'
import { evidenceHash, GENESIS } from './evidence-hash.ts'
import { evidenceStore, type Head } from './store.ts'

/** `chain` is `system`, `wallet:<id>` or `checkpoints`; `seq` the place in it. */
type Fault = { chain: string; seq: number; fault: string }
export type Verdict = {
  whole: boolean
  /** The first of each chain. */
  faults: Fault[]
  rows: number
  chains: number
  /** Number of the last checkpoint, and the key it names; null when nothing is signed. */
  checkpoint: number | null
  publicKey: string | null
  /** Rows since the last checkpoint. */
  unsignedRows: number
  /** Of a part of the log: the chains that it has, each whole; null: all. */
  partial: readonly string[] | null
}
export type Expected = {
  /** Base64 of the Ed25519 key that must have signed; without it the first checkpoint says which. */
  publicKey?: string | undefined
  /** Checkpoints that were kept elsewhere. */
  copies?: readonly AuditCheckpoint[] | undefined
  /** Only these chains are there. */
  chains?: readonly string[] | undefined
}

const AT_ONCE = 500

/** Walks every chain, and holds the checkpoints against their signatures, the rows and the copies of them that are given. */
export async function verifyEvidence(db: Handle, expected: Expected = {}): Promise<Verdict> {
  const heads = await evidenceStore.heads(db)
  const rowFaults: Fault[] = []
  const counted = new Map((await evidenceStore.rowsOf(db)).map(({ chain, ...of }) => [chain, of]))
  for (const head of heads) {
    const first = counted.get(head.chain)?.first ?? 1
    const fault = first < 1 ? { seq: first, fault: 'not a row of this chain' } : await verifyChain(db, head)
    if (fault) rowFaults.push({ chain: head.chain, ...fault })
  }
  for (const { chain } of await evidenceStore.headless(db)) rowFaults.push({ chain, seq: 1, fault: 'head missing' })
  const isNamed = (chain: string) => rowFaults.some((fault) => fault.chain === chain)
  const { chains } = expected
  for (const chain of chains ?? [])
    if (!heads.some((head) => head.chain === chain)) rowFaults.push({ chain, seq: 1, fault: 'chain missing' })
  const contradicted = (await checkpointStore.contradicted(db)).filter(
    ({ chain }) => !isNamed(chain) && (chains?.includes(chain) ?? true),
  )
  const signatures = await verifyCheckpoints(db, expected)
  const faults = [
    ...rowFaults,
    ...contradicted.map((place) => ({ ...place, fault: 'not the row that was signed' })),
    ...(chains ? [] : await checkpointStore.countsBehind(db)).map((place) => ({ ...place, fault: 'count set back' })),
    ...(signatures.fault ? [{ chain: 'checkpoints', ...signatures.fault }] : []),
  ]
  return {
    whole: faults.length === 0,
    faults,
    rows: [...counted.values()].reduce((sum, { rows }) => sum + rows, 0),
    chains: heads.length,
    checkpoint: signatures.last,
    publicKey: signatures.publicKey,
    unsignedRows: await unsignedRows(db),
    partial: chains ?? null,
  }
}

type InChain = { seq: number; fault: string }

async function verifyChain(db: Handle, head: Head): Promise<InChain | undefined> {
  let previous = { seq: 0, hash: GENESIS }
  for (;;) {
    const rows = await evidenceStore.chainRows(db, { chain: head.chain, after: previous.seq, count: AT_ONCE })
    for (const { hash, ...row } of rows) {
      if (row.seq !== previous.seq + 1) return { seq: previous.seq + 1, fault: 'row missing' }
      if (row.prev_hash !== previous.hash || evidenceHash(row) !== hash) return { seq: row.seq, fault: 'row altered' }
      previous = { seq: row.seq, hash }
    }
    if (rows.length < AT_ONCE) break
  }
  if (previous.seq > head.seq) return { seq: head.seq + 1, fault: 'row after the end' }
  return previous.seq === head.seq && previous.hash === head.hash ? undefined : { seq: head.seq, fault: 'end missing' }
}

async function verifyCheckpoints(db: Handle, { publicKey, copies = [] }: Expected) {
  const stray = await checkpointStore.stray(db)
  const kept = new Map(copies.map((copy) => [copy.seq, copy]))
  let key = publicKey ?? null
  let previous = { seq: 0, hash: GENESIS }
  const ended = (fault?: InChain) => ({ last: previous.seq || null, publicKey: key, fault })
  for (;;) {
    const page = await checkpointStore.page(db, previous.seq, AT_ONCE)
    for (const checkpoint of page) {
      key ??= checkpoint.publicKey
      const fault = faultOf(checkpoint, { previous, key, copy: kept.get(checkpoint.seq) })
      if (fault) return ended(fault)
      kept.delete(checkpoint.seq)
      previous = checkpoint
    }
    if (page.length < AT_ONCE) break
  }
  if (stray) return ended({ ...stray, fault: 'not a checkpoint of this chain' })
  const lost = Math.min(...kept.keys())
  if (kept.size > 0) return ended({ seq: lost, fault: 'checkpoint missing' })
  if (publicKey !== undefined && previous.seq === 0) return ended({ seq: 1, fault: 'checkpoint missing' })
  return ended()
}

type Facing = { previous: { seq: number; hash: string }; key: string; copy: AuditCheckpoint | undefined }

function faultOf(checkpoint: AuditCheckpoint, { previous, key, copy }: Facing): InChain | undefined {
  const { seq } = checkpoint
  if (seq !== previous.seq + 1) return { seq: previous.seq + 1, fault: 'checkpoint missing' }
  if (checkpoint.prevHash !== previous.hash || !isSigned(checkpoint)) return { seq, fault: 'checkpoint altered' }
  if (checkpoint.publicKey !== key) return { seq, fault: 'signed by another key' }
  return copy && copy.hash !== checkpoint.hash ? { seq, fault: 'not the checkpoint of the copy' } : undefined
}

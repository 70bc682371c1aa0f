import { open } from 'node:fs/promises'
import { type AuditCheckpoint, type auditOperations, Failure, type Output } from '@waiaas/contract'
import type { Clock } from '../platform/clock.ts'
import type { Database, Handle } from '../platform/db/database.ts'
import { type Loop, loop } from '../platform/jobs.ts'
import type { Log } from '../platform/log.ts'
import { checkpointStore } from './checkpoint-store.ts'
import { GENESIS } from './evidence-hash.ts'
import { witnessing } from './kept.ts'
import type { Head } from './store.ts'

export type CheckpointParts = {
  database: Database
  clock: Pick<Clock, 'now'>
  log: Log
  isUnlocked: () => boolean
  witness: Witness
  /** Where a copy of each checkpoint goes, one JSON text a line. */
  file: () => Promise<string>
}
/** Who signs, in the signer process. `sign` refuses what is not behind all that it has signed. */
type Witness = {
  /** Base64 of 32 bytes. */
  publicKey(): Promise<string>
  sign(next: Next): Promise<AuditCheckpoint>
}
type Next = {
  previous?: AuditCheckpoint
  at: number
  heads: readonly Head[]
  counts: readonly { text: string; seal: string }[]
}
export type Checkpoints = ReturnType<typeof checkpoints>

const CHECKPOINTS = 'evidence:checkpoints'
const SIGNING = 'evidence:signing'
const EVERY_MS = 1_000
const EVERY_ROWS = 1_000

/** Signs where the hash chains end: within a second, or a thousand rows, of whatever was recorded, and at the stop. */
export function checkpoints({ database, clock, log, isUnlocked, witness, file }: CheckpointParts) {
  let rows = 0
  let signing: Loop | undefined
  /** Signed and not stored yet: what is signed once is signed in no other version. */
  let unstored: AuditCheckpoint | undefined
  /** Lines that the file lacks, because its disk was full. */
  const uncopied: string[] = []

  async function copyAll(): Promise<void> {
    await appendWhole(await file(), uncopied.join(''))
    uncopied.length = 0
  }

  /** What was recorded while the keystore is locked is signed when it is unlocked. */
  async function signNew(): Promise<void> {
    if (!isUnlocked()) return
    rows = 0
    // Replicas take turns: two that sign at once would sign two versions of one checkpoint.
    const isDue = (await database.read(checkpointStore.moved)).length > 0
    if (isDue) await database.hold({ exclusive: [SIGNING] }, signMoved)
    // After the signing, which does not wait for the disk of the copies.
    if (uncopied.length > 0) await copyAll()
  }

  async function signMoved(): Promise<void> {
    if (unstored) await store(unstored)
    unstored = await signNext()
    if (unstored) await store(unstored)
  }

  async function store(made: AuditCheckpoint): Promise<void> {
    const isStored = await database.work({ exclusive: [CHECKPOINTS] }, (db) => append(db, made))
    unstored = undefined
    if (!isStored) return
    const { seq, hash, signature } = made
    log.debug({ checkpoint: { seq, hash, signature } }, 'audit log signed')
    uncopied.push(`${JSON.stringify(made)}\n`)
  }

  async function signNext(): Promise<AuditCheckpoint | undefined> {
    const { previous, heads, counts } = await database.read(unsigned)
    if (heads.length === 0) return undefined
    return witness.sign({ ...(previous && { previous }), at: clock.now(), heads, counts })
  }

  const cover = inTurn(signNew)
  return {
    start() {
      signing = loop('audit checkpoints', log, async () => {
        await cover()
        return EVERY_MS
      })
    },
    /** A row was recorded. */
    noteRow() {
      rows += 1
      if (rows >= EVERY_ROWS) signing?.wake()
    },
    /** Signs what is not signed yet. */
    async stop(): Promise<void> {
      await signing?.stop()
      await cover().catch((error) => log.error({ err: error }, 'the end of the audit log is not signed'))
    },
    /** Signs what is recorded up to now, unless the keystore is locked. */
    cover,
    named: witnessing({ database, file }),
    /** The last checkpoint, with the key. Failure KEYSTORE_LOCKED. */
    async current(): Promise<Output<typeof auditOperations.getAuditCheckpoint>> {
      const publicKey = await witness.publicKey().catch((cause) => {
        throw new Failure('KEYSTORE_LOCKED', 'the audit log is signed only while the keystore is unlocked', { cause })
      })
      return database.read(async (db) => ({
        publicKey,
        checkpoint: (await checkpointStore.last(db)) ?? null,
        unsignedRows: await unsignedRows(db),
      }))
    },
  }
}

/** What the next checkpoint is to name, behind the last one. */
const unsigned = async (db: Handle) => ({
  previous: await checkpointStore.last(db),
  heads: await checkpointStore.moved(db),
  counts: (await checkpointStore.movedCounts(db)).map(({ text, seal }) => ({ text, seal })),
})

/** One after the other in this process, or the file would get lines twice. */
function inTurn(work: () => Promise<void>): () => Promise<void> {
  let turn: Promise<unknown> = Promise.resolve()
  return () => {
    const next = turn.then(work)
    turn = next.catch(() => undefined)
    return next
  }
}

/** False when another one is there already: whoever lost its locks in the middle signs again. */
async function append(db: Handle, checkpoint: AuditCheckpoint): Promise<boolean> {
  const previous = await checkpointStore.last(db)
  if ((previous?.hash ?? GENESIS) !== checkpoint.prevHash) return false
  await checkpointStore.insert(db, checkpoint)
  return true
}

/** All of the text, or none of it: half a line would spoil those after it. */
async function appendWhole(path: string, text: string): Promise<void> {
  const file = await open(path, 'a', 0o600)
  try {
    const { size } = await file.stat()
    await file.writeFile(text).catch(async (error: unknown) => {
      await file.truncate(size)
      throw error
    })
  } finally {
    await file.close()
  }
}

/** Rows behind the last signed head of their chain. */
export async function unsignedRows(db: Handle): Promise<number> {
  const signed = new Map((await checkpointStore.signedUpTo(db)).map(({ chain, seq }) => [chain, seq]))
  const moved = await checkpointStore.moved(db)
  return moved.reduce((sum, { chain, seq }) => sum + seq - (signed.get(chain) ?? 0), 0)
}

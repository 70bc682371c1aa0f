import { open } from 'node:fs/promises'
import { type AuditCheckpoint, type auditOperations, Failure, type Output } from '@waiaas/contract'
import type { Clock } from '../platform/clock.ts'
import type { Database, Handle } from '../platform/db/database.ts'
import { type Loop, loop } from '../platform/jobs.ts'
import type { Log } from '../platform/log.ts'
import { type SigningKey, signCheckpoint, signingKey } from './checkpoint.ts'
import { checkpointStore } from './checkpoint-store.ts'
import { GENESIS } from './evidence-hash.ts'

export type CheckpointParts = {
  database: Database
  clock: Pick<Clock, 'now'>
  log: Log
  isUnlocked: () => boolean
  /** 32 bytes that become the signing key. */
  subkey: () => Promise<Uint8Array>
  /** Where a copy of each checkpoint goes, one JSON text a line. */
  file: () => Promise<string>
}
export type Checkpoints = ReturnType<typeof checkpoints>

const CHECKPOINTS = 'evidence:checkpoints'
const EVERY_MS = 1_000
const EVERY_ROWS = 1_000

/** Signs where the hash chains end: within a second, or a thousand rows, of whatever was recorded, and at the stop. */
export function checkpoints({ database, clock, log, isUnlocked, subkey, file }: CheckpointParts) {
  let key: SigningKey | undefined
  let rows = 0
  let signing: Loop | undefined
  /** Lines that the file lacks, because its disk was full. */
  const uncopied: string[] = []

  async function copyAll(): Promise<void> {
    await appendWhole(await file(), uncopied.join(''))
    uncopied.length = 0
  }

  async function unlockedKey(): Promise<SigningKey> {
    try {
      key ??= signingKey(await subkey())
      return key
    } catch (cause) {
      throw new Failure('KEYSTORE_LOCKED', 'the audit log is signed only while the keystore is unlocked', { cause })
    }
  }

  /** What was recorded while the keystore is locked is signed when it is unlocked. */
  async function signNew(): Promise<void> {
    if (!key && !isUnlocked()) return
    rows = 0
    if ((await database.read(checkpointStore.moved)).length > 0) await signMoved()
    // After the signing, which does not wait for the disk of the copies.
    if (uncopied.length > 0) await copyAll()
  }

  async function signMoved(): Promise<void> {
    const signer = await unlockedKey()
    // Another replica may have signed meanwhile.
    const made = await database.work({ exclusive: [CHECKPOINTS] }, (db) => append(db, signer, clock.now()))
    if (!made) return
    const { seq, hash, signature } = made
    log.info({ checkpoint: { seq, hash, signature } }, 'audit log signed')
    uncopied.push(`${JSON.stringify(made)}\n`)
  }

  return {
    start() {
      signing = loop('audit checkpoints', log, async () => {
        await signNew()
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
      await signNew().catch((error) => log.error({ err: error }, 'the end of the audit log is not signed'))
    },
    /** The last checkpoint, with the key. Failure KEYSTORE_LOCKED. */
    async current(): Promise<Output<typeof auditOperations.getAuditCheckpoint>> {
      const { publicKey } = await unlockedKey()
      return database.read(async (db) => ({
        publicKey,
        checkpoint: (await checkpointStore.last(db)) ?? null,
        unsignedRows: await unsignedRows(db),
      }))
    },
  }
}

async function append(db: Handle, key: SigningKey, at: number): Promise<AuditCheckpoint | undefined> {
  const heads = await checkpointStore.moved(db)
  if (heads.length === 0) return undefined
  const previous = (await checkpointStore.last(db)) ?? { seq: 0, hash: GENESIS }
  const checkpoint = signCheckpoint(key, { seq: previous.seq + 1, at, heads, prevHash: previous.hash })
  await checkpointStore.insert(db, checkpoint)
  return checkpoint
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

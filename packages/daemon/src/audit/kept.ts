import { open } from 'node:fs/promises'
import { AuditCheckpoint } from '@waiaas/contract'
import type { Database } from '../platform/db/database.ts'
import { COUNTS, checkpointStore } from './checkpoint-store.ts'

/** Some days of a busy daemon. */
const TAIL_BYTES = 8 * 1024 * 1024

type Parts = { database: Pick<Database, 'read'>; file: () => Promise<string> }

/** Finds the newest checkpoint that names a count of a lane: in the database, or in the file of copies where that knows more. */
export function witnessing({ database, file }: Parts) {
  /** What the file said when it was first asked; later ones are in the database. */
  let kept: Promise<Map<string, AuditCheckpoint>> | undefined
  return async (lane: string): Promise<AuditCheckpoint | undefined> => {
    const chain = `${COUNTS}${lane}`
    const stored = await database.read((db) => checkpointStore.naming(db, chain))
    kept ??= file()
      .then(lastKept)
      .catch((error) => {
        kept = undefined
        throw error
      })
    const copy = (await kept).get(chain)
    return copy && copy.seq > (stored?.seq ?? 0) ? copy : stored
  }
}

/** From the end of the file of copies: by lane, the newest checkpoint that names its count. What is no line of ours is passed over. */
async function lastKept(path: string): Promise<Map<string, AuditCheckpoint>> {
  const found = new Map<string, AuditCheckpoint>()
  for (const line of (await tailOf(path)).split('\n')) {
    if (!line.includes(`"${COUNTS}`)) continue
    const checkpoint = checkpointOf(line)
    for (const { chain } of checkpoint?.heads ?? [])
      if (checkpoint && chain.startsWith(COUNTS)) found.set(chain, checkpoint)
  }
  return found
}

async function tailOf(path: string): Promise<string> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    // The daemon begins a new one where it was moved away.
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (!file) return ''
  try {
    const { size } = await file.stat()
    const length = Math.min(size, TAIL_BYTES)
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length)
    return buffer.toString('utf8')
  } finally {
    await file.close()
  }
}

/** The signer looks at the signature. */
function checkpointOf(line: string): AuditCheckpoint | undefined {
  try {
    return AuditCheckpoint.safeParse(JSON.parse(line)).data
  } catch {
    // The first line of the tail may be cut.
    return undefined
  }
}

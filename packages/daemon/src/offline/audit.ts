import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { AuditCheckpoint } from '@waiaas/contract'
import {
  AuditFileError,
  audit,
  checkpointsOf,
  csvLines,
  exportLines,
  importLines,
  linesOf,
  type Verdict,
} from '../audit/service.ts'
import { migrations } from '../migrations/all.ts'
import { systemClock } from '../platform/clock.ts'
import { loadConfig } from '../platform/config.ts'
import { openDatabase, openToRead, type ReadableDatabase } from '../platform/db/database.ts'
import type { Environment } from '../start.ts'

export type AuditPlace = { dataDir: string; env?: Environment }
export type AuditProof = {
  /** Base64 of the Ed25519 key that must have signed. */
  publicKey?: string | undefined
  /** A file of checkpoints that was kept elsewhere. */
  checkpointsFile?: string | undefined
}
export { AuditFileError }

/**
 * Proves that the audit log of a data directory is whole, also while its daemon runs: chains, signatures, and the
 * checkpoints that were kept. Names the first fault of each chain. AuditFileError when the kept file cannot be read;
 * SCHEMA_INCOMPATIBLE when there is no database, or one of another version. Nothing is changed.
 */
export async function verifyAudit({ dataDir, env, ...proof }: AuditPlace & AuditProof): Promise<Verdict> {
  const database = await openStore({ dataDir, ...(env && { env }) })
  try {
    return await verify(database, proof)
  } finally {
    await database.close()
  }
}

/** The same for a file that `exportAudit` has written. AuditFileError names the line that is none of such a file. */
export async function verifyAuditFile({ file, ...proof }: { file: string } & AuditProof): Promise<Verdict> {
  const folder = await mkdtemp(join(tmpdir(), 'waiaas-audit-'))
  try {
    const database = await openDatabase({ path: join(folder, 'audit.db'), migrations })
    try {
      const chains = await importLines(database, linesOf(file))
      return await verify(database, proof, chains)
    } finally {
      await database.close()
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** What of the log is written, and how; all of it as JSON unless told otherwise. */
export type AuditForm = { walletId?: string | undefined; format?: 'jsonl' | 'csv' | undefined }

/**
 * The audit log in lines, their ends included, as of the moment of the first; also while the daemon runs. Failures as of
 * `verifyAudit`.
 */
export async function* exportAudit(place: AuditPlace, { walletId, format }: AuditForm = {}): AsyncGenerator<string> {
  const database = await openStore(place)
  try {
    const lines = exportLines(database, walletId === undefined ? undefined : [`wallet:${walletId}`])
    if (format === 'csv') yield* csvLines(lines)
    else for await (const line of lines) yield `${line}\n`
  } finally {
    await database.close()
  }
}

async function openStore({ dataDir, env = {} }: AuditPlace): Promise<ReadableDatabase> {
  const { settings } = await loadConfig({ dataDir, env })
  const url = settings['database.url']
  const place = url === '' ? { path: resolve(dataDir, settings['database.path']) } : { url }
  return openToRead({ ...place, migrations })
}

async function verify(
  database: ReadableDatabase,
  { publicKey, checkpointsFile }: AuditProof,
  chains?: readonly string[],
): Promise<Verdict> {
  const copies: AuditCheckpoint[] = checkpointsFile === undefined ? [] : await checkpointsOf(linesOf(checkpointsFile))
  return database.read((db) => audit({ clock: systemClock() }).verify(db, { publicKey, copies, chains }))
}

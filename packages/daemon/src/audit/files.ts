import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { AuditCheckpoint } from '@waiaas/contract'
import { z } from 'zod'
import type { Database, Handle } from '../platform/db/database.ts'
import { isSigned } from './checkpoint.ts'
import { type CountRow, checkpointStore } from './checkpoint-store.ts'
import { CSV_HEADER, jsonOf } from './csv-form.ts'
import { type EvidenceRow, evidenceStore, type Head } from './store.ts'

/** A file that is not what it should be; the message names it and the line. */
export class AuditFileError extends Error {
  override readonly name = 'AuditFileError'
}
export type Line = { readonly text: string; readonly place: string }

const AT_ONCE = 500
const HeadLine = z.strictObject({ chain: z.string(), seq: z.int(), hash: z.string() }) satisfies z.ZodType<Head>
const RowLine = HeadLine.extend({
  id: z.int(),
  at: z.int(),
  event: z.string(),
  severity: z.string(),
  actor: z.string(),
  wallet_id: z.string().nullable(),
  session_id: z.string().nullable(),
  tx_id: z.string().nullable(),
  ip: z.string().nullable(),
  details: z.string(),
  prev_hash: z.string(),
}) satisfies z.ZodType<EvidenceRow>
const CountLine = z.strictObject({
  lane: z.string(),
  number: z.int(),
  text: z.string(),
  seal: z.string(),
}) satisfies z.ZodType<CountRow>
/** What a part of the log says of itself: the chains that are all there. */
const PartLine = z.strictObject({ chains: z.array(z.string()).min(1) })
const ExportLine = z.union([
  z.strictObject({ partial: PartLine }),
  z.strictObject({ checkpoint: AuditCheckpoint }),
  z.strictObject({ row: RowLine }),
  z.strictObject({ count: CountLine }),
  z.strictObject({ head: HeadLine }),
])

/**
 * Checkpoints first, then what was counted of each lane, then each chain row by row with its head at the end. What is
 * recorded meanwhile is left out. Of some chains alone it says so in its first line, and leaves out what was counted.
 */
export async function* exportLines(
  database: Pick<Database, 'read'>,
  chains?: readonly string[],
): AsyncGenerator<string> {
  if (chains) yield JSON.stringify({ partial: { chains } })
  const { heads, counts, last } = await database.read(async (db) => ({
    heads: (await evidenceStore.heads(db)).filter(({ chain }) => chains?.includes(chain) ?? true),
    counts: chains ? [] : await checkpointStore.counts(db),
    last: (await checkpointStore.last(db))?.seq ?? 0,
  }))
  for (let after = 0; after < last; ) {
    const page = await database.read((db) => checkpointStore.page(db, after, Math.min(AT_ONCE, last - after)))
    for (const checkpoint of page) yield JSON.stringify({ checkpoint })
    after = page.at(-1)?.seq ?? last
  }
  for (const count of counts) yield JSON.stringify({ count })
  for (const head of heads) {
    for (let after = 0; after < head.seq; ) {
      const count = Math.min(AT_ONCE, head.seq - after)
      const rows = await database.read((db) => evidenceStore.chainRows(db, { chain: head.chain, after, count }))
      for (const row of rows) yield JSON.stringify({ row })
      after = rows.at(-1)?.seq ?? head.seq
    }
    yield JSON.stringify({ head })
  }
}

/** Fills an empty SQLite database with what was exported, as JSON or CSV; the chains of a part, undefined of the whole log. */
export async function importLines(
  database: Database,
  lines: AsyncIterable<Line>,
): Promise<readonly string[] | undefined> {
  let held: Line[] = []
  let part: readonly string[] | undefined
  let [isFirst, isCsv] = [true, false]
  const flush = async () => {
    const batch = held
    held = []
    try {
      await database.work({}, (db) => importBatch(db, batch))
    } catch (cause) {
      if (!(cause instanceof Error && 'code' in cause && `${cause.code}`.startsWith('SQLITE_CONSTRAINT'))) throw cause
      throw new AuditFileError(`${batch[0]?.place} or later: a row or a checkpoint is in the file twice`, { cause })
    }
  }
  for await (const given of lines) {
    if (isFirst && given.text.startsWith(CSV_HEADER)) isCsv = true
    else {
      const line = isCsv ? { ...given, text: jsonOf(given.text) } : given
      part ??= partOf(line)
      held.push(line)
    }
    isFirst = false
    if (held.length === AT_ONCE) await flush()
  }
  await flush()
  return part
}

const partOf = (line: Line): readonly string[] | undefined => {
  if (!line.text.startsWith('{"partial"')) return undefined
  const parsedLine = parsed(ExportLine, line)
  return 'partial' in parsedLine ? parsedLine.partial.chains : undefined
}

async function importBatch(db: Handle, lines: readonly Line[]): Promise<void> {
  for (const each of lines) {
    const line = parsed(ExportLine, each)
    if ('checkpoint' in line) await checkpointStore.insert(db, line.checkpoint)
    else if ('count' in line) await checkpointStore.insertCount(db, line.count)
    else if ('row' in line) await evidenceStore.insert(db, line.row)
    else if ('head' in line) await evidenceStore.moveHead(db, line.head)
  }
}

/** The checkpoints of a file that the daemon appends to; each must be signed by the key that it names. */
export async function checkpointsOf(lines: AsyncIterable<Line>): Promise<AuditCheckpoint[]> {
  const found: AuditCheckpoint[] = []
  for await (const line of lines) {
    const checkpoint = parsed(AuditCheckpoint, line)
    if (!isSigned(checkpoint)) throw new AuditFileError(`${line.place}: the signature is not one of this checkpoint`)
    found.push(checkpoint)
  }
  return found
}

function parsed<T>(schema: z.ZodType<T>, { text, place }: Line): T {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new AuditFileError(`${place}: expected JSON`)
  }
  const result = schema.safeParse(value)
  if (!result.success) throw new AuditFileError(`${place}: expected a line that waiaas has written`)
  return result.data
}

/** The lines of a text file; empty ones are passed over. */
export async function* linesOf(file: string): AsyncGenerator<Line> {
  let number = 0
  try {
    for await (const text of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
      number += 1
      if (text.trim() !== '') yield { text, place: `${file}, line ${number}` }
    }
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error
    throw new AuditFileError(`${file} cannot be read: ${error.message}`, { cause: error })
  }
}

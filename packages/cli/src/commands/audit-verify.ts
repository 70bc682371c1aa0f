import { existsSync } from 'node:fs'
import { AuditFileError, type AuditProof, verifyAudit, verifyAuditFile } from '@waiaas/daemon'
import { CommandError, UsageError } from '../errors.ts'
import { readFlags } from '../flags.ts'
import { dataDirOf, pathOf } from '../place.ts'
import { printable, table } from '../table.ts'
import { note, print, printJson } from '../terminal.ts'

export const usage = `usage: waiaas audit verify [--data-dir <dir> | --file <file>] [--public-key <key>] [--checkpoints <file>] [--partial] [--json]
Proves that no row of the audit log was altered, removed or put in: exit code 0 only if it is whole.
  --data-dir <dir>       data directory whose database is read [WAIAAS_DATA_DIR or ~/.waiaas]
  --file <file>          what "waiaas audit export" wrote, in place of a database
  --public-key <key>     the key that must have signed, as "waiaas audit checkpoint" shows it
  --checkpoints <file>   a copy of <dir>/audit/checkpoints.jsonl that was kept elsewhere
  --partial              let the file be a part of the log, as "waiaas audit export --wallet" writes it
  --json                 print JSON`

type Verdict = Awaited<ReturnType<typeof verifyAudit>>

export async function run(argv: readonly string[]): Promise<number> {
  const { values } = readFlags(argv, usage, {
    'data-dir': { type: 'string' },
    file: { type: 'string' },
    'public-key': { type: 'string' },
    checkpoints: { type: 'string' },
    partial: { type: 'boolean' },
    json: { type: 'boolean' },
  })
  const { 'public-key': publicKey, checkpoints } = values
  const file = values.file === undefined ? undefined : pathOf('--file', values.file)
  if (file !== undefined && values['data-dir'] !== undefined)
    throw new UsageError('expected --data-dir or --file, got both', usage)
  if (publicKey !== undefined && !/^[A-Za-z0-9+/]{43}=$/.test(publicKey))
    throw new UsageError('expected --public-key as base64 of 32 bytes', usage)
  const proof = {
    publicKey,
    checkpointsFile: checkpoints === undefined ? undefined : pathOf('--checkpoints', checkpoints),
  }
  const verdict = await (file === undefined
    ? verifyDirectory(dataDirOf(values['data-dir']), proof)
    : verifyAuditFile({ file, ...proof })
  ).catch((error: unknown) => {
    if (error instanceof AuditFileError) throw new CommandError(error.message, undefined, error)
    throw error
  })
  if (verdict.partial !== null && !values.partial)
    throw new CommandError(
      `${file} is a part of the log: it has ${verdict.partial.map(printable).join(' and ')} alone`,
      'verify the whole log, or say --partial where a part is what you were to get',
    )
  if (values.json) printJson(verdict)
  else print(verdict.whole ? inWords(verdict, publicKey !== undefined) : table(verdict.faults))
  if (!verdict.whole) note('the audit log is not whole')
  return verdict.whole ? 0 : 1
}

async function verifyDirectory(dataDir: string, proof: AuditProof): Promise<Verdict> {
  if (!existsSync(dataDir)) throw new CommandError(`${dataDir} does not exist`, 'name the data directory of a daemon')
  return verifyAudit({ dataDir, env: process.env, ...proof })
}

function inWords(verdict: Verdict, isKeyGiven: boolean): string {
  const { rows, chains, checkpoint, publicKey, unsignedRows, partial } = verdict
  const part =
    partial === null ? '' : `\na part of the log: it has ${partial.map(printable).join(' and ')} alone, and all of that`
  const whole = `whole: none of ${rows} rows in ${chains} chains was altered${part}`
  if (checkpoint === null) return `${whole}; nothing is signed yet`
  const tail = unsignedRows === 0 ? 'all of them' : `all but the last ${unsignedRows}`
  const signed = `signed: ${tail}, in ${checkpoint} checkpoints by ${publicKey}`
  return `${whole}\n${signed}${isKeyGiven ? '' : '\nwhether that key is yours is proven by --public-key'}`
}

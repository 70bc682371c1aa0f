import { existsSync } from 'node:fs'
import { Id } from '@waiaas/contract'
import { exportAudit } from '@waiaas/daemon'
import { CommandError, UsageError } from '../errors.ts'
import { readFlags } from '../flags.ts'
import { writeNewFile } from '../new-file.ts'
import { dataDirOf, pathOf } from '../place.ts'
import { print, printJson } from '../terminal.ts'

export const usage = `usage: waiaas audit export --output <file> [--format <format>] [--wallet <id>] [--data-dir <dir>] [--json]
Writes every row of the audit log and every checkpoint to a new file, also while the daemon runs.
"waiaas audit verify --file <file>" proves on any machine that it is whole.
  --output <file>    the file
  --format <format>  jsonl, one JSON text a line, or csv for spreadsheets [jsonl]
  --wallet <id>      the rows of this wallet alone; the file says so, and can be verified like the whole
  --data-dir <dir>   data directory [WAIAAS_DATA_DIR or ~/.waiaas]
  --json             print JSON`

export async function run(argv: readonly string[]): Promise<number> {
  const { values } = readFlags(argv, usage, {
    output: { type: 'string' },
    format: { type: 'string' },
    wallet: { type: 'string' },
    'data-dir': { type: 'string' },
    json: { type: 'boolean' },
  })
  if (values.output === undefined) throw new UsageError('expected --output', usage)
  const output = pathOf('--output', values.output)
  const { format = 'jsonl', wallet: walletId } = values
  if (format !== 'jsonl' && format !== 'csv')
    throw new UsageError(`expected --format jsonl or csv, got ${format}`, usage)
  if (walletId !== undefined && !Id.safeParse(walletId).success)
    throw new UsageError('expected --wallet as the id of a wallet', usage)
  const dataDir = dataDirOf(values['data-dir'])
  if (!existsSync(dataDir)) throw new CommandError(`${dataDir} does not exist`, 'name the data directory of a daemon')
  let lines = 0
  const all = exportAudit({ dataDir, env: process.env }, { walletId, format })
  await writeNewFile(
    output,
    (async function* () {
      for await (const line of all) {
        lines += 1
        yield line
      }
    })(),
  )
  if (values.json) printJson({ output, lines })
  else print(`${lines} lines are in ${output}`)
  return 0
}

import { existsSync } from 'node:fs'
import { exportAudit } from '@waiaas/daemon'
import { CommandError, UsageError } from '../errors.ts'
import { readFlags } from '../flags.ts'
import { writeNewFile } from '../new-file.ts'
import { dataDirOf, pathOf } from '../place.ts'
import { print, printJson } from '../terminal.ts'

export const usage = `usage: waiaas audit export --output <file> [--data-dir <dir>] [--json]
Writes every row of the audit log and every checkpoint to a new file, one JSON text a line, also while the daemon runs.
"waiaas audit verify --file <file>" proves on any machine that it is whole.
  --output <file>    the file
  --data-dir <dir>   data directory [WAIAAS_DATA_DIR or ~/.waiaas]
  --json             print JSON`

export async function run(argv: readonly string[]): Promise<number> {
  const { values } = readFlags(argv, usage, {
    output: { type: 'string' },
    'data-dir': { type: 'string' },
    json: { type: 'boolean' },
  })
  if (values.output === undefined) throw new UsageError('expected --output', usage)
  const output = pathOf('--output', values.output)
  const dataDir = dataDirOf(values['data-dir'])
  if (!existsSync(dataDir)) throw new CommandError(`${dataDir} does not exist`, 'name the data directory of a daemon')
  let lines = 0
  const all = exportAudit({ dataDir, env: process.env })
  await writeNewFile(
    output,
    (async function* () {
      for await (const line of all) {
        lines += 1
        yield `${line}\n`
      }
    })(),
  )
  if (values.json) printJson({ output, lines })
  else print(`${lines} lines are in ${output}`)
  return 0
}

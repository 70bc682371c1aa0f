import { existsSync } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { exportAudit } from '@waiaas/daemon'
import { CommandError, errorCode, UsageError } from '../errors.ts'
import { readFlags } from '../flags.ts'
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
  const lines = await write(output, exportAudit({ dataDir, env: process.env }))
  if (values.json) printJson({ output, lines })
  else print(`${lines} lines are in ${output}`)
  return 0
}

/** The file is whole or not there, and never replaces another one. Answers the number of lines. */
async function write(path: string, lines: AsyncIterable<string>): Promise<number> {
  const file = await open(path, 'wx', 0o600).catch((error: unknown) => {
    const why = errorCode(error) === 'EEXIST' ? 'exists already' : `cannot be written (${errorCode(error)})`
    throw new CommandError(`${path} ${why}`, 'name another file', error)
  })
  try {
    let count = 0
    await file.writeFile(
      (async function* () {
        for await (const line of lines) {
          count += 1
          yield `${line}\n`
        }
      })(),
    )
    await file.sync()
    return count
  } catch (error) {
    await rm(path, { force: true })
    throw error
  } finally {
    await file.close()
  }
}

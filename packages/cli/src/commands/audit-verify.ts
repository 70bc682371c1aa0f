import { existsSync } from 'node:fs'
import { verifyAudit } from '@waiaas/daemon'
import { CommandError } from '../errors.ts'
import { readFlags } from '../flags.ts'
import { dataDirOf } from '../place.ts'
import { table } from '../table.ts'
import { note, print, printJson } from '../terminal.ts'

export const usage = `usage: waiaas audit verify [--data-dir <dir>] [--json]
Reads the audit log from the database and proves that no row was altered: exit code 0 only if it is whole.
  --data-dir <dir>   data directory [WAIAAS_DATA_DIR or ~/.waiaas]
  --json             print JSON`

export async function run(argv: readonly string[]): Promise<number> {
  const { values } = readFlags(argv, usage, { 'data-dir': { type: 'string' }, json: { type: 'boolean' } })
  const dataDir = dataDirOf(values['data-dir'])
  if (!existsSync(dataDir)) throw new CommandError(`${dataDir} does not exist`, 'name the data directory of a daemon')
  const verdict = await verifyAudit({ dataDir, env: process.env })
  if (values.json) printJson(verdict)
  else print(verdict.whole ? `whole: no row of the audit log in ${dataDir} was altered` : table(verdict.faults))
  if (!verdict.whole) note('the audit log is not whole')
  return verdict.whole ? 0 : 1
}

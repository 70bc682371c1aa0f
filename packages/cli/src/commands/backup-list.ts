import { listBackups } from '@waiaas/daemon'
import { readFlags } from '../flags.ts'
import { dataDirOf } from '../place.ts'
import { table } from '../table.ts'
import { note, print, printJson } from '../terminal.ts'

export const usage = `usage: waiaas backup list [--data-dir <dir>] [--json]
Lists the backups in the daemon's backup folder, newest first. The daemon need not run.
  --data-dir <dir>   data directory [WAIAAS_DATA_DIR or ~/.waiaas]
  --json             print JSON`

export async function run(argv: readonly string[]): Promise<number> {
  const { values } = readFlags(argv, usage, { 'data-dir': { type: 'string' }, json: { type: 'boolean' } })
  const { backups, broken } = await listBackups({ dataDir: dataDirOf(values['data-dir']), env: process.env })
  for (const each of broken) note(each)
  if (values.json) printJson({ backups, total: backups.length })
  else print(table(backups.map(({ filename: _, ...shown }) => shown)))
  return 0
}

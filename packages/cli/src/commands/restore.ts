import { restoreBackup } from '@waiaas/daemon'
import { secretsOf } from '../credentials.ts'
import { UsageError } from '../errors.ts'
import { readArguments } from '../flags.ts'
import { dataDirOf, pathOf } from '../place.ts'
import { note, print, printJson } from '../terminal.ts'

export const usage = `usage: waiaas restore <file> [--data-dir <dir>] [--force] [flags]
Puts a backup in the place of a stopped daemon's data: all of it, or nothing. Wallets come back suspended, sessions ended.
  --from <file>           the backup, as earlier releases named it
  --data-dir <dir>        data directory [WAIAAS_DATA_DIR or ~/.waiaas]
  --password-file <file>  file with the master password of the time of the backup; - is stdin
  --force                 move what is there aside, to names that end in .bak-<time>
  --json                  print JSON`

export async function run(argv: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments(argv, usage, {
    places: 1,
    options: {
      from: { type: 'string' },
      'data-dir': { type: 'string' },
      'password-file': { type: 'string' },
      force: { type: 'boolean', default: false },
      json: { type: 'boolean' },
    },
  })
  const [given = values.from] = positionals
  if (given === undefined) throw new UsageError('expected a file', usage)
  const file = pathOf('the backup', given)
  const dataDir = dataDirOf(values['data-dir'])
  const masterPassword = await secretsOf(dataDir, values['password-file']).masterPassword()
  const done = await restoreBackup({ file, dataDir, env: process.env, masterPassword, force: values.force })
  if (!done.isAuditWhole) note('the audit log in this backup is not whole: run "waiaas audit verify"')
  if (values.json) {
    printJson(done)
    return 0
  }
  print(`restored ${done.rows} rows of ${done.createdAt} into ${dataDir} (${done.database})`)
  for (const path of done.movedAside) print(`what was there is now ${path}`)
  print(
    `${done.revoked} sessions are ended, ${done.cancelled} unsigned transactions are cancelled, ${done.suspended} wallets are suspended`,
  )
  print('next: waiaas start, look on the chain at what each wallet has paid since the backup, then for each')
  print('  waiaas wallet resume <name>')
  print('  waiaas wallet confirm-spends <name>   its daily and monthly limits count as full until then, or')
  print('                                        until they have passed since the restore')
  return 0
}

import { connectNobody, connectOperator } from '../api.ts'
import { readSecretFile } from '../credentials.ts'
import { CommandError } from '../errors.ts'
import { daemonFlags, daemonFlagsHelp, readFlags } from '../flags.ts'
import { endLogin, keepLogin, keptLogin } from '../login.ts'
import { instant } from '../table.ts'
import { askSecret, canAsk, print, printJson } from '../terminal.ts'

export const usage = `usage: waiaas login [flags]
Logs in, so that commands which look or stop need no password: a token in <data-dir>/login, for you alone. What can let
more out still asks for the password. It ends 15 minutes after the last command, after 8 hours, with waiaas logout, with a
new password, with the kill switch and with a restore.
  --looking                   with the password for looking: commands that look, and nothing else
  --view-password-file <file> file with that password; asked for unless given
${daemonFlagsHelp}`

export async function run(argv: readonly string[]): Promise<number> {
  const own = { looking: { type: 'boolean' }, 'view-password-file': { type: 'string' } } as const
  const { values } = readFlags(argv, usage, { ...daemonFlags, ...own })
  const file = values['view-password-file']
  const isLooking = values.looking || file !== undefined
  const { place, api } = await (isLooking ? connectNobody(values) : connectOperator(values))
  if (place.name !== place.dataDir)
    throw new CommandError(
      'a login is kept for the daemon of the data directory, and another one is named by its address',
      'leave --base-url and WAIAAS_BASE_URL out, or give --password-file to each command',
    )
  const before = await keptLogin(place)
  const login = await (isLooking ? api.createViewLogin({ password: await viewPassword(file) }) : api.createLogin())
  await keepLogin(place, login)
  if (before) await endLogin(place, before)
  const { id, expiresAt, idleSeconds } = login
  if (values.json) printJson({ id, expiresAt, idleSeconds })
  else
    print(
      `logged in${isLooking ? ' to look' : ''} until ${instant(expiresAt)}, or ${idleSeconds / 60} minutes without a command`,
    )
  return 0
}

async function viewPassword(file: string | undefined): Promise<string> {
  if (file !== undefined) return readSecretFile(file)
  if (canAsk()) return askSecret('Password for looking: ')
  throw new CommandError(
    'the password for looking is needed, and there is no terminal to ask at',
    'give --view-password-file',
  )
}

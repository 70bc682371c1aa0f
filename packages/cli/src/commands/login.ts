import { connectOperator } from '../api.ts'
import { CommandError } from '../errors.ts'
import { daemonFlags, daemonFlagsHelp, readFlags } from '../flags.ts'
import { isOver, keepLogin, keptLogin } from '../login.ts'
import { instant } from '../table.ts'
import { print, printJson } from '../terminal.ts'

export const usage = `usage: waiaas login [flags]
Logs in, so that commands which look or stop need no password: a token in <data-dir>/login, for you alone. What can let
more out still asks for the password. It ends 15 minutes after the last command, after 8 hours, with waiaas logout, with a
new password, with the kill switch and with a restore.
${daemonFlagsHelp}`

export async function run(argv: readonly string[]): Promise<number> {
  const { values } = readFlags(argv, usage, daemonFlags)
  const { api, place } = await connectOperator(values)
  if (place.name !== place.dataDir)
    throw new CommandError(
      'a login is kept for the daemon of the data directory, and another one is named by its address',
      'leave --base-url and WAIAAS_BASE_URL out, or give --password-file to each command',
    )
  const before = await keptLogin(place)
  const login = await api.createLogin()
  await keepLogin(place, login)
  if (before)
    await api.endLogin({ id: before.id }).catch((error: unknown) => {
      if (!isOver(error)) throw error
    })
  const { id, expiresAt, idleSeconds } = login
  if (values.json) printJson({ id, expiresAt, idleSeconds })
  else print(`logged in until ${instant(expiresAt)}, or ${idleSeconds / 60} minutes without a command`)
  return 0
}

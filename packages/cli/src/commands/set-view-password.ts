import { connectOperator } from '../api.ts'
import { readSecretFile } from '../credentials.ts'
import { CommandError } from '../errors.ts'
import { daemonFlags, daemonFlagsHelp, readFlags } from '../flags.ts'
import { askNewPassword, canAsk, print, printJson } from '../terminal.ts'

export const usage = `usage: waiaas set-view-password [flags]
Sets the password with which people log in to the admin page to look: they read what you read, and do nothing.
  --new-password-file <file>  file with the password; asked for twice unless given
  --remove                    let nobody look any more, and end their logins
${daemonFlagsHelp}`

export async function run(argv: readonly string[]): Promise<number> {
  const options = { 'new-password-file': { type: 'string' }, remove: { type: 'boolean' } } as const
  const { values } = readFlags(argv, usage, { ...daemonFlags, ...options })
  const { api } = await connectOperator(values)
  const answer = values.remove
    ? await api.removeViewPassword()
    : await api.setViewPassword({ password: await readNewPassword(values['new-password-file']) })
  if (values.json) printJson(answer)
  else
    print(values.remove ? 'nobody looks with a password any more' : 'whoever has the password may look, and do nothing')
  return 0
}

async function readNewPassword(path: string | undefined): Promise<string> {
  if (path !== undefined) return readSecretFile(path)
  if (canAsk()) return askNewPassword('New password for looking: ')
  throw new CommandError(
    'the password for looking is needed, and there is no terminal to ask at',
    'give --new-password-file',
  )
}

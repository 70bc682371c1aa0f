import { daemonFlags, daemonFlagsHelp, readFlags } from '../flags.ts'
import { endLogin, forgetLogin, keptLogin } from '../login.ts'
import { placeOf } from '../place.ts'
import { print, printJson } from '../terminal.ts'

export const usage = `usage: waiaas logout [flags]
Ends the login of waiaas login.
${daemonFlagsHelp}`

export async function run(argv: readonly string[]): Promise<number> {
  const { values } = readFlags(argv, usage, daemonFlags)
  const place = await placeOf({ dataDir: values['data-dir'], baseUrl: values['base-url'] })
  const login = await keptLogin(place)
  // First here: whatever the daemon says, nobody is logged in at this terminal any more.
  await forgetLogin(place)
  if (login) await endLogin(place, login)
  if (values.json) printJson({ wasLoggedIn: login !== undefined })
  else print(login ? 'logged out' : 'nobody was logged in')
  return 0
}

import { connectReader } from '../api.ts'
import { daemonFlags, daemonFlagsHelp, readArguments } from '../flags.ts'
import { printable } from '../table.ts'
import { print, printJson } from '../terminal.ts'
import { exposureText } from '../views.ts'

export const usage = `usage: waiaas exposure [<id or name>] [flags]
The most that can leave if an agent or the daemon is taken over now: of all wallets, or of one.
${daemonFlagsHelp}`

export async function run(argv: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments(argv, usage, { options: daemonFlags, places: 1 })
  const api = await connectReader(values)
  const [id] = positionals
  const shown = id === undefined ? await api.getExposure({}) : await api.getWalletExposure({ id })
  if (values.json) printJson(shown)
  else {
    print(exposureText(shown))
    if ('wallets' in shown) for (const { name, text } of shown.wallets) print(printable(`${name}: ${text}`))
  }
  return 0
}

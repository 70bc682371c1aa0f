import { connectReader } from '../api.ts'
import { allBalances, balancesText } from '../balances.ts'
import { daemonFlags, daemonFlagsHelp, readArguments } from '../flags.ts'
import { print, printJson } from '../terminal.ts'

export const usage = `usage: waiaas balance [<id or name>] [flags]
What your wallets hold on each of their networks, in whole units and dollars; with a name, what that one holds.
A network that does not answer is named, with what it said before.
${daemonFlagsHelp}`

export async function run(argv: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments(argv, usage, { options: daemonFlags, places: 1 })
  const api = await connectReader(values)
  const [named] = positionals
  const wallets =
    named === undefined ? await allBalances(api, 0) : (await api.listBalances({ walletId: named, maxAge: 0 })).items
  if (values.json) printJson({ wallets })
  else print(wallets.length > 0 ? balancesText(wallets) : 'there is no wallet yet; make one with waiaas wallet create')
  return 0
}

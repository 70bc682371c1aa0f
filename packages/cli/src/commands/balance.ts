import { connectOperator } from '../api.ts'
import { daemonFlags, daemonFlagsHelp, readArguments } from '../flags.ts'
import { printable } from '../table.ts'
import { print, printJson } from '../terminal.ts'
import { holdingsText } from '../views.ts'
import { allWallets, isLive } from '../wallets.ts'

export const usage = `usage: waiaas balance [<id or name>] [flags]
What your wallets hold on each of their networks; with a name, what that one holds.
${daemonFlagsHelp}`

export async function run(argv: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments(argv, usage, { options: daemonFlags, places: 1 })
  const { api } = await connectOperator(values)
  const [named] = positionals
  const wallets = named === undefined ? (await allWallets(api)).filter(isLive) : [await api.getWallet({ id: named })]
  if (wallets.length === 0 && !values.json) print('there is no wallet yet; make one with waiaas wallet create')
  const all = []
  for (const { id, name, publicKey } of wallets) {
    const held = await api.adminGetWalletBalance({ id })
    all.push({ id, name, publicKey, ...held })
    if (!values.json) print(`${printable(`${name} (${publicKey})`)}\n${holdingsText(held)}`)
  }
  if (values.json) printJson({ wallets: all })
  return 0
}

import { connectReader } from '../api.ts'
import { daemonFlags, daemonFlagsHelp, readArguments } from '../flags.ts'
import { printable } from '../table.ts'
import { print, printJson } from '../terminal.ts'
import { holdingsText } from '../views.ts'
import { allWallets, isLive } from '../wallets.ts'

export const usage = `usage: waiaas balance [<id or name>] [flags]
What your wallets hold on each of their networks; with a name, what that one holds.
${daemonFlagsHelp}`

/** A network whose endpoints cannot be reached is waited for. */
const AT_ONCE = 8

export async function run(argv: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments(argv, usage, { options: daemonFlags, places: 1 })
  const api = await connectReader(values)
  const [named] = positionals
  const wallets = named === undefined ? (await allWallets(api)).filter(isLive) : [await api.getWallet({ id: named })]
  if (wallets.length === 0 && !values.json) print('there is no wallet yet; make one with waiaas wallet create')
  const all = []
  for (let from = 0; from < wallets.length; from += AT_ONCE) {
    const some = wallets.slice(from, from + AT_ONCE)
    const held = await Promise.all(some.map(({ id }) => api.adminGetWalletBalance({ id })))
    for (const [index, { id, name, publicKey }] of some.entries()) {
      all.push({ id, name, publicKey, ...held[index]! })
      if (!values.json) print(`${printable(`${name} (${publicKey})`)}\n${holdingsText(held[index]!)}`)
    }
  }
  if (values.json) printJson({ wallets: all })
  return 0
}

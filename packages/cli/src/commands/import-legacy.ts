import { type Environment, findNetwork, NETWORKS, sealImport, type Wallet } from '@waiaas/contract'
import { readLegacyWallets } from '@waiaas/daemon'
import { WAIaaSError } from '@waiaas/sdk'
import { connectOperator, type Operator } from '../api.ts'
import { readPasswordFile } from '../credentials.ts'
import { CommandError, UsageError } from '../errors.ts'
import { daemonFlags, daemonFlagsHelp, readFlags } from '../flags.ts'
import { pathOf } from '../place.ts'
import { askSecret, canAsk, note, print, printJson } from '../terminal.ts'

export const usage = `usage: waiaas import --from <data directory of WAIaaS 2.x> [flags]
Takes over the wallets of a 2.x installation: each key goes sealed to the signer, the old files stay as they are.
A wallet that is there already is passed over, so an interrupted import can be repeated.
  --from <dir>                the old data directory
  --from-password-file <file> file with the old master password; asked for unless given
${daemonFlagsHelp}`

type Legacy = Awaited<ReturnType<typeof readLegacyWallets>>[number]
type Outcome = { name: string; chain: string; address: string; outcome: string; id?: string }

export async function run(argv: readonly string[]): Promise<number> {
  const { values } = readFlags(argv, usage, {
    ...daemonFlags,
    from: { type: 'string' },
    'from-password-file': { type: 'string' },
  })
  if (values.from === undefined) throw new UsageError('missing --from', usage)
  const from = pathOf('--from', values.from)
  const legacy = await readLegacyWallets(from)
  if (legacy.length === 0) throw new CommandError(`${from} has no key files`, 'name the old data directory')
  const operator = await connectOperator(values)
  const password = await readOldPassword(values['from-password-file'])
  const { publicKey } = operator.signer ?? (await operator.api.getSealingKey())
  const outcomes: Outcome[] = []
  for (const wallet of legacy) {
    const outcome = await importOne(operator, wallet, { password, signerKey: publicKey })
    if (!values.json) print(`${outcome.name}  ${outcome.chain}  ${outcome.address}  ${outcome.outcome}`)
    outcomes.push(outcome)
  }
  if (values.json) printJson(outcomes)
  const failed = outcomes.filter(({ outcome }) => outcome.startsWith('failed'))
  if (failed.length > 0) note(`${failed.length} of ${outcomes.length} wallets could not be imported`)
  return failed.length > 0 ? 1 : 0
}

/** The password of the old keystore, and the key of the signer that the secret is sealed to. */
type Secrets = { password: string; signerKey: string }

async function importOne({ api }: Operator, legacy: Legacy, secrets: Secrets): Promise<Outcome> {
  const { password, signerKey } = secrets
  const { name, chain, publicKey: address } = legacy
  const seen = { name, chain, address }
  const sealed = await sealImport(signerKey, { format: 'waiaas-2', secret: legacy.json, password })
  const importAs = async (as: string): Promise<Wallet> =>
    api.importWallet({ name: as, chain, environment: environmentOf(legacy.network), sealed })
  try {
    const wallet = await withFreeName(name, address, importAs)
    return { ...seen, outcome: wallet.name === name ? 'imported' : `imported as "${wallet.name}"`, id: wallet.id }
  } catch (error) {
    if (!(error instanceof WAIaaSError)) throw error
    if (error.code === 'WALLET_ADDRESS_EXISTS') return { ...seen, outcome: 'there already' }
    // What concerns the whole run, not this wallet: a refused password, a locked daemon, one that has gone.
    if (error.status === 0 || error.status === 401 || error.status >= 429) throw error
    return { ...seen, outcome: `failed: ${error.message} (${error.code})` }
  }
}

/** 2.x let wallets share a name: the second is told apart by the end of its address. */
async function withFreeName(name: string, address: string, importAs: (as: string) => Promise<Wallet>): Promise<Wallet> {
  try {
    return await importAs(name)
  } catch (error) {
    if (!(error instanceof WAIaaSError) || error.code !== 'WALLET_NAME_EXISTS') throw error
    return importAs(`${name.slice(0, 90)} ${address.slice(-6)}`)
  }
}

/** 2.x wrote a network, in older files without its chain. What is not a main network is a test. */
const environmentOf = (network: string): Environment =>
  findNetwork(NETWORKS, network)?.environment ?? (network.includes('mainnet') ? 'mainnet' : 'testnet')

async function readOldPassword(path: string | undefined): Promise<string> {
  if (path !== undefined) return readPasswordFile(path)
  if (canAsk()) return askSecret('Master password of the old installation: ')
  throw new CommandError(
    'the old master password is needed, and there is no terminal to ask at',
    'give --from-password-file',
  )
}

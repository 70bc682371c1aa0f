import { IMPORT_FORMATS, type ImportedSecret } from '@waiaas/contract'
import { connectOperator } from '../api.ts'
import { readSecretFile } from '../credentials.ts'
import { CommandError, UsageError } from '../errors.ts'
import { daemonFlags, daemonFlagsHelp, readFlags } from '../flags.ts'
import { sealImport } from '../sealing.ts'
import { plainText } from '../table.ts'
import { askSecret, canAsk, print, printJson } from '../terminal.ts'

export const usage = `usage: waiaas wallet import --name <name> --chain <chain> --environment <environment> --format <format> [flags]
Imports a key as a wallet. The secret is sealed to the signer here; the process that parses HTTP never sees it.
  --name <name>           name of the wallet
  --chain <chain>         solana or ethereum
  --environment <env>     mainnet or testnet [testnet]
  --format <format>       private-key, mnemonic, keystore-v3, solana-keypair
  --secret-file <file>    file with the key, words or key file; - is stdin; asked for unless given
  --secret-password-file <file>  file with the password of a keystore-v3 file
  --passphrase-file <file>       file with the BIP-39 passphrase
  --path <path>           BIP-44 path for a mnemonic
${daemonFlagsHelp}`

const flags = {
  ...daemonFlags,
  name: { type: 'string' },
  chain: { type: 'string' },
  environment: { type: 'string', default: 'testnet' },
  format: { type: 'string' },
  path: { type: 'string' },
  'secret-file': { type: 'string' },
  'secret-password-file': { type: 'string' },
  'passphrase-file': { type: 'string' },
} as const

export async function run(argv: readonly string[]): Promise<number> {
  const { values } = readFlags(argv, usage, flags)
  const { name, path } = values
  const chain = oneOf('chain', values.chain, ['solana', 'ethereum'])
  const environment = oneOf('environment', values.environment, ['mainnet', 'testnet'])
  const format = oneOf('format', values.format, IMPORT_FORMATS)
  if (name === undefined) throw new UsageError('missing --name', usage)
  const { api } = await connectOperator(values)
  const passphrase = await readOptional(values['passphrase-file'])
  const password = await readPassword(format, values['secret-password-file'])
  const secret: ImportedSecret = {
    format,
    secret: await readSecret(values['secret-file']),
    ...(password !== undefined && { password }),
    ...(path !== undefined && { path }),
    ...(passphrase !== undefined && { passphrase }),
  }
  const { publicKey } = await api.getSealingKey()
  const wallet = await api.importWallet({ name, chain, environment, sealed: sealImport(publicKey, secret) })
  if (values.json) printJson(wallet)
  else print(plainText(wallet))
  return 0
}

function oneOf<const T extends string>(flag: string, value: string | undefined, known: readonly T[]): T {
  const found = known.find((one) => one === value)
  if (found !== undefined) return found
  throw new UsageError(`expected --${flag} as one of ${known.join(', ')}, got "${value ?? ''}"`, usage)
}

const readOptional = async (path: string | undefined): Promise<string | undefined> =>
  path === undefined ? undefined : readSecretFile(path)

async function readPassword(format: ImportedSecret['format'], path: string | undefined): Promise<string | undefined> {
  const needed = format === 'keystore-v3' || format === 'waiaas-2'
  return needed && path === undefined ? ask('Password of the key file: ', '--secret-password-file') : readOptional(path)
}

const readSecret = async (path: string | undefined): Promise<string> =>
  path === undefined ? ask('Secret: ', '--secret-file') : readSecretFile(path)

async function ask(question: string, flag: string): Promise<string> {
  if (canAsk()) return askSecret(question)
  throw new CommandError('a secret is needed, and there is no terminal to ask at', `give ${flag}`)
}

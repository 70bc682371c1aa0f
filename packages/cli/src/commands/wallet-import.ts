import { DERIVATIONS, type DerivedAddress, IMPORT_FORMATS, type ImportedSecret, sealImport } from '@waiaas/contract'
import { connectOperator } from '../api.ts'
import { readSecretFile } from '../credentials.ts'
import { CommandError, UsageError } from '../errors.ts'
import { daemonFlags, daemonFlagsHelp, readFlags } from '../flags.ts'
import { plainText } from '../table.ts'
import { askSecret, askText, canAsk, note, print, printJson } from '../terminal.ts'

export const usage = `usage: waiaas wallet import --name <name> --chain <chain> --environment <environment> --format <format> [flags]
Imports a key as a wallet. The secret is sealed to the signer here; the process that parses HTTP never sees it.
  --name <name>           name of the wallet
  --chain <chain>         solana or ethereum
  --environment <env>     mainnet or testnet [testnet]
  --format <format>       private-key, mnemonic, keystore-v3, solana-keypair
  --secret-file <file>    file with the key, words or key file; - is stdin; asked for unless given
  --secret-password-file <file>  file with the password of a keystore-v3 file
  --passphrase-file <file>       file with the BIP-39 passphrase
  --derivation <way>      how a mnemonic becomes a key: bip44, or none for a phrase of solana-keygen new; where a phrase
                          gives several addresses they are shown and asked about, or without a terminal bip44 is taken
  --path <path>           BIP-44 path for a mnemonic
Files are UTF-8, or UTF-16 with a byte order mark.
${daemonFlagsHelp}`

const flags = {
  ...daemonFlags,
  name: { type: 'string' },
  chain: { type: 'string' },
  environment: { type: 'string', default: 'testnet' },
  format: { type: 'string' },
  derivation: { type: 'string' },
  path: { type: 'string' },
  'secret-file': { type: 'string' },
  'secret-password-file': { type: 'string' },
  'passphrase-file': { type: 'string' },
} as const

export async function run(argv: readonly string[]): Promise<number> {
  const { values } = readFlags(argv, usage, flags)
  const { name, path } = values
  const derivation = values.derivation === undefined ? undefined : oneOf('derivation', values.derivation, DERIVATIONS)
  const chain = oneOf('chain', values.chain, ['solana', 'ethereum'])
  const environment = oneOf('environment', values.environment, ['mainnet', 'testnet'])
  const format = oneOf('format', values.format, IMPORT_FORMATS)
  if (name === undefined) throw new UsageError('missing --name', usage)
  const { api, signer } = await connectOperator(values)
  const passphrase = await readOptional(values['passphrase-file'])
  const password = await readPassword(format, values['secret-password-file'])
  const given: ImportedSecret = {
    format,
    secret: await readSecret(values['secret-file']),
    ...(password !== undefined && { password }),
    ...(derivation !== undefined && { derivation }),
    ...(path !== undefined && { path }),
    ...(passphrase !== undefined && { passphrase }),
  }
  const { publicKey: signerKey } = signer ?? (await api.getSealingKey())
  const isOpen = format === 'mnemonic' && derivation === undefined && path === undefined
  const known = isOpen ? (await api.listDerivations({ chain, sealed: await sealImport(signerKey, given) })).items : []
  const secret = known.length > 1 && canAsk() ? { ...given, ...(await chooseAddress(known)) } : given
  const answer = await api.importWallet({ name, chain, environment, sealed: await sealImport(signerKey, secret) })
  const { derivations = [], ...wallet } = answer
  if (values.json) printJson(answer)
  else print(plainText(wallet))
  if (derivations.length > 1) note(`the phrase gives other addresses too; name yours:\n${tableOf(derivations)}`)
  return 0
}

/** Which of its addresses the owner of a phrase knows. */
async function chooseAddress(known: readonly DerivedAddress[]): Promise<Pick<ImportedSecret, 'derivation' | 'path'>> {
  note(`the phrase gives several addresses:\n${tableOf(known)}`)
  const answer = await askText(`Number of the address that you know (1 to ${known.length}): `)
  const chosen = /^\d$/.test(answer.trim()) ? known[Number(answer) - 1] : undefined
  if (!chosen)
    throw new CommandError(
      `expected a number from 1 to ${known.length}`,
      'give --derivation or --path if none is yours',
    )
  const { derivation, path } = chosen
  return { derivation, ...(path !== null && { path }) }
}

const tableOf = (known: readonly DerivedAddress[]): string =>
  known
    .map(({ publicKey, derivation, path, usedBy }, at) => {
      const flag = path === null ? `--derivation ${derivation}` : `--path "${path}"`
      return `  ${at + 1}  ${publicKey}  ${flag}  (${usedBy})`
    })
    .join('\n')

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

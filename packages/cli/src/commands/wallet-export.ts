import { existsSync } from 'node:fs'
import { EXPORT_FORMATS } from '@waiaas/contract'
import { makeSealingKeyPair, openExport } from '@waiaas/daemon'
import { connectOperator } from '../api.ts'
import { readSecretFile } from '../credentials.ts'
import { CommandError, UsageError } from '../errors.ts'
import { daemonFlags, daemonFlagsHelp, readArguments } from '../flags.ts'
import { fileExists, writeNewSecretFile } from '../place.ts'
import { askNewPassword, canAsk, note, print, printJson } from '../terminal.ts'

export const usage = `usage: waiaas wallet export <id or name> --output <file> [flags]
Exports the key of a wallet into a file that only you may read. On its way it is sealed to this command.
  --output <file>         the file; - prints the secret
  --format <format>       private-key, keystore-v3 or solana-keypair [private-key]
  --secret-password-file <file>  file with the password of the new keystore-v3 file; asked for unless given
${daemonFlagsHelp}`

export async function run(argv: readonly string[]): Promise<number> {
  const flags = {
    ...daemonFlags,
    output: { type: 'string' },
    format: { type: 'string', default: 'private-key' },
    'secret-password-file': { type: 'string' },
  } as const
  const { values, positionals } = readArguments(argv, usage, { options: flags, places: 1 })
  const { output } = values
  const format = EXPORT_FORMATS.find((one) => one === values.format)
  if (format === undefined) throw new UsageError(`expected --format as one of ${EXPORT_FORMATS.join(', ')}`, usage)
  if (output === undefined || positionals[0] === undefined) {
    throw new UsageError('expected a wallet and --output', usage)
  }
  // Before the key is asked for; writing it makes sure.
  if (output !== '-' && existsSync(output)) throw fileExists(output)
  const { api, signer, masterPassword } = await connectOperator(values)
  // By its address, which the signer compares: what a name means is the daemon's word.
  const { id, publicKey: address } = await api.getWallet({ id: positionals[0] })
  if (!values.json) note(`the signer is asked for the key of ${address}`)
  const password = format === 'keystore-v3' ? await readPassword(values['secret-password-file']) : undefined
  const pair = makeSealingKeyPair()
  const request = { id, format, ...(!signer && { masterPassword }), sealTo: pair.publicKey, address }
  const { sealed, ...about } = await api.exportWallet(password === undefined ? request : { ...request, password })
  if (sealed === undefined) throw new CommandError('expected a sealed secret, got an answer without one')
  const secret = openExport(pair, sealed)
  if (output === '-') {
    print(secret)
    return 0
  }
  await writeNewSecretFile(output, `${secret}\n`)
  if (values.json) printJson({ ...about, output })
  else print(`the key of ${about.publicKey} is in ${output}`)
  return 0
}

async function readPassword(path: string | undefined): Promise<string> {
  if (path !== undefined) return readSecretFile(path)
  if (canAsk()) return askNewPassword('Password of the new file: ')
  throw new CommandError('a password is needed, and there is no terminal to ask at', 'give --secret-password-file')
}

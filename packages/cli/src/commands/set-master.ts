import { rm } from 'node:fs/promises'
import { sealNewPassword } from '@waiaas/sdk'
import { connectOperator } from '../api.ts'
import { readSecretFile } from '../credentials.ts'
import { CommandError } from '../errors.ts'
import { daemonFlags, daemonFlagsHelp, readFlags } from '../flags.ts'
import { recoveryFile } from '../place.ts'
import { askNewPassword, canAsk, checkNewPassword, print, printJson } from '../terminal.ts'

export const usage = `usage: waiaas set-master [flags]
Changes the master password of a running daemon and removes <data-dir>/recovery.key.
  --new-password-file <file>  file with the new password; asked for twice unless given
${daemonFlagsHelp}`

export async function run(argv: readonly string[]): Promise<number> {
  const { values } = readFlags(argv, usage, { ...daemonFlags, 'new-password-file': { type: 'string' } })
  const { api, place, signer } = await connectOperator(values)
  const newPassword = await readNewPassword(values['new-password-file'])
  const answer = await api.changeMasterPassword(
    signer ? { sealedPassword: await sealNewPassword(signer.publicKey, newPassword) } : { newPassword },
  )
  await rm(recoveryFile(place.dataDir), { force: true })
  if (values.json) printJson(answer)
  else print('the master password is changed; recovery.key is gone')
  return 0
}

async function readNewPassword(path: string | undefined): Promise<string> {
  if (path !== undefined) return checkNewPassword(await readSecretFile(path))
  if (canAsk()) return askNewPassword('New master password: ')
  throw new CommandError(
    'the new master password is needed, and there is no terminal to ask at',
    'give --new-password-file',
  )
}

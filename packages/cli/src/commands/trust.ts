import { signerFingerprint } from '@waiaas/sdk'
import { CommandError } from '../errors.ts'
import { daemonFlags, daemonFlagsHelp, readArguments } from '../flags.ts'
import { placeOf } from '../place.ts'
import { print, printJson } from '../terminal.ts'
import { presentSigner, rememberedKey, rememberKey } from '../trust.ts'

export const usage = `usage: waiaas trust [<fingerprint>] [flags]
Commands seal the master password to the key of the signer that they have seen first. This shows its fingerprint, and
with the fingerprint of the present key trusts that one from now on. Compare it with the line "ready" of waiaas start.
${daemonFlagsHelp}`

export async function run(argv: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments(argv, usage, { options: daemonFlags, places: 1 })
  const place = await placeOf({ dataDir: values['data-dir'], baseUrl: values['base-url'] })
  const { publicKey } = await presentSigner(place)
  const present = await signerFingerprint(publicKey)
  const [meant] = positionals
  if (meant !== undefined && meant !== present)
    throw new CommandError(`the signer of ${place.name} has the key ${present}, not ${meant}`, 'nothing was changed')
  if (meant !== undefined) await rememberKey(place, publicKey)
  const known = await rememberedKey(place)
  const trusted = known === undefined ? null : await signerFingerprint(known)
  if (values.json) printJson({ daemon: place.name, present, trusted })
  else print([`the signer of ${place.name} has the key ${present}`, verdict(present, trusted)].join('\n'))
  return 0
}

function verdict(present: string, trusted: string | null): string {
  if (trusted === null) return 'none is trusted yet: the next command trusts the one that it sees'
  return trusted === present ? 'it is the one that commands trust' : `commands trust another one: ${trusted}`
}

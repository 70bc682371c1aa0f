import { join } from 'node:path'
import { type SignerIdentity, signerFingerprint, WAIaaSClient, WAIaaSError } from '@waiaas/sdk'
import { CommandError } from './errors.ts'
import { configFolder, type Place, readIfThere, writeSecretFile } from './place.ts'

// The master password is sealed to a key that this user has seen before, so that a daemon in other hands cannot name its own.

type Pins = Record<string, string>

/** The signer of a daemon; its key is remembered at first contact. CommandError when it is another one since. */
export async function trustedSigner(place: Place, tell: (text: string) => void): Promise<SignerIdentity> {
  const signer = await presentSigner(place)
  const known = await rememberedKey(place)
  if (known === signer.publicKey) return signer
  const fingerprint = await signerFingerprint(signer.publicKey)
  if (known !== undefined)
    throw new CommandError(
      `the signer of ${place.name} has another key than before: expected ${await signerFingerprint(known)}, got ${fingerprint}`,
      `if you have set the daemon up anew: waiaas trust ${fingerprint}; else somebody may be between you and it`,
    )
  await rememberKey(place, signer.publicKey)
  tell(
    `from now on the master password is sealed to the signer ${fingerprint} (the line "ready" of waiaas start names it)`,
  )
  return signer
}

/** As the daemon says. */
export async function presentSigner({ baseUrl }: Place): Promise<SignerIdentity> {
  try {
    return await new WAIaaSClient({ baseUrl, retryOptions: { maxRetries: 0 } }).getSealingKey()
  } catch (error) {
    if (!(error instanceof WAIaaSError) || error.code !== 'KEYSTORE_LOCKED') throw error
    throw new CommandError(
      'the signer is locked, so that it can open no sealed password',
      'end the daemon and start it with its password; or, if you trust the one that runs, give --plain-password',
      error,
    )
  }
}

export const rememberedKey = async ({ name }: Place): Promise<string | undefined> => (await readPins())[name]

export async function rememberKey({ name }: Place, publicKey: string): Promise<void> {
  const pins = await readPins()
  await writeSecretFile(pinsFile(), `${JSON.stringify({ ...pins, [name]: publicKey }, null, 2)}\n`)
}

const pinsFile = (): string => join(configFolder(), 'signers.json')

/** A file that cannot be read whole is not taken for an empty one: every key would count as new. */
async function readPins(): Promise<Pins> {
  const text = await readIfThere(pinsFile())
  if (text === undefined) return {}
  const pins = parsed(text)
  if (typeof pins === 'object' && pins !== null && Object.values(pins).every((key) => typeof key === 'string'))
    return pins as Pins
  throw new CommandError(`${pinsFile()} is damaged`, 'remove it, then compare the fingerprint at the next command')
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

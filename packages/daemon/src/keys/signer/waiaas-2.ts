import { createDecipheriv } from 'node:crypto'
import { thenWiped } from './guarded.ts'
import { invalid } from './invalid.ts'
import { stretchPassword } from './password.ts'
import { type LegacyKeyFile, parseLegacyKeyFile } from './waiaas-2-file.ts'

const maximumMemoryKib = 1024 * 1024

/** Decrypts a key file of WAIaaS 2.x with that installation's master password, which is one of the given: 32 or 64 secret bytes. */
export async function openWaiaas2(
  json: string,
  passwords: readonly string[],
): Promise<{ secret: Buffer; file: LegacyKeyFile }> {
  const file = parseLegacyKeyFile(json)
  if (!file) return invalid('expected a key file of WAIaaS 2.x (version 1, aes-256-gcm, argon2id)')
  const { iterations, memoryKib, parallelism } = file
  if (memoryKib > maximumMemoryKib || iterations > 64 || parallelism > 64)
    return invalid('the argon2id parameters of the key file are out of range')
  for (const password of passwords) {
    const secret = await decrypt(file, password)
    if (secret) return { secret, file }
  }
  return invalid('the password of the WAIaaS 2.x installation is wrong, or the key file is damaged')
}

/** Undefined when the password does not open the file. */
async function decrypt(file: LegacyKeyFile, password: string): Promise<Buffer | undefined> {
  const { iterations, memoryKib, parallelism } = file
  const key = await stretchPassword(Buffer.from(password, 'utf8'), file.salt, { memoryKib, iterations, parallelism })
  const decipher = await thenWiped(key, (guarded) =>
    guarded.use((bytes) => createDecipheriv('aes-256-gcm', bytes, file.iv, { authTagLength: 16 })),
  )
  decipher.setAuthTag(file.authTag)
  const secret = decipher.update(file.ciphertext)
  try {
    decipher.final()
  } catch {
    // In this mode `final` fails only when the tag does not fit.
    secret.fill(0)
    return undefined
  }
  return secret
}

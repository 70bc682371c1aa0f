import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

const FORM = /^([0-9a-f]{32})\.([A-Za-z0-9_-]{43})$/

/**
 * What a client keeps after a right password, and shows with the next one (device cookies, as OWASP describes them for
 * guessing attacks): who shows one waits for nobody's guesses but its own. Nothing is opened by a mark. `secret` rejects
 * while the keystore is locked; then nobody is known.
 */
export function marks(secret: () => Promise<Uint8Array>) {
  let found: Uint8Array | undefined
  const key = async (): Promise<Uint8Array | undefined> => {
    found ??= await secret().catch(() => undefined)
    return found
  }
  return {
    /** The name in a mark that was made under this root key; undefined for anything else. */
    async nameIn(mark: string | undefined): Promise<string | undefined> {
      const [, name, given] = FORM.exec(mark ?? '') ?? []
      const by = name && given ? await key() : undefined
      if (!by || !name) return undefined
      return timingSafeEqual(macOf(by, name), Buffer.from(given!, 'base64url')) ? name : undefined
    },
    async make(): Promise<string | undefined> {
      const by = await key()
      const name = randomBytes(16).toString('hex')
      return by && `${name}.${macOf(by, name).toString('base64url')}`
    },
  }
}

const macOf = (key: Uint8Array, name: string): Buffer => createHmac('sha256', key).update(name).digest()

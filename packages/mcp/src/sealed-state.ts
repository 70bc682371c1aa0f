import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** What travels through a client and comes back: nobody but this server can read it, change it, or use it elsewhere. */
export type SealedStates = {
  /** `bound` is what it is good for. */
  seal(state: StateOf, bound: readonly string[]): Promise<string>
  /** Undefined for what was not sealed here for that, is over, or has come back before. */
  open(text: string, bound: readonly string[]): Promise<StateOf | undefined>
}
/** `until` in unix milliseconds. */
type StateOf = { readonly id: string; readonly code: string; readonly until: number }

const IV_BYTES = 12
const TAG_BYTES = 16
/** Those of before are refused by their end, or do no more than to be read again. */
const MOST_REMEMBERED = 10_000

/** `key` gives the same secret of 32 bytes whenever states of before are to be known. */
export function sealedStates(key: () => Promise<Uint8Array>, now: () => number = Date.now): SealedStates {
  const cameBack = new Set<string>()
  const sealingKey = async () => Buffer.from(hkdfSync('sha256', await key(), new Uint8Array(), 'waiaas/mcp-state', 32))
  const place = (bound: readonly string[]) => createHash('sha256').update(JSON.stringify(bound)).digest()

  function isNew(text: string): boolean {
    if (cameBack.has(text)) return false
    if (cameBack.size >= MOST_REMEMBERED) cameBack.delete(cameBack.values().next().value!)
    cameBack.add(text)
    return true
  }

  return {
    async seal(state, bound) {
      const iv = randomBytes(IV_BYTES)
      const cipher = createCipheriv('aes-256-gcm', await sealingKey(), iv).setAAD(place(bound))
      const sealed = Buffer.concat([cipher.update(JSON.stringify(state), 'utf8'), cipher.final()])
      return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64url')
    },
    async open(text, bound) {
      const bytes = Buffer.from(text, 'base64url')
      // One text for each state: another spelling of its bytes is another text.
      if (bytes.toString('base64url') !== text || bytes.length <= IV_BYTES + TAG_BYTES) return undefined
      const iv = bytes.subarray(0, IV_BYTES)
      const decipher = createDecipheriv('aes-256-gcm', await sealingKey(), iv, { authTagLength: TAG_BYTES })
        .setAAD(place(bound))
        .setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES))
      let state: StateOf
      try {
        const opened = Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()])
        state = JSON.parse(opened.toString('utf8')) as StateOf // what was sealed here
      } catch {
        // Whoever sealed it, it was not this server, or for something else.
        return undefined
      }
      return state.until > now() && isNew(text) ? state : undefined
    },
  }
}

/** The secret of a data directory, made when it is first needed; without a directory, that of this process. */
export function stateKey(folder: string | undefined): () => Promise<Uint8Array> {
  let known: Promise<Uint8Array> | undefined
  return () => {
    known ??= folder === undefined ? Promise.resolve(randomBytes(32)) : keyIn(folder)
    return known
  }
}

async function keyIn(folder: string): Promise<Uint8Array> {
  const file = join(folder, 'state-key')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  // Another server may make it at the same time; whoever is first has it.
  await writeFile(file, randomBytes(32), { mode: 0o600, flag: 'wx', flush: true }).catch((error: { code?: string }) => {
    if (error.code !== 'EEXIST') throw error
  })
  const key = await readFile(file)
  if (key.length !== 32) throw new Error(`${file}: expected 32 bytes, got ${key.length}; remove it`)
  return key
}

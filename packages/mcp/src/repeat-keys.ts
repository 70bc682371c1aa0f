import { createHash, randomUUID } from 'node:crypto'
import { mkdir, open, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf } from './refusals.ts'

/** For how long a call is taken for the repeat of one that is not over, or whose answer never came. */
const REMEMBER_MS = 600_000

export type RepeatKeys = {
  /** The Idempotency-Key of a call: that of the same call if it is not over, or a new one; undefined where it has none. */
  begin(call: string): Promise<string | undefined>
  /** The same call goes under this key, for another ten minutes: it is not over, or nobody knows. */
  keep(call: string, key: string | undefined): Promise<void>
  /** It is over: the same call is another one. */
  end(call: string, key: string | undefined): Promise<void>
}

/** Where nothing is kept between calls, so that the daemon has to know the repeat of one whose answer was lost. */
export const noKeys: RepeatKeys = { begin: async () => undefined, keep: async () => {}, end: async () => {} }

type Parts = {
  readonly now?: () => number
  /** Where keys outlive this process; without it they do not. */
  readonly folder?: string | undefined
  /** Tells servers apart that share the folder. */
  readonly of?: string | undefined
  readonly log?: (message: string) => void
}

/**
 * Models repeat a call that failed, or that waits. Under the key of the first one, the repeat cannot pay twice. A key is
 * written down before its call is made, so that also a server that was killed meanwhile finds it when it starts again.
 */
export function repeatKeys({ now = Date.now, folder, of = '', log = () => {} }: Parts = {}): RepeatKeys {
  /** What is not over, by the hash of its call; the oldest first. */
  const known = new Map<string, Map<string, number>>()
  const files = folder === undefined ? undefined : keyFiles(folder)
  let loaded: Promise<void> | undefined
  const hashOf = (call: string) =>
    createHash('sha256')
      .update(JSON.stringify([of, call]))
      .digest('hex')

  function add(hash: string, key: string, until: number): void {
    const keys = known.get(hash) ?? new Map<string, number>()
    known.set(hash, keys.set(key, until))
  }

  async function load(): Promise<void> {
    for (const { hash, key, at } of (await files?.list()) ?? [])
      if (at + REMEMBER_MS > now()) add(hash, key, at + REMEMBER_MS)
      else await files?.remove(hash, key)
  }

  /** What has not been called for too long. */
  async function forget(): Promise<void> {
    for (const [hash, keys] of known) {
      for (const [key, until] of keys) {
        if (until > now()) continue
        keys.delete(key)
        await tried(files?.remove(hash, key))
      }
      if (keys.size === 0) known.delete(hash)
    }
  }

  /** A file that cannot be written costs what a restart would have needed, and no call. */
  async function tried(change: Promise<void> | undefined): Promise<void> {
    await change?.catch((error: unknown) => log(`a restart may forget what was asked for: ${messageOf(error)}`))
  }

  return {
    async begin(call) {
      loaded ??= tried(load())
      await loaded
      const hash = hashOf(call)
      const open = [...(known.get(hash) ?? [])].find(([, until]) => until > now())
      if (open) return open[0]
      const key = randomUUID()
      await tried(files?.write(hash, key))
      return key
    },
    async keep(call, key) {
      if (key === undefined) return
      const hash = hashOf(call)
      add(hash, key, now() + REMEMBER_MS)
      await tried(files?.write(hash, key))
      await forget()
    },
    async end(call, key) {
      if (key === undefined) return
      const hash = hashOf(call)
      known.get(hash)?.delete(key)
      await tried(files?.remove(hash, key))
    },
  }
}

/** A file for each key; its name is the hash of the call with the key, its age says how long it counts. */
function keyFiles(folder: string) {
  const path = (hash: string, key: string) => join(folder, `${hash}.${key}`)
  return {
    async write(hash: string, key: string): Promise<void> {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      await writeFile(path(hash, key), '\n', { mode: 0o600, flush: true })
      const directory = await open(folder)
      await directory.sync().finally(() => directory.close())
    },
    remove: (hash: string, key: string): Promise<void> => rm(path(hash, key), { force: true }),
    async list() {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const names = await readdir(folder)
      const found = names.flatMap((name) => {
        const [, hash, key] = NAME.exec(name) ?? []
        return hash === undefined || key === undefined ? [] : [{ hash, key }]
      })
      const aged = found.map(async (one) => {
        // Another server may have ended it meanwhile.
        const found = await stat(path(one.hash, one.key)).catch(() => undefined)
        return found ? [{ ...one, at: found.mtimeMs }] : []
      })
      return (await Promise.all(aged)).flat().sort((a, b) => a.at - b.at)
    },
  }
}
const NAME = /^([0-9a-f]{64})\.([0-9a-f-]{36})$/

/** A call as text: the same for the same arguments in any order, however long it is to wait. */
export const callText = (operation: string, { wait: _, ...input }: Record<string, unknown>): string =>
  JSON.stringify([operation, input], (_, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  )

import { chmod, lstat, mkdtemp, rename, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { dirname, join } from 'node:path'
import type { Hono } from 'hono'
import type { Log } from '../log.ts'
import { listenOnPath } from './listen.ts'
import type { HttpEnv } from './types.ts'

/** The longest path of a socket that Linux takes, in bytes. */
const LONGEST_PATH = 107

export type StopSocket = ReturnType<typeof stopSocket>

/** A socket for the user of this process alone, at a path that nobody else's process listens on. */
export function stopSocket(path: string, log: Pick<Log, 'warn'>) {
  let problem: string | undefined
  let server: Awaited<ReturnType<typeof listenOnPath>> | undefined

  /** Made where no one else can reach it yet, and put into its place once it is closed to others. */
  async function place(app: Hono<HttpEnv>): Promise<void> {
    requireShort(path)
    // As long as `stop.sock`: what is short enough for one is for the other.
    const folder = await mkdtemp(`${dirname(path)}/.`)
    try {
      const made = join(folder, 's')
      server = await listenOnPath(app, made)
      await chmod(made, 0o600)
      await rename(made, path)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }

  return {
    /** Serves the application there. Where that is not possible, the daemon does without it and says so. */
    async open(app: Hono<HttpEnv>): Promise<void> {
      try {
        await requireFree(path)
        await place(app)
      } catch (error) {
        await server?.close(0)
        server = undefined
        const reason = error instanceof Error ? error.message : String(error)
        problem = `there is no socket for stops, which use the port instead: ${reason}`
        log.warn(problem)
      }
    },
    warning: (): string | undefined => problem,
    async close(graceMs?: number): Promise<void> {
      if (!server) return
      await rm(path, { force: true })
      await server.close(graceMs)
      server = undefined
    },
  }
}

function requireShort(path: string): void {
  const bytes = Buffer.byteLength(path)
  if (bytes > LONGEST_PATH)
    throw new Error(`${path} has ${bytes} bytes, and a socket takes ${LONGEST_PATH}: choose a shorter data directory`)
}

/** What is left of a daemon that died may be replaced; a socket that answers, and what is none, may not. */
async function requireFree(path: string): Promise<void> {
  const found = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (!found) return
  if (!found.isSocket()) throw new Error(`${path} is no socket: move it away`)
  if (await answers(path)) throw new Error(`${path} is in use by another program`)
}

const answers = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(path)
    socket.once('error', () => resolve(false))
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
  })

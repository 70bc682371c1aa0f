import { WAIaaSError } from '@waiaas/sdk'
import { type Environment, readIfThere } from './environment.ts'
import { findTokens, readToken, type Token, writeToken } from './token.ts'

type Sources = Pick<Environment, 'tokenFiles' | 'token'>

export type SessionParts = {
  readonly environment: Sources
  /** Asks the daemon for the token after this one. */
  readonly renew: (token: string) => Promise<{ token: string }>
  /** Says something to the person who runs the server; never a token. */
  readonly log: (message: string) => void
  /** Unix milliseconds. */
  readonly now?: () => number
}

/** The session of this process. */
export type Session = {
  /** Finds the token and begins to renew it in time. */
  start(): Promise<void>
  /** Runs a call under the current token; when the daemon refuses the token, once more under another, if there is one. */
  use<Result>(call: (token: string) => Promise<Result>): Promise<Result>
  close(): void
}

const RENEW_AT = 0.6
const AGAIN_MS = 30_000
const LONGEST_TIMER_MS = 2 ** 31 - 1
const REFUSED = ['INVALID_TOKEN', 'TOKEN_EXPIRED', 'SESSION_REVOKED', 'SESSION_NOT_FOUND']
/** The session lasts as long as it lasts; no later try helps. */
const FINAL = ['RENEWAL_NOT_REQUIRED', 'RENEWAL_LIMIT_REACHED', 'SESSION_ABSOLUTE_LIFETIME_EXCEEDED']

/** The daemon does not take this token, or not any more. */
export const isTokenRefused = (error: unknown): boolean =>
  error instanceof WAIaaSError && (error.status === 401 || REFUSED.includes(error.code))

/** Holds the token: finds it, renews it at 60 % of the time it has left, writes it back, and sees one that others wrote. */
export function sessionKeeper({ environment, renew, log, now = Date.now }: SessionParts): Session {
  let current: Token | undefined
  let timer: NodeJS.Timeout | undefined
  let isClosed = false
  /** Replaced or refused, so not to be taken again from where it still stands. */
  const spent = new Set<string>()

  function adopt(token: Token): void {
    current = token
    clearTimeout(timer)
    const { expiresAt } = token
    if (expiresAt !== undefined && expiresAt > now()) renewAt(now() + (expiresAt - now()) * RENEW_AT)
  }

  function renewAt(at: number): void {
    clearTimeout(timer)
    if (isClosed) return
    const wait = at - now()
    const next = wait > LONGEST_TIMER_MS ? () => renewAt(at) : () => void renewNow()
    timer = setTimeout(next, Math.min(Math.max(wait, 0), LONGEST_TIMER_MS))
    timer.unref()
  }

  /** Takes another token than the current one, that somebody has written meanwhile; false when there is none. */
  async function seek(): Promise<boolean> {
    const tokens = await findTokens(environment, now())
    const next = tokens.find(({ text }) => !spent.has(text))
    if (!next || next.text === current?.text) return false
    adopt(next)
    return true
  }

  async function renewNow(): Promise<void> {
    const before = current
    if (before === undefined) return
    try {
      // Processes that share a file need only one of them to renew.
      if (await seek()) return
      const { token: text } = await renew(before.text)
      const next = readToken(text, before.file)
      if (next === undefined) throw new Error('the daemon answered with a text that is no session token')
      spent.add(before.text)
      adopt(next)
      await keep(next)
    } catch (error) {
      log(`could not renew the session: ${messageOf(error)}`)
      await planAgain(before, error)
    }
  }

  async function keep({ file, text }: Token): Promise<void> {
    if (file === undefined) return log('renewed the session')
    try {
      await writeToken(file, text)
      log(`renewed the session and wrote ${file}`)
    } catch (error) {
      log(`renewed the session, but could not write ${file}: ${messageOf(error)}; after a restart it needs a new token`)
    }
  }

  async function planAgain(before: Token, error: unknown): Promise<void> {
    const code = error instanceof WAIaaSError ? error.code : undefined
    if (code !== undefined && FINAL.includes(code)) return
    if (isTokenRefused(error) || code === 'SESSION_RENEWAL_MISMATCH') {
      spent.add(before.text)
      // The next call reads the files again.
      await seek().catch((problem: unknown) => log(`could not read the token: ${messageOf(problem)}`))
      return
    }
    const after = error instanceof WAIaaSError ? error.retryAfter : undefined
    renewAt(now() + (after === undefined ? AGAIN_MS : after * 1_000))
  }

  return {
    async start() {
      const isFound = await seek().catch((error: unknown) => log(`could not read the token: ${messageOf(error)}`))
      if (isFound === false) log((await noToken(environment)).message)
    },
    async use(call) {
      if (current === undefined || spent.has(current.text))
        await seek().catch((error) => Promise.reject(unreadable(error)))
      if (current === undefined) throw await noToken(environment)
      const { text } = current
      try {
        return await call(text)
      } catch (error) {
        if (!isTokenRefused(error)) throw error
        spent.add(text)
        if (!(await seek())) throw error
        return call(current.text)
      }
    },
    close() {
      isClosed = true
      clearTimeout(timer)
    },
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

const unreadable = (error: unknown): WAIaaSError =>
  new WAIaaSError({
    code: 'NO_TOKEN',
    status: 0,
    message: `expected a session token, found none: ${messageOf(error)}`,
    retryable: false,
    hint: 'run the MCP server as the user whose file it is, or give that user the file with chown',
  })

async function noToken({ tokenFiles }: Sources): Promise<WAIaaSError> {
  const files = tokenFiles.length === 0 ? 'WAIAAS_DATA_DIR is not set' : `looked in ${await inWords(tokenFiles)}`
  return new WAIaaSError({
    code: 'NO_TOKEN',
    status: 0,
    message: `expected a session token, found none: ${files}, and WAIAAS_SESSION_TOKEN has none`,
    retryable: false,
    hint: 'ask the operator to run "waiaas quickset"; the token is looked for again at each call',
  })
}

/** The files, each with what is wrong about the one that is there. */
async function inWords(files: readonly string[]): Promise<string> {
  const told = files.map(async (file) => {
    const text = await readIfThere(file).catch(() => undefined)
    return text === undefined ? file : `${file} (which is there, and not readable as a session token)`
  })
  return (await Promise.all(told)).join(' and ')
}

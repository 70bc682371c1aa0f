import type { Context } from 'hono'
import type { Gone } from './turns.ts'
import type { HttpEnv } from './types.ts'

/** Says that whoever asked has gone. Where no connection is known, nobody goes. */
export const goneOf =
  (c: Context<HttpEnv>): Gone =>
  (listener) => {
    const outgoing = c.env?.outgoing
    if (outgoing?.destroyed) listener()
    else outgoing?.once('close', listener)
    return () => void outgoing?.off('close', listener)
  }

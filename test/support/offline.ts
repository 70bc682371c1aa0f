import dns, { type LookupOptions } from 'node:dns'
import { syncBuiltinESMExports } from 'node:module'
import { isIP } from 'node:net'

// Test support: tests run offline, and no name but this machine's is known, at once. A resolver that nobody answers takes
// ten seconds to say so, of which public endpoints of a daemon would have many.

type Answered = (error: NodeJS.ErrnoException | null, ...found: unknown[]) => void
const { lookup } = dns

const isHere = (name: string): boolean => isIP(name) !== 0 || name === 'localhost' || name.endsWith('.localhost')

function lookupHere(name: string, options: LookupOptions | Answered, answered?: Answered): void {
  const [more, done] = typeof options === 'function' ? [{}, options] : [options, answered!]
  const unknown = { code: 'ENOTFOUND', syscall: 'getaddrinfo', hostname: name }
  if (isHere(name)) lookup(name, more, done)
  else process.nextTick(done, Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), unknown))
}

// Its form of types is for promisify, by which nobody asks.
dns.lookup = lookupHere as typeof lookup
syncBuiltinESMExports()

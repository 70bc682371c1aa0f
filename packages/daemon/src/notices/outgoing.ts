import { lookup } from 'node:dns'
import { request as plainRequest } from 'node:http'
import { request as secureRequest } from 'node:https'
import { BlockList, isIP, type LookupFunction } from 'node:net'

/** A request that this daemon may not make: its address is no public one, or says where it leads in a way that is not taken. */
export class RefusedAddress extends Error {
  override readonly name = 'RefusedAddress'
}
export type Outgoing = {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
}
/** What came back: the status, and the beginning of the body. */
export type Answered = { readonly status: number; readonly retryMs: number | undefined; readonly body: string }
/** Every address of a name, as the system resolves it. */
export type Resolve = (host: string) => Promise<readonly { address: string; family: number }[]>
export type Post = ReturnType<typeof poster>

const TIMEOUT_MS = 10_000
const MOST_ANSWER = 16_384

// What no public host has: https://www.iana.org/assignments/iana-ipv4-special-registry (as of November 2026).
const special = new BlockList()
for (const [net, prefix] of [
  ...[['0.0.0.0', 8] as const, ['10.0.0.0', 8] as const, ['100.64.0.0', 10] as const, ['127.0.0.0', 8] as const],
  ...[['169.254.0.0', 16] as const, ['172.16.0.0', 12] as const, ['192.0.0.0', 24] as const],
  ...[['192.0.2.0', 24] as const, ['192.88.99.0', 24] as const, ['192.168.0.0', 16] as const],
  ...[['198.18.0.0', 15] as const, ['198.51.100.0', 24] as const, ['203.0.113.0', 24] as const],
  ...[['224.0.0.0', 4] as const, ['240.0.0.0', 4] as const],
])
  special.addSubnet(net, prefix, 'ipv4')
// All that is global is in 2000::/3; within it these are not, or hold an address of IPv4.
const global6 = new BlockList()
global6.addSubnet('2000::', 3, 'ipv6')
const special6 = new BlockList()
for (const [net, prefix] of [
  ...[['2001::', 23] as const, ['2001:db8::', 32] as const, ['2002::', 16] as const, ['3fff::', 20] as const],
])
  special6.addSubnet(net, prefix, 'ipv6')

/** Whether anybody on the internet could have this address. */
export const isPublicAddress = (address: string): boolean => {
  const family = isIP(address)
  if (family === 4) return !special.check(address, 'ipv4')
  return family === 6 && global6.check(address, 'ipv6') && !special6.check(address, 'ipv6')
}

const resolveBySystem: Resolve = (host) =>
  new Promise((resolve, reject) => {
    lookup(host, { all: true }, (error, addresses) => (error ? reject(error) : resolve(addresses)))
  })

type Parts = { readonly allowedHosts: () => readonly string[]; readonly resolve?: Resolve }

/**
 * Sends to hosts that others have named: to public addresses alone, or to hosts that the settings allow. A name is resolved
 * once, and the connection goes to an address that was looked at. Redirects are not followed.
 */
export function poster({ allowedHosts, resolve = resolveBySystem }: Parts) {
  const isAllowed = ({ host, hostname }: Pick<URL, 'host' | 'hostname'>) =>
    allowedHosts().some((each) => each === host || each === hostname)

  function parsed(text: string): URL {
    const url = URL.parse(text)
    if (!url || !['http:', 'https:'].includes(url.protocol))
      throw new RefusedAddress('expected an http:// or https:// address')
    if (url.username !== '' || url.password !== '')
      throw new RefusedAddress('expected an address without user and password')
    if (url.protocol === 'http:' && !isAllowed(url))
      throw new RefusedAddress(`expected https://, or ${url.hostname} on webhooks.allowed_hosts`)
    return url
  }

  async function addressesOf(url: Pick<URL, 'host' | 'hostname'>) {
    const host = url.hostname.replace(/^\[|\]$/g, '')
    const family = isIP(host)
    const found = family === 0 ? await resolve(host) : [{ address: host, family }]
    if (found.length === 0) throw new RefusedAddress(`${url.hostname} has no address`)
    if (!isAllowed(url) && !found.every(({ address }) => isPublicAddress(address)))
      throw new RefusedAddress(
        `${url.hostname} is at a private address: put it on webhooks.allowed_hosts if that is meant`,
      )
    return found
  }

  return {
    /** Where a host is, for what speaks another protocol. Fails with RefusedAddress. */
    async reach(hostname: string, port: number): Promise<{ address: string; isAllowed: boolean }> {
      const place = { hostname, host: `${hostname}:${port}` }
      const [first] = await within(AbortSignal.timeout(TIMEOUT_MS), addressesOf(place))
      return { address: first!.address, isAllowed: isAllowed(place) }
    },
    /** Fails with RefusedAddress for what `send` would not send to. */
    check: async (url: string): Promise<void> => {
      await addressesOf(parsed(url))
    },
    /** Fails with RefusedAddress, or with what went wrong on the way. */
    async send({ url: text, headers, body }: Outgoing, signal: AbortSignal): Promise<Answered> {
      const url = parsed(text)
      const deadline = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)])
      const addresses = await within(deadline, addressesOf(url))
      const pinned: LookupFunction = (_host, options, done) =>
        options.all ? done(null, [...addresses]) : done(null, addresses[0]!.address, addresses[0]!.family)
      // What comes of a request is left to no signal alone: some answers end it without a word.
      return within(deadline, exchange({ url, headers, body, pinned }, deadline))
    },
  }
}

/** What is not there in time is not waited for. */
export function within<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  signal.throwIfAborted()
  const ended = Promise.withResolvers<never>()
  const end = () => ended.reject(signal.reason)
  signal.addEventListener('abort', end, { once: true })
  return Promise.race([work, ended.promise]).finally(() => signal.removeEventListener('abort', end))
}

type Exchange = { url: URL; headers: Outgoing['headers']; body: Outgoing['body']; pinned: LookupFunction }

function exchange({ url, headers, body, pinned }: Exchange, signal: AbortSignal): Promise<Answered> {
  const bytes = Buffer.from(body)
  const request = (url.protocol === 'https:' ? secureRequest : plainRequest)(url, {
    method: 'POST',
    headers: { ...headers, 'content-length': String(bytes.length) },
    lookup: pinned,
    signal,
    agent: false,
  })
  return new Promise((resolve, reject) => {
    request.on('error', reject)
    request.on('upgrade', ({ statusCode = 0 }, socket) => {
      socket.destroy()
      resolve({ status: statusCode, retryMs: undefined, body: '' })
    })
    request.on('response', (response) => {
      const pieces: Buffer[] = []
      let size = 0
      const done = () => {
        const status = response.statusCode ?? 0
        const text = Buffer.concat(pieces).subarray(0, MOST_ANSWER).toString('utf8')
        resolve({ status, retryMs: retryAfter(response.headers['retry-after']), body: text })
      }
      response.on('data', (piece: Buffer) => {
        pieces.push(piece)
        size += piece.length
        if (size < MOST_ANSWER) return
        // The rest says nothing that is wanted.
        done()
        response.destroy()
      })
      response.on('end', done)
      response.on('error', reject)
    })
    request.end(bytes)
  })
}

/** Seconds, or a date (RFC 9110, 10.2.3), as milliseconds from now. */
function retryAfter(value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  const ms = /^\d{1,9}$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - Date.now()
  return Number.isNaN(ms) ? undefined : Math.max(ms, 0)
}

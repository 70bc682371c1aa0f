import { BlockList, isIP } from 'node:net'

/** Reads trusted proxies (addresses or CIDR ranges) into a list that can be asked. */
export function proxyList(ranges: readonly string[]): BlockList {
  const list = new BlockList()
  for (const range of ranges) {
    const [address = '', prefix] = range.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    if (isIP(address) === 0) continue
    if (prefix === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(prefix), family)
  }
  return list
}

/** An IPv4 address in IPv6 clothes, as dual-stack sockets show it, undressed. */
const plain = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '')

const isTrusted = (proxies: BlockList, address: string): boolean =>
  isIP(address) !== 0 && proxies.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')

/** Whether what the other end of a socket says of its callers is believed. */
export const isTrustedProxy = (socket: string | undefined, proxies: BlockList): boolean =>
  socket !== undefined && isTrusted(proxies, plain(socket))

/** The caller's address: the socket's, or the last one in X-Forwarded-For that is not a trusted proxy, when a trusted proxy says so. */
export function peerAddress(socket: string | undefined, forwarded: string | undefined, proxies: BlockList): string {
  let peer = plain(socket ?? 'local')
  if (!forwarded || !isTrusted(proxies, peer)) return peer
  for (const hop of forwarded.split(',').reverse()) {
    const address = plain(hop.trim())
    if (isIP(address) === 0) break
    peer = address
    if (!isTrusted(proxies, address)) break
  }
  return peer
}

const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4')
LOOPBACK.addAddress('::1', 'ipv6')

/** The group of all callers of this machine. */
export const THIS_MACHINE = 'this machine'

/** What counts as one caller for limits: this machine, an IPv4 address, or the /48 network of an IPv6 address, which one may own whole. */
export function peerGroup(peer: string): string {
  const family = isIP(peer)
  if (family === 0) return peer
  if (LOOPBACK.check(peer, family === 6 ? 'ipv6' : 'ipv4')) return THIS_MACHINE
  if (family === 4) return peer
  const groups = groupsOf(peer)
  // An IPv4 address in IPv6 clothes, in whatever form: ::ffff:0:0/96.
  if (groups.slice(0, 6).join() === '0,0,0,0,0,65535') return ipv4Of(groups)
  return groups
    .slice(0, 3)
    .map((group) => group.toString(16))
    .join(':')
}

/** The eight numbers of an IPv6 address. */
function groupsOf(address: string): number[] {
  const text = address.replace(/%.*$/, '').replace(/[\d.]+\.[\d.]+$/, asGroups)
  const [head = [], tail = []] = text.split('::').map((part) => (part === '' ? [] : part.split(':')))
  const gap = Array<string>(Math.max(0, 8 - head.length - tail.length)).fill('0')
  return [...head, ...gap, ...tail].map((group) => Number.parseInt(group, 16))
}

/** `1.2.3.4` at the end of an IPv6 address, as two of its groups. */
function asGroups(ipv4: string): string {
  const [a = 0, b = 0, c = 0, d = 0] = ipv4.split('.').map(Number)
  return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`
}

const ipv4Of = (groups: readonly number[]): string => {
  const address = groups
    .slice(6)
    .flatMap((group) => [group >> 8, group & 255])
    .join('.')
  return peerGroup(address)
}

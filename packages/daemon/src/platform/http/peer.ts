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

/** What counts as one caller for limits: an IPv4 address, or the /64 network of an IPv6 address, which one host may own whole. */
export function peerGroup(peer: string): string {
  if (isIP(peer) !== 6) return peer
  const [head = '', tail] = peer.split('::')
  const groups = head === '' ? [] : head.split(':')
  const missing = tail === undefined ? 0 : 8 - groups.length - (tail === '' ? 0 : tail.split(':').length)
  return [...groups, ...Array<string>(Math.max(0, missing)).fill('0'), ...(tail ? tail.split(':') : [])]
    .slice(0, 4)
    .join(':')
}

import { expect, test } from 'vitest'
import { BUILTIN_ENDPOINTS } from './endpoints.ts'
import { NETWORKS } from './networks.ts'
import { OTHER_NETWORKS } from './other-networks.ts'

const all = Object.values(BUILTIN_ENDPOINTS).flat()

test('every network has built-in endpoints, each once and each with a note, its source and its day', () => {
  expect(Object.keys(BUILTIN_ENDPOINTS).toSorted()).toEqual(NETWORKS.map(({ id }) => id).toSorted())
  for (const { rpc } of NETWORKS) expect(rpc.length).toBeGreaterThan(0)
  expect(new Set(all.map(({ url }) => url)).size).toBe(all.length)
  for (const { url, limits, source, asOf } of all) {
    expect(URL.parse(url)?.protocol).toBe('https:')
    expect([limits, source]).not.toContain('')
    expect(new Date(asOf).toISOString().slice(0, 10)).toBe(asOf)
  }
})

test('endpoints that want a key or are gone are not built in', () => {
  const gone = ['rpc.ankr.com', 'polygon-rpc.com', 'rpc-amoy.polygon.technology', '1rpc.io', 'rpc.sepolia.org']
  const hosts = all.map(({ url }) => new URL(url).hostname)
  expect(hosts.filter((host) => gone.includes(host))).toEqual([])
})

test('networks beside the configured ones have names, chain ids and endpoints of their own', () => {
  const others = OTHER_NETWORKS.map(({ network }) => network)
  const both = [...NETWORKS, ...others]
  for (const key of ['id', 'caip2', 'setting'] as const)
    expect(new Set(both.map((network) => network[key])).size, key).toBe(both.length)
  const urls = others.flatMap(({ rpc }) => rpc)
  expect(new Set(urls).size).toBe(urls.length)
  for (const { rpc } of others) expect(new Set(rpc.map((url) => new URL(url).hostname)).size).toBeGreaterThan(1)
  for (const url of urls) expect(URL.parse(url)?.protocol).toBe('https:')
})

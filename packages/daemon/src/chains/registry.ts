import {
  addedEvmNetwork,
  Failure,
  findNetwork,
  hideCredentials,
  LOCAL_NETWORKS,
  NETWORKS,
  type Network,
  OTHER_NETWORKS,
  type OtherNetwork,
  type Settings,
  unknownNetwork,
} from '@waiaas/contract'
import { type Log, seldom } from '../platform/log.ts'
import type { Chain, Reader } from './chain.ts'
import { families } from './families.ts'
import { disagreement } from './follow.ts'
import type { EndpointStatus } from './rpc.ts'

export type ChainRegistryOptions = {
  readonly settings: () => Settings
  readonly log: Log
  /** Endpoints contradict each other about the fate of a hash. */
  readonly onDisputed?: (disputed: { network: string; hash: string }) => Promise<unknown>
  /** The tokens that an account of a network is meant to hold, by address; none unless given. */
  readonly watched?: (network: Network, account: string) => Promise<readonly string[]>
  /** By asset, what of an account is on its way, where calls are to have floors; undefined unless given. */
  readonly promised?: (network: Network, account: string) => Promise<ReadonlyMap<string, bigint> | undefined>
  /** Milliseconds of any epoch; the monotonic clock unless given. */
  readonly clock?: () => number
}
type Entry = { readonly urls: readonly string[]; readonly setup: string; readonly chain: Promise<Chain>; open?: Chain }

/** The networks that are configured, and one `Chain` for each that is used. */
export function chainRegistry({ settings, log, onDisputed, ...options }: ChainRegistryOptions) {
  const { watched = async () => [], promised = async () => undefined, clock = () => performance.now() } = options
  const entries = new Map<string, Entry>()
  let listed: { settings: Settings; networks: readonly Network[] } | undefined

  function networks(): readonly Network[] {
    const now = settings()
    if (listed?.settings !== now) listed = { settings: now, networks: networksOf(now) }
    return listed.networks
  }
  const find = (name: string): Network | undefined => findNetwork(networks(), name)

  /** The chain of a network, by id or other name. Its code is loaded at first use; new endpoints make a new one. Failure CHAIN_NOT_SUPPORTED. */
  async function get(name: string): Promise<Chain> {
    const network = find(name)
    if (!network) throw notConfigured(name, networks())
    const now = settings()
    const urls = endpointsOf(network, now)
    const setup = JSON.stringify([urls, now['rpc.allow_foreign_genesis']])
    const known = entries.get(network.id)
    if (known?.setup === setup) return known.chain
    if (known) retire(known)
    const entry: Entry = { urls, setup, chain: build(network, urls, now) }
    entries.set(network.id, entry)
    try {
      entry.open = await entry.chain
    } catch (error) {
      if (entries.get(network.id) === entry) entries.delete(network.id)
      throw error
    }
    return entry.chain
  }

  async function build(network: Network, urls: readonly string[], now: Settings): Promise<Chain> {
    // Some of it is found again at each look at the chain.
    const warn = seldom((message) => log.warn({ network: network.id }, message))
    const disputed = seldom((hash) => {
      warn(disagreement(hash))
      onDisputed?.({ network: network.id, hash }).catch((error) =>
        log.error({ err: error, network: network.id, hash }, 'that endpoints disagree is not on record'),
      )
    })
    const family = families[network.chain]
    const allowForeignGenesis = now['rpc.allow_foreign_genesis']
    if (family)
      return family.open({
        ...{ network, urls, allowForeignGenesis, clock, warn, disputed },
        watched: (account) => watched(network, account),
        promised: (account) => promised(network, account),
      })
    throw new Failure('CHAIN_NOT_SUPPORTED', `${network.id}: networks of ${network.chain} are not supported yet`)
  }

  return {
    networks,
    find,
    get,
    /** Known networks that are not configured; none where development nodes stand in for networks. */
    others: () => (settings()['rpc.allow_foreign_genesis'] ? [] : othersThan(networks())),
    /** One of these at its built-in endpoints, for a look. Whoever opens it closes it. */
    open: (network: Network): Promise<Reader> => build(network, network.rpc, settings()),
    /** Every endpoint by network, without credentials; and the networks that were used since the start. */
    status(): { networks: Record<string, EndpointStatus[]>; used: string[] } {
      const now = settings()
      const all = networks().map((network): [string, EndpointStatus[]] => [
        network.id,
        entries.get(network.id)?.open?.status() ?? endpointsOf(network, now).map(unused),
      ])
      return { networks: Object.fromEntries(all), used: [...entries.keys()] }
    },
    close(): void {
      for (const entry of entries.values()) retire(entry)
      entries.clear()
    },
  }
}

function retire({ chain, open }: Entry): void {
  if (open) {
    open.close()
    return
  }
  chain.then(
    (made) => made.close(),
    // Whoever asked for it was told; there is nothing to close.
    () => undefined,
  )
}

function othersThan(networks: readonly Network[]): readonly OtherNetwork[] {
  const known = new Set(networks.map(({ caip2 }) => caip2))
  return OTHER_NETWORKS.filter(({ network }) => !known.has(network.caip2))
}

const unused = (url: string): EndpointStatus => ({
  url: hideCredentials(url),
  status: 'available',
  failureCount: 0,
  hasServed: false,
  cooldownRemainingMs: 0,
  lastError: null,
  lastErrorAgoMs: null,
  batchMost: null,
  missingMethods: [],
  callsPerSecond: null,
})

function networksOf(settings: Settings): readonly Network[] {
  const local = LOCAL_NETWORKS.filter((network) => endpointsOf(network, settings).length > 0)
  return [...NETWORKS, ...settings['networks.evm'].map(addedEvmNetwork), ...local]
}

/**
 * Endpoints in order of preference: the network's own setting, its pool, the built-in list. Where foreign genesis blocks
 * are allowed a development node stands in for the network, and no built-in endpoint may ever take its place.
 */
function endpointsOf(network: Network, settings: Settings): string[] {
  // Networks that the operator added have neither key.
  const values: Readonly<Record<string, unknown>> = settings
  const own = values[`rpc.${network.setting}`]
  const pool = values[`rpc_pool.${network.id}`]
  const configured = [...(typeof own === 'string' && own !== '' ? [own] : []), ...(Array.isArray(pool) ? pool : [])]
  const isStandIn = configured.length > 0 && settings['rpc.allow_foreign_genesis']
  return [...new Set<string>([...configured, ...(isStandIn ? [] : network.rpc)])]
}

const notConfigured = (name: string, known: readonly Network[]): Failure =>
  new Failure('CHAIN_NOT_SUPPORTED', `no network is configured as ${unknownNetwork(known, name)}`, {
    details: { networks: known.map(({ id }) => id) },
  })

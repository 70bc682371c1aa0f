import { addedEvmNetwork, findNetwork, LOCAL_NETWORKS, NETWORKS, unknownNetwork } from './networks.ts'
import type { Settings } from './settings.ts'

/** Of each setting whose value names networks, the names. */
const NAMES: { readonly [Key in 'oracle.fixed_prices' | 'rpc.confirmations']: (value: Settings[Key]) => string[] } = {
  'oracle.fixed_prices': (prices) =>
    Object.keys(prices).map((key) => (key.startsWith('native:') ? key.slice('native:'.length) : key.split('/')[0]!)),
  'rpc.confirmations': (blocks) => Object.keys(blocks),
}

/** What is wrong with the networks that a value of a setting names, beside those that the operator adds; one text for each that is none. */
export function strangeNetworks(key: string, value: unknown, added: Settings['networks.evm']): string[] {
  const names = Object.hasOwn(NAMES, key) ? (NAMES as Record<string, (value: never) => string[]>)[key] : undefined
  const networks = [...NETWORKS, ...added.map(addedEvmNetwork), ...LOCAL_NETWORKS]
  // Whoever asks has read the value by the schema of its key.
  const named = names?.(value as never) ?? []
  return named
    .filter((name) => !findNetwork(networks, name))
    .map((name) => `${key}: no network is called ${unknownNetwork(networks, name)}`)
}

import { CHAINS, Failure, type Network, nativeAsset } from '@waiaas/contract'
import { requireAsset, requireNetwork } from './checks.ts'

/** By names that compare, each once: of two limits for the same asset it would be chance which holds. */
export function admitLimits<L>(limits: Readonly<Record<string, L>>, networks: readonly Network[]): Record<string, L> {
  const admitted = new Map<string, L>()
  for (const [key, limit] of Object.entries(limits)) {
    const name = admitKey(key, networks)
    if (admitted.has(name)) throw new Failure('ACTION_VALIDATION_FAILED', `token_limits: ${name} is there twice`)
    admitted.set(name, limit)
  }
  return Object.fromEntries(admitted)
}

/** `native` of one network is stored as its asset. */
function admitKey(key: string, networks: readonly Network[]): string {
  if (key.includes('/')) return requireAsset(networks, key)
  const [native, ...rest] = key.split(':')
  if (rest.length === 0) return key
  const place = rest.join(':')
  return CHAINS.some((chain) => chain === place) ? `${native}:${place}` : nativeAsset(requireNetwork(networks, place))
}

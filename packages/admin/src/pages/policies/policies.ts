import {
  assetUnits,
  CHAINS,
  Effects,
  findNetwork,
  isPolicyType,
  LOCAL_NETWORKS,
  NETWORKS,
  nativeAsset,
  type PolicyDraft,
  policyTypes,
  policyWords,
  summaryOf,
} from '@waiaas/contract'
import { type Answered, useRead } from '../../data/use.ts'
import { typeNames } from './type-names.ts'

export type Policy = Answered<'listPolicies'>['data'][number]
export type Wallet = Answered<'listWallets'>['items'][number]
export type Draft = PolicyDraft

const KNOWN = [...NETWORKS, ...LOCAL_NETWORKS]
/** Families and networks, for whoever types one. */
export const PLACES: readonly string[] = [...CHAINS, ...KNOWN.map(({ id }) => id)]

/** The native currency of a network, or of the networks of a wallet where they have one. */
export function nativeOf(network: string, wallet: Wallet | undefined) {
  const named = findNetwork(KNOWN, network)
  if (named) return named.native
  const own = KNOWN.filter(({ chain, environment }) => chain === wallet?.chain && environment === wallet.environment)
  const [first] = own
  return first &&
    own.every(({ native }) => native.decimals === first.native.decimals && native.symbol === first.native.symbol)
    ? first.native
    : undefined
}

/** A type by its name to people; one that this release does not know by its own. */
export const typeWords = (type: string) => (isPolicyType(type) ? typeNames[type] : { en: type, ko: type })

/** What is wrong with rules, by the path of the field, in sentences of the contract. */
export function wrongIn(type: string, rules: unknown): ReadonlyMap<string, string> {
  if (!isPolicyType(type)) return new Map()
  const parsed = policyTypes[type].rules.safeParse(rules)
  const issues = parsed.success ? [] : parsed.error.issues
  return new Map(issues.map(({ path, message }) => [path.join('.'), message]))
}

export const saidOf = (type: string, rules: unknown): readonly string[] => policyWords(type, rules)

/** Wallets that can still pay, by name. */
export function useWallets(): readonly Wallet[] {
  const { data } = useRead('listWallets', {})
  return (data?.items ?? []).filter(({ status }) => status !== 'TERMINATED')
}

const units = assetUnits(KNOWN.map((network) => ({ asset: nativeAsset(network), ...network.native })))
/** What effects do, in a sentence. */
export const summaryOfEffects = (effects: unknown): string => summaryOf(Effects.parse(effects), units)

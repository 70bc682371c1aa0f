import { assetKey, type Base, isFailure, nativeAsset, remaining, toBase, ZERO_BASE } from '@waiaas/contract'
import type { Chain } from '../../chains/chain.ts'
import type { Intent, Token } from '../../chains/intent.ts'
import { ceilingRoom, type Under } from '../../gate/service.ts'
import { patiently } from './funds.ts'
import type { Payable } from './verdict.ts'

type Place = {
  readonly chain: Chain
  readonly sender: string
  readonly under: Under
  readonly tokens: readonly Token[]
}

export const UNKNOWN: Payable = { held: null, fee: null, ceiling: null }
const SAMPLE = toBase(1n)

/** By asset, as a payment of the smallest amount to the wallet itself tells it. Asks nodes, and waits for none of them long. */
export async function payables({ tokens, ...place }: Place): Promise<(asset: string) => Payable> {
  const { chain, sender } = place
  const native = assetKey(nativeAsset(chain.network))
  const [balance, balances] = await Promise.all([
    patiently(chain.balance(sender).then((amount) => ({ amount }))),
    patiently(tokens.length === 0 ? Promise.resolve([]) : chain.tokenBalances(sender, tokens)),
  ])
  const held = balances?.filter(({ amount }) => amount > 0n) ?? []
  const samples: (readonly [string, Base, Intent])[] = [
    ...(balance === undefined
      ? []
      : [[native, balance.amount, { kind: 'transfer', to: sender, amount: SAMPLE }] as const]),
    ...held.map(({ token, amount }) => {
      return [assetKey(token.asset), amount, { kind: 'token-transfer', to: sender, token, amount: SAMPLE }] as const
    }),
  ]
  const found = await Promise.all(
    samples.map(async ([asset, amount, intent]) => {
      const told = amount > 0n ? await sampled(place, intent) : undefined
      const fee = told?.fee ?? null
      const leaves = asset === native ? remaining(amount, fee ?? ZERO_BASE) : amount
      return [asset, { held: leaves, fee, ceiling: told?.ceiling ?? null }] as const
    }),
  )
  const known = new Map<string, Payable>(found)
  // What was asked for and is not there is not held.
  const none = balances === undefined ? UNKNOWN : { ...UNKNOWN, held: ZERO_BASE }
  return (asset) => known.get(assetKey(asset)) ?? (assetKey(asset) === native ? UNKNOWN : none)
}

/** What sending that would cost; undefined where it cannot be built, or no node tells. */
async function sampled({ chain, sender, under }: Omit<Place, 'tokens'>, intent: Intent) {
  const draft = await patiently(chain.draft(sender, intent)).catch((error: unknown) => {
    if (isFailure(error)) return undefined
    throw error
  })
  if (!draft) return undefined
  const bytes = chain.bytes(sender, draft, chain.anyLifetime)
  const room = ceilingRoom({ kind: chain.signKind, bytes, address: sender }, under)
  return { fee: draft.maxFee, ceiling: room === undefined ? null : toBase(room) }
}

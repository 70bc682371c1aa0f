import type { Effect } from '@waiaas/contract'
import type { Rpc } from '../rpc.ts'
import { ofTwo } from '../two-endpoints.ts'
import { readAccounts } from './accounts.ts'
import { isMint } from './mint.ts'

type Supplies = Readonly<Record<string, bigint | null>>
/** How much there is of each token that effects let others take; null where that is not told. */
type SupplySource = (effects: readonly Effect[]) => Promise<Supplies>

// Behind the mint's authority: https://github.com/solana-program/token/blob/main/interface/src/state.rs
const SUPPLY_AT = 36

/** From two endpoints where two are configured; the lower word counts. */
export const supplySource =
  (witnesses: readonly Rpc[]): SupplySource =>
  async (effects) => {
    const assets = effects.flatMap((effect) =>
      effect.kind === 'approval' && effect.amount !== '0' ? [effect.asset] : [],
    )
    const wanted = [...new Set(assets)]
    if (wanted.length === 0) return {}
    const mints = wanted.map((asset) => asset.slice(asset.lastIndexOf(':') + 1))
    const said = await ofTwo(witnesses, (rpc) => suppliesOf(rpc, mints))
    return Object.fromEntries(wanted.map((asset, at) => [asset, lowest(said.map((word) => word[at] ?? null))]))
  }

async function suppliesOf(rpc: Rpc, mints: readonly string[]): Promise<(bigint | null)[]> {
  const accounts = await readAccounts(rpc, mints)
  return accounts.map((account) =>
    account && isMint(account) ? Buffer.from(account.data).readBigUInt64LE(SUPPLY_AT) : null,
  )
}

const lowest = (words: readonly (bigint | null)[]): bigint | null =>
  words.reduce<bigint | null>((least, word) => (word !== null && (least === null || word < least) ? word : least), null)

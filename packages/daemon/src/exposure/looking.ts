import type { Policy } from '../policies/service.ts'
import { networksOf, type WalletRow } from '../wallets/service.ts'
import { elsewhere } from './elsewhere.ts'
import { heldOn } from './holdings.ts'
import type { ExposureParts, OpenAllowance } from './types.ts'
import type { Seen } from './world.ts'

/** Asks the networks of a wallet what it has and what others may take; nothing of it is under a lock. */
export async function lookAt(parts: ExposureParts, wallet: WalletRow, policies: readonly Policy[]): Promise<Seen> {
  const { chains, database, prices } = parts
  const allowances = await parts.allowances(wallet.id)
  const { address } = wallet
  const looked = await Promise.all(
    networksOf(chains.networks(), wallet).map(async (network) => {
      const tokens = await database.read((db) => parts.tokens(db, network))
      const named = [...policies.flatMap((policy) => policy.tokens(network)), ...namedBy(allowances, network.id)]
      const on = await heldOn(chains, { network, address, tokens, named: [...new Set(named)] })
      const assets = on.assets.map(({ asset }) => asset)
      // What does not answer tells no price either.
      if (on.error !== undefined) return { on, more: [] }
      const [more] = await Promise.all([
        elsewhere(await chains.get(network.id), { network, address, on, policies, known: allowances }),
        prices.refresh(network, assets),
      ])
      return { on, more }
    }),
  )
  return { held: looked.map(({ on }) => on), allowances: [...allowances, ...looked.flatMap(({ more }) => more)] }
}

const namedBy = (allowances: readonly OpenAllowance[], network: string): string[] =>
  allowances.filter((one) => one.network === network).map(({ assetId }) => assetId.slice(assetId.lastIndexOf(':') + 1))

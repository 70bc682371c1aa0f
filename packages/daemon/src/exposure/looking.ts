import { Failure, isFailure, type Network } from '@waiaas/contract'
import { within } from '../platform/patience.ts'
import type { Policy } from '../policies/service.ts'
import { networksOf, type WalletRow } from '../wallets/service.ts'
import { elsewhere } from './elsewhere.ts'
import { type Asked, type HeldOn, heldOn, unreadOn } from './holdings.ts'
import type { ExposureParts, OpenAllowance } from './types.ts'
import type { Seen } from './world.ts'

/** Of one network, where a human waits. */
const QUICK_MS = 600
/** So long after it did not answer in time, no human waits for a network. */
const SILENT_MS = 60_000

type Held = (asked: Asked) => Promise<HeldOn>

/** Asks the networks of a wallet what it has and what others may take; nothing of it is under a lock. */
export function looking(parts: ExposureParts) {
  const { chains } = parts
  return {
    /** Waits some seconds for each network. */
    patiently: lookWith(parts, (asked) => heldOn(chains, asked)),
    /**
     * For a human who waits: a network that does not answer within a moment is unread, and so it stays, asked again beside
     * each look, until it answers or a minute is over.
     */
    quickly: lookWith(parts, quicklyHeld(parts)),
  }
}

const lookWith =
  (parts: ExposureParts, held: Held) =>
  async (wallet: WalletRow, policies: readonly Policy[]): Promise<Seen> => {
    const { chains, database, prices } = parts
    const allowances = await parts.allowances(wallet.id)
    const { address } = wallet
    const looked = await Promise.all(
      networksOf(chains.networks(), wallet).map(async (network) => {
        const tokens = await database.read((db) => parts.tokens(db, network))
        const named = [...policies.flatMap((policy) => policy.tokens(network)), ...namedBy(allowances, network.id)]
        const on = await held({ network, address, tokens, named: [...new Set(named)] })
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

const lateOn = ({ id }: Network) => new Failure('CHAIN_ERROR', `no endpoint of ${id} has answered in time`)

export function quicklyHeld({ chains, clock, log }: Pick<ExposureParts, 'chains' | 'clock' | 'log'>): Held {
  const silentUntil = new Map<string, number>()
  const asking = new Set<string>()
  const isSilent = (id: string): boolean => (silentUntil.get(id) ?? 0) > clock.now()
  const silent = (id: string): void => void silentUntil.set(id, clock.now() + SILENT_MS)

  async function ask(asked: Asked): Promise<HeldOn> {
    const { id } = asked.network
    asking.add(id)
    try {
      const on = await heldOn(chains, asked)
      if (on.error === undefined) silentUntil.delete(id)
      else silent(id)
      return on
    } finally {
      asking.delete(id)
    }
  }

  return async (asked) => {
    const { network } = asked
    const late = lateOn(network)
    const answer = isSilent(network.id) && asking.has(network.id) ? undefined : ask(asked)
    // Nobody may wait for it any more when it fails.
    answer?.catch((err: unknown) => log.error({ err, network: network.id }, 'what a wallet has could not be read'))
    if (!answer || isSilent(network.id)) return unreadOn(chains, asked, late)
    try {
      return await within(
        { firstMs: QUICK_MS, allMs: QUICK_MS },
        () => answer,
        () => late,
      )
    } catch (error) {
      if (!isFailure(error)) throw error
      silent(network.id)
      return unreadOn(chains, asked, error)
    }
  }
}

import { ZERO_USD } from '@waiaas/contract'
import type { Handle } from '../platform/db/database.ts'
import { type Policy, type Taken, type World, worstCase } from '../policies/service.ts'
import { findWallet, liveWallets, networksOf, type WalletRow } from '../wallets/service.ts'
import { unread } from './holdings.ts'
import type { ExposureParts } from './types.ts'
import { type Compared, changeText, PERIODS } from './words.ts'
import { exposedOf, givenOf, takenOf } from './world.ts'

/** Of whom a policy is. */
export type PolicyScope = {
  readonly walletId: string | null
  readonly sessionId: string | null
  readonly sessionLabel: string | null
}
type Bounds = readonly (bigint | null)[]
type Changing = {
  readonly before: readonly Policy[]
  readonly after: readonly Policy[]
  readonly taken: readonly Taken[]
}

/** A change for more wallets than that is not told: it would take too long. */
const MOST_WALLETS = 50

/** The worst case that policies leave to a wallet which has more than enough and has spent nothing: what a change of them moves. */
export function policyBounds(parts: ExposureParts) {
  async function boundsOf(
    db: Handle,
    wallet: WalletRow,
    { policies, taken }: { policies: readonly Policy[]; taken: readonly Taken[] },
  ): Promise<Bounds> {
    const world = await worldFor(parts, db, { wallet, policies })
    return PERIODS.map(({ ms }) => worstCase(world, taken, ms).usd)
  }

  /** Of one wallet under policies that are there, and under others. */
  const compared = (wallet: WalletRow, { before, after, taken }: Changing): Promise<Compared[]> =>
    parts.database.read(async (db) => {
      const who = taken.length > 0 ? taken : [ANYBODY]
      const [then, now] = [
        await boundsOf(db, wallet, { policies: before, taken: who }),
        await boundsOf(db, wallet, { policies: after, taken: who }),
      ]
      return PERIODS.map(({ each }, index) => ({ each, before: then[index]!, after: now[index]! }))
    })

  /** Of the wallets that a policy is for, all together. */
  const inForce = (of: PolicyScope): Promise<Bounds | undefined> =>
    parts.database.read(async (db) => {
      const wallets =
        of.walletId === null
          ? await liveWallets(db)
          : [await findWallet(db, of.walletId)].filter((wallet) => wallet !== undefined)
      if (wallets.length > MOST_WALLETS) return undefined
      const taken = [
        { ...ANYBODY, id: of.sessionId ?? ANYBODY.id, labels: of.sessionLabel === null ? [] : [of.sessionLabel] },
      ]
      const all: Bounds[] = []
      for (const wallet of wallets)
        all.push(await boundsOf(db, wallet, { policies: (await parts.policies(db, wallet.id)).policies, taken }))
      return PERIODS.map((_, index) =>
        all.reduce<bigint | null>((sum, bounds) => {
          const one = bounds[index]!
          return sum === null || one === null ? null : sum + one
        }, 0n),
      )
    })

  const told = (of: PolicyScope): Promise<Bounds | undefined> =>
    inForce(of).catch((err: unknown) => {
      parts.log.error({ err }, 'the worst case of a change of the policies could not be read')
      return undefined
    })

  return {
    compared,
    /** Makes a change of a policy, and says how it moves the worst case; where that cannot be read, the change is made all the same. */
    async changed<T extends object>(of: PolicyScope, change: () => Promise<T>): Promise<T & { worstCase?: string }> {
      const before = await told(of)
      const answer = await change()
      const after = before && (await told(of))
      if (!before || !after) return answer
      const text = changeText(
        PERIODS.map(({ each }, index) => ({ each, before: before[index]!, after: after[index]! })),
      )
      return { ...answer, worstCase: `${text}${whoseOf(of)}` }
    },
  }
}

/** Somebody whom only what binds everybody binds. */
const ANYBODY: Taken = takenOf({ id: '', labels: [], endsAt: null, constraints: null }, ZERO_USD)

const whoseOf = ({ walletId, sessionId, sessionLabel }: PolicyScope): string => {
  if (sessionId !== null || sessionLabel !== null) return ', for what such a session does alone'
  return walletId === null ? ', of all wallets together' : ''
}

type For = { readonly wallet: WalletRow; readonly policies: readonly Policy[] }

async function worldFor(parts: ExposureParts, db: Handle, { wallet, policies }: For): Promise<World> {
  const held = []
  for (const network of networksOf(parts.chains.networks(), wallet))
    held.push(unread(network, await parts.tokens(db, network)))
  const nothing = { final: [] }
  return {
    ...givenOf(parts, { wallet, policies, held }),
    // What cancels cost does not depend on the caps.
    places: held.map((on) => ({
      ...{ network: on.network, isOutbid: false },
      assets: on.assets.map((asset) =>
        exposedOf(on.network, asset, { spends: [], allowances: [], signer: () => null, standing: new Map() }),
      ),
    })),
    used: { wallet: { day: nothing, month: nothing }, networks: {}, sessions: {} },
    accepted: { wallet: [], networks: {}, sessions: {} },
    unknownBefore: null,
    knownSince: 0,
  }
}

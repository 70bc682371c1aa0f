import {
  type exposureOperations,
  Failure,
  type Output,
  type Parsed,
  type PolicyDraft,
  type WalletExposure,
} from '@waiaas/contract'
import type { Policy } from '../policies/service.ts'
import { openSessions } from '../sessions/service.ts'
import { walletOf } from '../transactions/service.ts'
import { liveWallets, needLiveWallet, type WalletRow } from '../wallets/service.ts'
import { policyBounds } from './bounds.ts'
import { looking } from './looking.ts'
import { moves } from './moves.ts'
import type { ExposureParts } from './types.ts'
import { approvalText, exposureView, type Shown, sumView } from './view.ts'
import { changeText } from './words.ts'
import { type Seen, type Worlds, worldOf } from './world.ts'

export { openAllowances } from './allowances.ts'
export type { Moves } from './moves.ts'

type Whose = Pick<Parsed<(typeof exposureOperations)['getWalletExposure']>, 'sessionId' | 'label'>
export type Exposure = ReturnType<typeof exposure>

/** The most that can leave of wallets when an agent, or the daemon, is taken over now. */
export function exposure(given: ExposureParts) {
  const life = { hasEnded: false }
  const parts = { ...given, log: whileIn(life, given.log) }
  const { database } = parts
  const look = looking(parts)

  const read = (
    wallet: WalletRow,
    { seen, whose, policies }: { seen: Seen; whose: Whose; policies: readonly Policy[] },
  ): Promise<Worlds> =>
    database.read(async (db) => {
      const open = await openSessions(db, wallet.id, parts.clock.now())
      const sessions = open.filter(
        ({ id, labels }) => (whose.sessionId ?? id) === id && (!whose.label || labels.includes(whose.label)),
      )
      if (whose.sessionId !== undefined && sessions.length === 0)
        throw new Failure('SESSION_NOT_FOUND', `wallet ${wallet.name} has no open session ${whose.sessionId}`)
      return worldOf(parts, db, { wallet, policies, sessions, ...seen })
    })

  const find = (id: string) =>
    database.read(async (db) => ({
      wallet: await needLiveWallet(db, id),
      policies: (await parts.policies(db, id)).policies,
    }))

  async function shown(id: string, whose: Whose, lookAt = look.patiently): Promise<Shown> {
    const { wallet, policies } = await find(id)
    const seen = await lookAt(wallet, policies)
    return { wallet, seen, worlds: await read(wallet, { seen, whose, policies }) }
  }

  async function approvalOf(transactionId: string): Promise<string | undefined> {
    try {
      const walletId = await database.read((db) => walletOf(db, transactionId))
      return walletId === undefined ? undefined : approvalText(await shown(walletId, {}, look.quickly), transactionId)
    } catch (err) {
      parts.log.error({ err, transaction: transactionId }, 'how an approval moves the worst case could not be read')
      return undefined
    }
  }

  const view = (one: Shown): WalletExposure => exposureView(one, parts.hasPassword())
  const bounds = policyBounds(parts)

  return {
    /** Failures WALLET_NOT_FOUND, WALLET_TERMINATED, SESSION_NOT_FOUND. */
    async wallet(id: string, whose: Whose): Promise<WalletExposure> {
      return view(await shown(id, whose))
    },
    /** The same under a draft, beside what is in force. Failures as of the changes themselves too. */
    async draft(
      id: string,
      whose: Whose,
      draft: PolicyDraft,
    ): Promise<Output<(typeof exposureOperations)['draftExposure']>> {
      const { wallet, policies } = await find(id)
      const drafted = await database.read((db) => parts.drafted(db, id, draft))
      const seen = await look.patiently(wallet, [...policies, ...drafted])
      const [now, then] = await Promise.all(
        [policies, drafted].map((of) => read(wallet, { seen, whose, policies: of })),
      )
      const text = changeText(await bounds.compared(wallet, { before: policies, after: drafted, taken: now!.taken }))
      return { text, current: view({ wallet, seen, worlds: now! }), draft: view({ wallet, seen, worlds: then! }) }
    },
    async all(): Promise<Output<(typeof exposureOperations)['getExposure']>> {
      const wallets = await database.read(liveWallets)
      const all = await Promise.all(wallets.map(({ id }) => shown(id, {})))
      return sumView(all, parts.hasPassword())
    },
    changed: bounds.changed,
    /** How the worst case of its wallet moves when one that waits is approved. */
    approving: moves(parts.clock, async (id) => (life.hasEnded ? undefined : approvalOf(id))),
    /** Nobody is told any more. */
    async stop(): Promise<void> {
      life.hasEnded = true
    },
  }
}

/** What nobody waits for any more ends with the daemon, and that is no fault. */
const whileIn = (life: { readonly hasEnded: boolean }, log: ExposureParts['log']): ExposureParts['log'] => ({
  error: (...told: Parameters<typeof log.error>) => life.hasEnded || log.error(...told),
})

import { AUTOSTOP_RULES, type AutostopRuleId, isFailure, type Settings } from '@waiaas/contract'
import type { Audit } from '../audit/service.ts'
import { lockAccount } from '../ledger/service.ts'
import type { By } from '../platform/caller.ts'
import type { Clock } from '../platform/clock.ts'
import type { Handle } from '../platform/db/database.ts'
import { RULES } from './rules/all.ts'
import type { Excess, Happening } from './rules/rule.ts'
import { type Counting, countingRules, RULE_IDS, rulesReader } from './settings.ts'
import { type Counts, countStore } from './store.ts'

export { autostopRules } from './operating.ts'
export type { Happening } from './rules/rule.ts'
export type Autostop = ReturnType<typeof autostop>

type Wallet = { readonly id: string; readonly account: string; readonly name: string }
/** A rule has had enough: what is left to do is to stop the wallet. */
export type Trip = Excess & {
  readonly wallet: Wallet
  readonly rule: AutostopRuleId
  readonly throwsSwitch: boolean
  /** The stop before it, so that none is made twice. */
  readonly since: number
}
/** Why a wallet is stopped by what came into a block: it did more than was judged, or nobody tells what it did. */
export type Divergence = {
  readonly walletId: string
  readonly transactionId: string
  readonly cause: 'EFFECT_DIVERGED' | 'EFFECT_UNREAD'
}

/** `at` is when what it is about was asked for, in milliseconds; now unless told. */
type Noted = { readonly happening: Happening; readonly at?: number }

/** In the job of a stop, before it; false calls it off. `isActive`: nothing else has stopped the wallet. */
type Beside = (db: Handle, isActive: boolean) => Promise<boolean>
/** Suspends a wallet, unless it is stopped already. */
type SuspendOnce = (id: string, reason: string, beside: Beside) => Promise<void>
type AutostopParts = {
  readonly clock: Clock
  readonly audit: Pick<Audit, 'record'>
  readonly settings: () => Settings
  readonly suspendOnce: SuspendOnce
  readonly throwSwitch: (by: By) => Promise<unknown>
  readonly walletName: (db: Handle, id: string) => Promise<string | undefined>
}

const DIVERGED: Readonly<Record<Divergence['cause'], string>> = {
  EFFECT_DIVERGED: 'did more on chain than what was judged',
  EFFECT_UNREAD: 'is in a block, and no node could tell what it did there; look at it on the chain',
}
const SYSTEM: By = { actor: 'system' }

/** Counts what wallets are asked for and what becomes of it, and stops those of which that is too much. */
export function autostop(parts: AutostopParts) {
  const { clock, audit } = parts
  const rulesOf = rulesReader(parts.settings)
  const countingOf = countingRules(parts.settings)

  /** The switch first: a process that dies between the two has stopped more, not less. */
  async function stop(wallet: Pick<Wallet, 'id'>, why: Told, beside: Beside): Promise<void> {
    if (why.throwsSwitch) await throwOnce(parts)
    const reason = `AutoStop (${why.rule}): ${why.reason}`
    await parts.suspendOnce(wallet.id, reason, async (db, isActive) => {
      if (!(await beside(db, isActive))) return false
      const name = (await parts.walletName(db, wallet.id)) ?? wallet.id
      await audit.record(db, {
        event: 'AUTO_STOP_TRIGGERED',
        ...SYSTEM,
        walletId: wallet.id,
        details: toldOf(why, name),
      })
      return true
    })
  }

  return {
    /**
     * In the job of a decision, or of what a chain shows. What is accepted and is too much gives a trip, and is not counted
     * and not to be stored: it would be too much again. Anything else is counted, with the trip that it leads to.
     */
    async note(db: Handle, wallet: Wallet, { happening, at = clock.now() }: Noted): Promise<Trip | undefined> {
      const rules = countingOf(wallet.id)
      if (rules.length === 0) return undefined
      // Its own lock is held.
      if (wallet.account !== wallet.id) await lockAccount(db, wallet)
      const counts = await countStore.of(db, wallet.account)
      // Of before the last stop.
      if (at < counts.since) return undefined
      const { next, excess } = counted(rules, { seen: counts.of, happening, now: clock.now() })
      const trip = excess && { ...excess, wallet, since: counts.since }
      if (trip && happening.kind === 'accepted') return trip
      if (rules.some(({ id }) => next[id] !== counts.of[id]))
        countStore.set(db, wallet.account, { ...counts, of: next })
      return trip
    },

    /** After that job. Once this has answered, nothing of the wallet is signed or sent for the first time. */
    async trip(trip: Trip): Promise<void> {
      const { wallet, since } = trip
      await stop(wallet, trip, async (db) => {
        const counts = await countStore.of(db, wallet.account)
        // Somebody else has made this stop, and perhaps the wallet goes on already.
        if (counts.since !== since) return false
        countStore.set(db, wallet.account, { since: Math.max(clock.now(), since + 1), of: afterwards(counts) })
        return true
      })
    },

    /** Called before it is booked that a transaction did more than was judged, or perhaps did; resolves when the wallet is stopped, if it is to be. */
    async diverged({ walletId, transactionId, cause }: Divergence): Promise<void> {
      const { enabled, throwsSwitch } = rulesOf(walletId).effect_diverged
      if (!enabled) return
      const why = { rule: 'effect_diverged', throwsSwitch, observed: transactionId, allowed: 0 } as const
      await stop(
        { id: walletId },
        { ...why, reason: `transaction ${transactionId} ${DIVERGED[cause]}` },
        async (_, isActive) => isActive,
      )
    },

    /** After how many milliseconds without a call a session is over; undefined: never. */
    idleMs(): number | undefined {
      const { enabled, values } = rulesOf().idle_timeout
      return enabled ? values.sec! * 1_000 : undefined
    },
  }
}

type Counted = { readonly seen: Counts['of']; readonly happening: Happening; readonly now: number }
/** What the rules keep then, and the first of which that is too much. */
function counted(rules: readonly Counting[], { seen: before, happening, now }: Counted) {
  const next: Record<string, unknown> = { ...before }
  let excess: Omit<Trip, 'wallet' | 'since'> | undefined
  for (const { id, rule, values, throwsSwitch } of rules) {
    const under = { now, values }
    const seen = rule.count(next[id], happening, under)
    next[id] = seen
    const over = seen === undefined ? undefined : rule.over(seen, under)
    if (over) excess ??= { ...over, rule: id, throwsSwitch }
  }
  return { next, excess }
}

type Told = Pick<Trip, 'rule' | 'throwsSwitch' | 'reason'> & { observed: string | number; allowed: string | number }

function afterwards({ of }: Counts): Counts['of'] {
  const kept = RULE_IDS.map((id) => [id, RULES[id]?.afterwards?.(of[id])] as const)
  return Object.fromEntries(kept.filter(([, seen]) => seen !== undefined))
}

const toldOf = ({ rule, throwsSwitch, reason, observed, allowed }: Told, name: string) => ({
  ...{ rule, reason: `${AUTOSTOP_RULES[rule].displayName}: ${reason}`, observed, allowed },
  action: throwsSwitch ? ('kill_switch' as const) : ('suspend' as const),
  resume: `${throwsSwitch ? 'waiaas kill-switch recover && ' : ''}waiaas wallet resume ${name}`,
})

/** A switch that is thrown already stays as it is. */
async function throwOnce({ throwSwitch }: AutostopParts): Promise<void> {
  try {
    await throwSwitch(SYSTEM)
  } catch (error) {
    if (!isFailure(error, 'KILL_SWITCH_ACTIVE')) throw error
  }
}

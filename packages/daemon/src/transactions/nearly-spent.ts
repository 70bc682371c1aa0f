import { firstIdAt, type WalletLimits } from '@waiaas/contract'
import type { Handle } from '../platform/db/database.ts'
import { type Loop, loop } from '../platform/jobs.ts'
import { UNKNOWN } from './deciding/payable.ts'
import { type Parts, scopeOf } from './job.ts'
import { limitWarningStore } from './rows/limit-warning-store.ts'

/** Of a limit, in percent. */
const NEAR = 80
const LOOK_MS = 60_000
/** Requests are looked back for as long as two looks take, since one may be committed after a later one. */
const BACK_MS = 2 * LOOK_MS
const MOST = 500
const DAY_MS = 86_400_000
const LENGTHS_MS = { daily_limit_usd: DAY_MS, monthly_limit_usd: 30 * DAY_MS } as const

type Window = WalletLimits['windows'][number]
type Paying = Awaited<ReturnType<typeof limitWarningStore.paying>>[number]

/**
 * Tells by CUMULATIVE_LIMIT_WARNING when most of what a limit lets out over time is used, once in that time. Looks by itself at
 * who paid lately, so that no payment waits or costs for it.
 */
export function nearlySpent(parts: Parts) {
  const { database, clock } = parts

  async function windowsOf(db: Handle, { wallet_id, session_id, network: id }: Paying): Promise<readonly Window[]> {
    const wallet = await parts.switches.wallet(db, wallet_id)
    const session = session_id === null ? undefined : await parts.switches.session(db, session_id)
    const network = parts.findNetwork(id)
    if (!wallet || !session || !network) return []
    return (await parts.judge.limits(db, { wallet, session, network, tokens: [], payable: () => UNKNOWN })).windows
  }

  async function tell(of: Paying, window: Window): Promise<void> {
    const { limit, policyId, of: whose, limitUsd, usedUsd } = window
    const percent = Math.floor((usedUsd / limitUsd) * 100)
    // Where nothing may leave nothing is used up.
    if (limitUsd === 0 || percent < NEAR) return
    // With another amount it is another limit.
    const id = [policyId, limit, limitUsd, ...scopeIdOf(whose, of)].join(' ')
    const [now, before] = [clock.now(), clock.now() - LENGTHS_MS[limit]]
    if (await database.read((db) => limitWarningStore.isToldSince(db, id, before))) return
    await database.work(scopeOf(of.wallet_id, []), async (db) => {
      if (!(await limitWarningStore.tell(db, { id, told_at: now, before }))) return
      await parts.audit.record(db, {
        ...{ event: 'CUMULATIVE_LIMIT_WARNING', actor: 'system', walletId: of.wallet_id },
        ...(whose === 'session' && of.session_id !== null && { sessionId: of.session_id }),
        details: { policy: policyId, limit, of: whose, network: of.network, limitUsd, usedUsd, percent },
      })
    })
  }

  async function look(): Promise<void> {
    const now = clock.now()
    const all = await database.read((db) => limitWarningStore.paying(db, firstIdAt(now - BACK_MS), MOST))
    for (const of of all) for (const window of await database.read((db) => windowsOf(db, of))) await tell(of, window)
    await database.work({}, (db) => limitWarningStore.forget(db, now - LENGTHS_MS.monthly_limit_usd))
  }

  let looking: Loop | undefined
  return {
    look,
    start(): void {
      let isFirst = true
      looking = loop('limits that are nearly used up', parts.log, async () => {
        // What starts has other things to do.
        if (!isFirst) await look()
        isFirst = false
        return LOOK_MS
      })
    },
    stop: async (): Promise<void> => looking?.stop(),
  }
}

const scopeIdOf = (whose: Window['of'], { wallet_id, session_id, network }: Paying): readonly string[] => {
  const scopes = { wallet: [wallet_id], network: [wallet_id, network], session: [session_id ?? ''] }
  return scopes[whose]
}

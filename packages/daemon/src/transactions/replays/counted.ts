import { add, remaining, type Usd, ZERO_USD } from '@waiaas/contract'
import { DAY_WINDOW, MONTH_WINDOW } from '../../ledger/service.ts'
import type { EvaluateInput, Policy, Windows } from '../../policies/service.ts'

/** What one request holds against the windows, and what the chain made of that. */
export type Counted = {
  readonly account: string
  readonly network: string
  readonly session: string | null
  readonly at: number
  readonly usd: Usd
  /** When it became final, or was void; null: it is still open. */
  readonly over: { readonly at: number; readonly isPaid: boolean } | null
}
type Place = Pick<Counted, 'account' | 'network' | 'session'>

const MINUTE = 60_000

/** What counts along a history that is gone through in its order, and when requests were accepted. */
export function countedAlong() {
  const scopes = new Map<string, ReturnType<typeof scope>>()
  const scopeOf = (key: string) => {
    const known = scopes.get(key) ?? scope()
    scopes.set(key, known)
    return known
  }
  const keysOf = ({ account, network, session }: Place) => ({
    all: `wallet ${account}`,
    network: `wallet ${account} ${network}`,
    session: session === null ? undefined : `session ${session}`,
  })
  return {
    add(counted: Counted): void {
      for (const key of Object.values(keysOf(counted))) if (key !== undefined) scopeOf(key).add(counted)
    },
    /** As of then, for the one that is judged, as far as these policies ask. */
    at(place: Place, now: number, policies: readonly Policy[]): Pick<EvaluateInput, 'spent' | 'requests'> {
      const keys = keysOf(place)
      const most = Math.max(0, ...policies.map(({ asks }) => asks.requests?.count ?? 0))
      const newest = (accepted: readonly number[]) => (most === 0 ? [] : accepted.slice(-most))
      const [all, network] = [scopeOf(keys.all).at(now), scopeOf(keys.network).at(now)]
      const session = keys.session === undefined ? undefined : scopeOf(keys.session).at(now)
      return {
        spent: {
          ...all.windows,
          networks: { [place.network]: network.windows },
          ...(session && { session: session.windows }),
        },
        requests: {
          all: newest(all.accepted),
          networks: { [place.network]: newest(network.accepted) },
          ...(session && { session: newest(session.accepted) }),
        },
      }
    },
  }
}

/** How many of the newest a rate can ask for. */
const MOST = 1_000_001

function scope() {
  const [day, month] = [rolling(DAY_WINDOW), rolling(MONTH_WINDOW)]
  let accepted: number[] = []
  return {
    add(counted: Counted): void {
      day.add(counted)
      month.add(counted)
      accepted.push(counted.at)
      if (accepted.length > 2 * MOST) accepted = accepted.slice(-MOST)
    },
    at(now: number): { windows: Windows; accepted: readonly number[] } {
      const window = (total: Usd) => ({ total, final: [] })
      return { windows: { day: window(day.at(now)), month: window(month.at(now)) }, accepted }
    },
  }
}

/** A rolling window that is left by whole minutes, as the ledger has it. */
function rolling(length: number) {
  const leaving = new Map<number, Usd>()
  let total = ZERO_USD
  let seen: number | undefined
  const minuteOf = (at: number) => Math.floor(at / MINUTE)
  return {
    add({ at, usd, over }: Counted): void {
      seen ??= minuteOf(at)
      // What is paid counts for one window more, and what is void until then.
      const end = over && (over.isPaid ? minuteOf(over.at) + 1 + length / MINUTE : minuteOf(over.at) + 1)
      if (usd === ZERO_USD || (end !== null && end <= seen)) return
      total = add(total, usd)
      if (end !== null) leaving.set(end, add(leaving.get(end) ?? ZERO_USD, usd))
    },
    at(now: number): Usd {
      const minute = minuteOf(now)
      for (let end = (seen ?? minute) + 1; end <= minute; end++) {
        total = remaining(total, leaving.get(end) ?? ZERO_USD)
        leaving.delete(end)
      }
      seen = Math.max(seen ?? minute, minute)
      return total
    },
  }
}

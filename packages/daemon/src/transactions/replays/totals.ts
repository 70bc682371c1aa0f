import { integerOf, toUsd, type Usd } from '@waiaas/contract'

/** How far what sessions have spent in all differs along a history that a draft makes from what is recorded. */
export function totalsAlong() {
  const sessions = new Map<string, { sure: bigint; until: { at: number; usd: bigint }[] }>()
  const of = (session: string) => {
    const found = sessions.get(session) ?? { sure: 0n, until: [] }
    sessions.set(session, found)
    return found
  }
  return {
    /** The draft lets out what was refused. */
    more(session: string | null, usd: Usd): void {
      if (session !== null) of(session).sure += integerOf(usd)
    },
    /** The draft refuses what was let out; `voidAt`: when it stopped counting by itself. */
    less(session: string | null, usd: Usd, voidAt: number | null): void {
      if (session === null) return
      if (voidAt === null) of(session).sure -= integerOf(usd)
      else of(session).until.push({ at: voidAt, usd: integerOf(usd) })
    },
    /** What it would have been at that moment, where so much is recorded. */
    at(session: string, now: number, recorded: Usd): Usd {
      const found = of(session)
      found.until = found.until.filter(({ at }) => at > now)
      const all = found.until.reduce((sum, { usd }) => sum - usd, integerOf(recorded) + found.sure)
      return toUsd(all > 0n ? all : 0n)
    },
  }
}

import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { useLogin } from '../data/login.ts'
import { useRead } from '../data/use.ts'

/** Who is there but calls nothing for this part of the idle time has the login told of it. */
const FRESH = 1 / 4
const LOOKED_AT_EACH_MS = 5_000
/** When somebody was seen last in any tab: all have one login. */
const PLACE = 'waiaas-seen'
const seenInTabs = (): number => Number(localStorage.getItem(PLACE))

/** Logs out when nobody has typed or pressed anything for the idle time; who has keeps the login by what is read anew. */
export function useIdle(logOut: () => Promise<void>): void {
  const client = useQueryClient()
  const told = useLogin()?.idleSeconds ?? 0
  const { data } = useRead('getSettings', {})
  const idleMs = Number(data?.security?.login_idle_seconds ?? told) * 1_000
  // biome-ignore lint/correctness/useExhaustiveDependencies: how it logs out stays the same
  useEffect(() => {
    // A clock that goes on while the machine sleeps.
    let read = Date.now()
    function note() {
      const seen = Date.now()
      localStorage.setItem(PLACE, String(seen))
      if (seen - read < idleMs * FRESH) return
      read = seen
      void client.invalidateQueries()
    }
    note()
    const watching = setInterval(() => {
      if (Date.now() - seenInTabs() >= idleMs) void logOut()
    }, LOOKED_AT_EACH_MS)
    for (const each of ['pointerdown', 'keydown'] as const) addEventListener(each, note)
    return () => {
      clearInterval(watching)
      for (const each of ['pointerdown', 'keydown'] as const) removeEventListener(each, note)
    }
  }, [client, idleMs])
}

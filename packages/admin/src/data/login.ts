import { useSyncExternalStore } from 'react'

/** Who is logged in, as far as the page knows: the other half is a cookie that it cannot read. */
export type Login = {
  readonly id: string
  readonly secret: string
  readonly idleSeconds: number
  /** It reads and does nothing. */
  readonly onlyLooks: boolean
}

const PLACE = 'waiaas-login'
const listeners = new Set<() => void>()
let current: Login | undefined = kept()

/** What this tab keeps: its own origin reads it, it survives a reload, and ends with the tab. */
function kept(): Login | undefined {
  const text = sessionStorage.getItem(PLACE)
  // Written below, by nobody else.
  return text === null ? undefined : (JSON.parse(text) as Login)
}

/** What tabs of the page tell each other: who is logged in, that nobody is any more, or that one has just been opened. */
type Told = Login | 'over' | 'who'
const tabs = new BroadcastChannel(PLACE)
tabs.onmessage = ({ data }: MessageEvent<Told>) => {
  if (data !== 'who') keep(data === 'over' ? undefined : data)
  else if (current) tabs.postMessage(current satisfies Told)
}
// A tab that was logged in before hears nothing new.
if (current === undefined) tabs.postMessage('who' satisfies Told)

/** The login of now, outside of components. */
export const loginNow = (): Login | undefined => current

/** Begins or, without one, ends a login in all tabs of the page: a browser has one cookie for them. */
export function keepLogin(login: Login | undefined): void {
  keep(login)
  tabs.postMessage((login ?? 'over') satisfies Told)
}

function keep(login: Login | undefined): void {
  current = login
  if (login === undefined) sessionStorage.removeItem(PLACE)
  else sessionStorage.setItem(PLACE, JSON.stringify(login))
  for (const each of listeners) each()
}

/** The login, for components. */
export const useLogin = (): Login | undefined =>
  useSyncExternalStore((listener) => {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }, loginNow)

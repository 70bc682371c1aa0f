import type { EventName } from './events.ts'

/** What events of today were called in 2.x. Lists of names take these as well. */
export const FORMER_EVENTS = {
  OWNER_REGISTERED: 'OWNER_SET',
  POLICY_VIOLATION: 'POLICY_DENIED',
  TX_APPROVAL_EXPIRED: 'TX_EXPIRED',
  TX_APPROVAL_REQUIRED: 'TX_QUEUED',
} as const satisfies Record<string, EventName>
type FormerName = keyof typeof FORMER_EVENTS
// Object.keys is typed as text; the table's own keys are exactly the names.
export const FORMER_NAMES = Object.keys(FORMER_EVENTS) as [FormerName, ...FormerName[]]

const former: Readonly<Record<string, EventName>> = FORMER_EVENTS
/** What an event is called today. */
export const calledNow = (name: string): string => former[name] ?? name

/** Under which name a list has an event; undefined where it has it under none. */
export const namedIn = (names: readonly string[], event: string): string | undefined =>
  names.includes(event) ? event : names.find((name) => calledNow(name) === event)

import { EVENTS, type EventName, events, notices } from '@waiaas/contract'
import type { Words } from './pair.ts'

/** What an event means, as channels tell it too. */
export const eventWords = (name: EventName): Words => ({ en: events[name].summary, ko: notices[name].ko })

/** The same of one by the name that a daemon gives it; the name where it is a newer one's. */
export function eventTold(name: string): Words {
  const known = EVENTS.find((each) => each === name)
  return known ? eventWords(known) : { en: name, ko: name }
}

import { answering } from './answering.ts'
import { asking } from './asking.ts'
import { type PairingDependencies, stopsOf } from './dependencies.ts'

export type Pairings = ReturnType<typeof pairings>

/**
 * Agents that ask for a session with a code, which the operator types. All of it is in the database, so that a restart or
 * another replica goes on with it.
 */
export function pairings(parts: PairingDependencies) {
  const stops = stopsOf(parts.held)
  return { ...asking(parts, stops), ...answering(parts, stops) }
}

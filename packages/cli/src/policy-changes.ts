import type { PolicySetChange, PolicySetChanged } from '@waiaas/contract'
import { printable } from './table.ts'

const SIGNS = { ADDED: '+', CHANGED: '~', REMOVED: '-' } as const
const EFFECTS = {
  same: 'lets out the same',
  tighter: 'tighter',
  looser: 'LOOSER',
  different: 'may be LOOSER',
} as const

/** A line for each policy that changes, with what it said and says, and whether more may leave. */
export function policyChangesText({ dryRun, changes, unchanged, unwritten }: PolicySetChanged): string {
  const kept = unchanged === 1 ? '1 policy stays as it is' : `${unchanged} policies stay as they are`
  return [
    ...(dryRun ? ['a dry run: nothing was changed'] : []),
    ...changes.flatMap(changeLines),
    changes.length === 0 ? `nothing to change: ${kept}` : kept,
    ...(unwritten === undefined ? [] : [unwritten]),
  ].join('\n')
}

function changeLines(change: PolicySetChange): string[] {
  const { name, wallet, network, sessionLabel, type, before, after, replacesDefault } = change
  const of = [
    ...(name === null ? [] : [`"${name}"`]),
    wallet === null ? 'of each wallet' : `of ${wallet}`,
    ...(network === null ? [] : [`on ${network}`]),
    ...(sessionLabel === null ? [] : [`for sessions with ${sessionLabel}`]),
  ].join(' ')
  const replaces = replacesDefault ? ', in place of the limit that came with the wallet' : ''
  const head = `${SIGNS[change.change]} ${type} ${of}${replaces}: ${EFFECTS[change.effect]}`
  return [
    head,
    ...(before ? differing(before, after).map((text) => `    was ${text}`) : []),
    ...(after ? differing(after, before).map((text) => `    is  ${text}`) : []),
  ].map(printable)
}

type Side = NonNullable<PolicySetChange['before']>
/** What one side says otherwise than the other one. */
function differing(one: Side, other: Side | null): string[] {
  const fields = ({ rules, priority, enabled }: Side) => Object.entries({ ...rules, priority, enabled })
  const known = new Map(
    other
      ? fields(other).map(([key, value]) => [key, JSON.stringify(value)])
      : Object.entries({ priority: '0', enabled: 'true' }),
  )
  return fields(one).flatMap(([key, value]) => {
    const text = JSON.stringify(value)
    return known.get(key) === text ? [] : [`${key}: ${text.length > 300 ? `${text.slice(0, 300)}…` : text}`]
  })
}

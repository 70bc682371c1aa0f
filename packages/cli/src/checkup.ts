import type { AllOperations, Output } from '@waiaas/contract'

type Answer<Name extends keyof AllOperations> = Output<AllOperations[Name]>

/** What the daemon says of itself, as far as it says whether one can rely on it. */
export type Facts = {
  readonly health: Pick<Answer<'getHealth'>, 'warnings' | 'passwordWithin'>
  /** Why it cannot work; undefined where it can. */
  readonly unready: string | undefined
  readonly killSwitch: string
  readonly backups: readonly { readonly created_at: string }[]
  readonly channels: Answer<'getNotificationStatus'>['channels']
  readonly wallets: readonly { readonly id: string; readonly name: string; readonly status: string }[]
  readonly policies: readonly { readonly walletId: string | null; readonly enabled: boolean }[]
  readonly rpc: Pick<Answer<'getRpcStatus'>, 'networks' | 'builtinUrls'>
  /** Unix milliseconds. */
  readonly now: number
}
/** One thing to be put right before real money, and how. */
export type Check = { readonly name: string; readonly ok: boolean; readonly says: string; readonly next?: string }

const BACKUP_DAYS = 7
const DAY_MS = 86_400_000

/** What should hold before real money moves, each with what to do where it does not. */
export const checkup = (facts: Facts): Check[] => [
  works(facts),
  stopped(facts),
  password(facts),
  backup(facts),
  channel(facts),
  limits(facts),
  endpoints(facts),
  ...(facts.health.warnings ?? []).map((text) => ({ name: 'warning', ok: false, says: text })),
]

const works = ({ unready }: Facts): Check =>
  unready === undefined
    ? { name: 'daemon', ok: true, says: 'the daemon runs and can work' }
    : { name: 'daemon', ok: false, says: unready, next: 'look at its log' }

const stopped = ({ killSwitch }: Facts): Check =>
  killSwitch === 'ACTIVE'
    ? { name: 'kill switch', ok: true, says: 'the kill switch is off' }
    : {
        name: 'kill switch',
        ok: false,
        says: `everything is stopped: ${killSwitch}`,
        next: 'waiaas kill-switch recover',
      }

function password({ health: { passwordWithin = [] } }: Facts): Check {
  const isMadeUp = passwordWithin.some((place) => place.includes('recovery.key'))
  return isMadeUp
    ? { name: 'password', ok: false, says: 'the master password is still in recovery.key', next: 'waiaas set-master' }
    : { name: 'password', ok: true, says: 'the master password is one of yours' }
}

function backup({ backups, now }: Facts): Check {
  const newest = Math.max(...backups.map(({ created_at }) => Date.parse(created_at)))
  const next = 'waiaas backup create --output <a place on another disk>'
  if (backups.length === 0) return { name: 'backup', ok: false, says: 'there is no backup', next }
  const days = Math.max(0, Math.floor((now - newest) / DAY_MS))
  const age = days === 0 ? 'of today' : `${days} day${days === 1 ? '' : 's'} old`
  const says = `the newest backup is ${age}`
  return days <= BACKUP_DAYS ? { name: 'backup', ok: true, says } : { name: 'backup', ok: false, says, next }
}

function channel({ channels }: Facts): Check {
  const on = channels.filter(({ enabled }) => enabled)
  const works = on.filter(({ failures }) => failures === 0)
  if (on.length === 0)
    return {
      name: 'channel',
      ok: false,
      says: 'nobody is told what happens',
      next: 'set up a channel: docs/notifications.md',
    }
  const names = (works.length > 0 ? works : on).map(({ name }) => name).join(', ')
  if (works.length === 0)
    return {
      name: 'channel',
      ok: false,
      says: `no channel takes what it is told: ${names}`,
      next: 'waiaas notice test',
    }
  return { name: 'channel', ok: true, says: `people are told by ${names}` }
}

function limits({ wallets, policies }: Facts): Check {
  const live = wallets.filter(({ status }) => status === 'ACTIVE' || status === 'SUSPENDED')
  const hasOne = (id: string) => policies.some(({ walletId, enabled }) => enabled && (walletId ?? id) === id)
  const without = live.filter(({ id }) => !hasOne(id)).map(({ name }) => name)
  if (live.length === 0)
    return { name: 'limits', ok: false, says: 'there is no wallet yet', next: 'waiaas wallet create --name shop' }
  if (without.length === 0) return { name: 'limits', ok: true, says: 'every wallet has policies of its own or for all' }
  const next = 'waiaas policy template list'
  return { name: 'limits', ok: false, says: `no policy holds for ${without.join(', ')}`, next }
}

function endpoints({ rpc: { networks, builtinUrls } }: Facts): Check {
  const isPublic = ([id, urls]: [string, readonly { url: string }[]]) =>
    urls.length > 0 && urls.every(({ url }) => builtinUrls[id]?.includes(url))
  const open = Object.entries(networks)
    .filter(isPublic)
    .map(([id]) => id)
  if (open.length === 0) return { name: 'endpoints', ok: true, says: 'each network has an endpoint of yours' }
  const more = open.length > 3 ? `${open.slice(0, 3).join(', ')} and ${open.length - 3} more` : open.join(', ')
  return {
    ...{ name: 'endpoints', ok: false, says: `public endpoints alone serve ${more}` },
    next: 'give each an endpoint of yours: docs/nodes.md',
  }
}

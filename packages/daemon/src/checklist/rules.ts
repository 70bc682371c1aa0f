import type { Check, noticeOperations, Output } from '@waiaas/contract'

type Channel = Output<typeof noticeOperations.getNotificationStatus>['channels'][number]
/** What the daemon knows of itself, as far as it says whether one can rely on it. */
export type Facts = {
  /** Why it cannot work; undefined where it can. */
  readonly unready: string | undefined
  readonly killSwitch: string
  /** The generated master password still lies in the data directory. */
  readonly hasRecoveryKey: boolean
  /** Unix milliseconds of the newest; undefined where there is none. */
  readonly backupAt: number | undefined
  /** The folder of the backups lies on the disk of the database. */
  readonly sharesDisk: boolean
  readonly channels: readonly Channel[]
  /** Live ones, with whether a limit holds for them. */
  readonly wallets: readonly { readonly name: string; readonly isLimited: boolean }[]
  /** Those in use, with whether an endpoint of the operator's own serves them. */
  readonly networks: readonly { readonly id: string; readonly isOwn: boolean }[]
  /** What else is wrong, a sentence each. */
  readonly warnings: readonly string[]
  /** Unix milliseconds. */
  readonly now: number
}
type Todo = {
  readonly says: string
  readonly next: string
  readonly command?: string
  readonly page?: Check['page']
}

const BACKUP_DAYS = 7
const DAY_MS = 86_400_000
const MOST_NAMES = 3

/** What should hold before real money moves, each with what to do where it does not. */
export const checksOf = (facts: Facts): Check[] => [
  works(facts),
  stopped(facts),
  password(facts),
  backup(facts),
  place(facts),
  limits(facts),
  endpoints(facts),
  channel(facts),
  ...facts.warnings.map((says) => todo(['warning', 'Warning'], { says, next: 'see to what it says' })),
]

type Named = readonly [name: Check['name'], title: string]

const done = ([name, title]: Named, says: string): Check => ({
  ...{ name, title, state: 'done', says, next: null, command: null, page: null },
})
const todo = ([name, title]: Named, { says, next, command, page }: Todo): Check => ({
  ...{ name, title, state: 'todo', says, next, command: command ?? null, page: page ?? null },
})

function works({ unready }: Facts): Check {
  const check = ['daemon', 'Daemon'] as const
  return unready === undefined
    ? done(check, 'the daemon runs and can work')
    : todo(check, { says: unready, next: 'look at its log', page: 'home' })
}

function stopped({ killSwitch }: Facts): Check {
  const check = ['kill_switch', 'Kill switch'] as const
  if (killSwitch === 'ACTIVE') return done(check, 'the kill switch is off')
  const says = `everything is stopped: the kill switch is ${killSwitch}`
  const next = 'turn it off when you know why it was thrown'
  return todo(check, { says, next, command: 'waiaas kill-switch recover', page: 'home' })
}

function password({ hasRecoveryKey }: Facts): Check {
  const check = ['password', 'Password'] as const
  if (!hasRecoveryKey) return done(check, 'the master password is one of yours')
  const says = 'the master password is still the generated one in recovery.key'
  return todo(check, { says, next: 'set one of your own', command: 'waiaas set-master', page: 'settings' })
}

function backup({ backupAt, now }: Facts): Check {
  const check = ['backup', 'Backup'] as const
  const command = 'waiaas backup create'
  if (backupAt === undefined) return todo(check, { says: 'there is no backup', next: 'make one', command })
  const days = Math.max(0, Math.floor((now - backupAt) / DAY_MS))
  const says = `the newest backup is ${days === 0 ? 'of today' : `${days} day${days === 1 ? '' : 's'} old`}`
  if (days <= BACKUP_DAYS) return done(check, says)
  return todo(check, { says, next: 'make a new one, each week at least', command })
}

function place({ sharesDisk }: Facts): Check {
  const check = ['backup_place', 'Place of the backups'] as const
  if (!sharesDisk) return done(check, 'backups lie on another disk than the database')
  const next = 'set backup.dir to a folder on another disk: docs/backup.md'
  return todo(check, { says: 'backups lie on the disk of the database, and are lost with it', next })
}

function limits({ wallets }: Facts): Check {
  const check = ['limits', 'Limits'] as const
  if (wallets.length === 0) {
    const next = { next: 'make one, with all that an agent needs', command: 'waiaas up', page: 'wallets' } as const
    return todo(check, { says: 'there is no wallet yet', ...next })
  }
  const without = wallets.filter(({ isLimited }) => !isLimited).map(({ name }) => name)
  if (without.length === 0) return done(check, 'every wallet has a spending limit')
  const says = `no spending limit is set for ${listed(without)}`
  return todo(check, { says, next: 'choose a template', command: 'waiaas policy template list', page: 'policies' })
}

function endpoints({ networks }: Facts): Check {
  const check = ['endpoints', 'Endpoints'] as const
  const next = 'give each network that you use an RPC endpoint of your own: docs/nodes.md'
  if (networks.length === 0) return todo(check, { says: 'no network was used yet', next, page: 'settings' })
  const open = networks.filter(({ isOwn }) => !isOwn).map(({ id }) => id)
  if (open.length === 0) return done(check, 'each network in use has an endpoint of yours')
  const says = `public endpoints alone serve ${listed(open)}`
  return todo(check, { says, next, command: 'waiaas rpc status', page: 'settings' })
}

/** A channel works when it took the last that it was told. */
function channel({ channels }: Facts): Check {
  const check = ['channel', 'Notices'] as const
  const people = channels.filter(({ enabled, forPeople }) => enabled && forPeople)
  if (people.length === 0) {
    const next = 'set up a channel: docs/notifications.md'
    return todo(check, { says: 'nobody is told what happens', next, page: 'notices' })
  }
  const working = people.filter(({ failures, lastToldAt }) => failures === 0 && lastToldAt !== null)
  if (working.length > 0) return done(check, `people are told by ${listed(working.map(({ name }) => name))}`)
  const names = listed(people.map(({ name }) => name))
  const isFailing = people.some(({ failures }) => failures > 0)
  const says = isFailing ? `no channel takes what it is told: ${names}` : `no channel has shown that it works: ${names}`
  return todo(check, { says, next: 'try it', command: 'waiaas notice test', page: 'notices' })
}

const listed = (names: readonly string[]): string =>
  names.length > MOST_NAMES
    ? `${names.slice(0, MOST_NAMES).join(', ')} and ${names.length - MOST_NAMES} more`
    : names.join(', ')

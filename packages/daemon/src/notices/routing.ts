import {
  Failure,
  invalidField,
  MOST_ROUTES,
  type NoticeRoute,
  type noticeRouteOperations,
  type Output,
  type Parsed,
  type Settings,
} from '@waiaas/contract'
import type { By } from '../platform/caller.ts'
import type { Database, Handle } from '../platform/db/database.ts'

type Routes = readonly NoticeRoute[]
export type RoutingParts = {
  readonly database: Database
  readonly settings: () => Settings
  readonly walletName: (db: Handle, id: string) => Promise<string | undefined>
  /** Changes the routes, with evidence. `next` may be called again. */
  readonly changeRoutes: (next: (now: Routes) => NoticeRoute[], by: By) => Promise<void>
}
type Operations = typeof noticeRouteOperations
type Shown = Output<Operations['listNoticeRoutes']>

/** What single channels are told in place of all: the setting `notifications.routes`, with wallets by their names. */
export function routing({ database, settings, walletName, changeRoutes }: RoutingParts) {
  const nameOf = (id: string) => database.read((db) => walletName(db, id))

  async function list(): Promise<Shown> {
    const shown = settings()['notifications.routes'].map(async ({ channel, wallets, events, severity }) => ({
      channel,
      wallets: wallets
        ? await Promise.all(wallets.map(async (id) => ({ id, name: (await nameOf(id)) ?? null })))
        : null,
      ...{ events: events ?? null, severity: severity ?? null },
    }))
    return { data: await Promise.all(shown) }
  }

  return {
    list,
    async add({ walletIds, ...rest }: Parsed<Operations['addNoticeRoute']>, by: By): Promise<Shown> {
      if (!walletIds && !rest.events && !rest.severity)
        throw invalidField('walletIds', 'expected wallets, events or a severity: without a route all is told')
      for (const id of walletIds ?? [])
        if ((await nameOf(id)) === undefined) throw new Failure('WALLET_NOT_FOUND', `no wallet ${id}`)
      await changeRoutes((now) => {
        if (now.length >= MOST_ROUTES) throw invalidField('channel', `expected at most ${MOST_ROUTES} routes`)
        return [...now, { ...rest, ...(walletIds && { wallets: walletIds }) }]
      }, by)
      return list()
    },
    async remove(channel: string, by: By): Promise<Shown> {
      await changeRoutes((now) => {
        const left = now.filter((route) => route.channel !== channel)
        if (left.length === now.length) throw new Failure('NOT_FOUND', `no routes of ${channel}`)
        return left
      }, by)
      return list()
    },
  }
}

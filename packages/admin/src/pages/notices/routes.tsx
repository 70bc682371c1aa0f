import { SEVERITIES } from '@waiaas/contract'
import { useState } from 'react'
import { type Answered, type Asked, useAct, useRead } from '../../data/use.ts'
import { Dialog } from '../../parts/dialog.tsx'
import { SelectField, TextField } from '../../parts/fields.tsx'
import { Empty, Loading, Panel } from '../../parts/panel.tsx'
import { Refusal } from '../../parts/refusal.tsx'
import { type Column, DataTable } from '../../parts/table.tsx'
import { useT } from '../../words/language.tsx'
import { severityWords } from '../evidence/severities.ts'
import { useChannelNames } from './channels.tsx'
import { words } from './words.ts'

type Route = Answered<'listNoticeRoutes'>['data'][number] & { readonly place: number }

/** What single channels are told in place of all. */
export function RoutePanel() {
  const t = useT()
  const routes = useRead('listNoticeRoutes', {})
  const [isAdding, setAdding] = useState(false)
  const remove = useAct('removeNoticeRoutes')
  const nameOf = useChannelNames()
  const all = t(words.walletsAll)
  const columns: readonly Column<Route>[] = [
    { key: 'channel', head: t(words.channel), cell: ({ channel }) => nameOf(channel) },
    {
      key: 'wallets',
      head: t(words.wallets),
      cell: ({ wallets }) => wallets?.map(({ id, name }) => name ?? id).join(', ') ?? all,
    },
    { key: 'events', head: t(words.event), cell: ({ events }) => events?.join(', ') ?? all },
    { key: 'severity', head: t(words.severity), cell: ({ severity }) => severity ?? all },
    {
      key: 'remove',
      head: t(words.acts),
      cell: ({ channel }) => (
        <button type="button" className="button" disabled={remove.busy} onClick={() => void remove.act({ channel })}>
          {t(words.remove)}
        </button>
      ),
    },
  ]
  return (
    <Panel
      title={t(words.routes)}
      actions={
        <button type="button" className="button" onClick={() => setAdding(true)}>
          {t(words.addRoute)}
        </button>
      }
    >
      <p className="quiet">{t(words.routesWhy)}</p>
      <Refusal error={routes.error ?? remove.error} />
      {routes.isPending && <Loading />}
      {routes.data && (
        <DataTable
          caption={t(words.routes)}
          columns={columns}
          rows={routes.data.data.map((route, place) => ({ ...route, place }))}
          idOf={({ place }) => String(place)}
          empty={<Empty>{t(words.noRoutes)}</Empty>}
        />
      )}
      {isAdding && <AddRoute close={() => setAdding(false)} />}
    </Panel>
  )
}

type Wanted = Asked<'addNoticeRoute'>

function AddRoute({ close }: { readonly close: () => void }) {
  const t = useT()
  const { act, busy, error } = useAct('addNoticeRoute')
  const channels = useRead('getNotificationStatus', {}).data?.channels ?? []
  const wallets = useRead('listWallets', {}).data?.items ?? []
  const nameOf = useChannelNames()
  const [route, setRoute] = useState({ channel: '', wallet: '', events: '', severity: '' })
  const field = (name: keyof typeof route) => ({
    value: route[name],
    change: (value: string) => setRoute({ ...route, [name]: value }),
  })
  const all = { value: '', label: t(words.all) }
  async function add() {
    const events = route.events.split(/[\s,]+/).filter((each) => each !== '')
    const wanted = {
      channel: route.channel,
      ...(route.wallet !== '' && { walletIds: [route.wallet] }),
      // What is no event the daemon refuses, and says so.
      ...(events.length > 0 && { events: events as Wanted['events'] }),
      severity: SEVERITIES.find((each) => each === route.severity),
    }
    if (await act(wanted)) close()
  }
  return (
    <Dialog title={t(words.addRoute)} close={close}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          void add()
        }}
      >
        <SelectField
          label={t(words.channel)}
          choices={channels.map(({ name }) => ({ value: name, label: nameOf(name) }))}
          {...field('channel')}
        />
        <SelectField
          label={t(words.wallets)}
          choices={[all, ...wallets.map(({ id, name }) => ({ value: id, label: name }))]}
          {...field('wallet')}
        />
        <TextField label={t(words.event)} hint={t(words.eventsHint)} {...field('events')} />
        <SelectField
          label={t(words.severity)}
          choices={[all, ...SEVERITIES.map((value) => ({ value, label: t(severityWords[value]) }))]}
          {...field('severity')}
        />
        <Refusal error={error} />
        <button type="submit" className="button primary" disabled={busy || route.channel === ''}>
          {t(words.add)}
        </button>
      </form>
    </Dialog>
  )
}

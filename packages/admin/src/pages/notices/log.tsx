import { EVENTS } from '@waiaas/contract'
import { useState } from 'react'
import { type Answered, useRead } from '../../data/use.ts'
import { secondsFrom, secondsUntil } from '../../parts/days.ts'
import { SelectField, TextField } from '../../parts/fields.tsx'
import { Empty, Loading, Panel } from '../../parts/panel.tsx'
import { Refusal } from '../../parts/refusal.tsx'
import { type Column, DataTable } from '../../parts/table.tsx'
import { Turning, usePages } from '../../parts/turning.tsx'
import { Badge, When } from '../../parts/values.tsx'
import { useT } from '../../words/language.tsx'
import { words } from './words.ts'

type Row = Answered<'listNotificationLog'>['logs'][number]
const PAGE = 25
const everything = { channel: '', status: '', event: '', since: '', until: '' }
type Filters = typeof everything

/** What was told and what could not be. */
export function LogSection() {
  const [filters, setFilters] = useState(everything)
  const pages = usePages<number>()
  const page = pages.cursor ?? 1
  const log = useRead('listNotificationLog', {
    channel: filters.channel || undefined,
    status: (['sent', 'failed'] as const).find((each) => each === filters.status),
    eventType: EVENTS.find((each) => each === filters.event),
    since: secondsFrom(filters.since),
    until: secondsUntil(filters.until),
    page,
    pageSize: PAGE,
  })
  const isNarrow = Object.values(filters).some((each) => each !== '')
  const change = (next: Filters) => {
    setFilters(next)
    pages.first()
  }
  return (
    <Panel>
      <FilterFields filters={filters} change={change} />
      <Refusal error={log.error} />
      {log.isPending && <Loading />}
      {log.data && <Rows rows={log.data.logs} isNarrow={isNarrow} />}
      {log.data && (
        <Turning pages={pages} next={page * PAGE < log.data.total ? page + 1 : null} total={log.data.total} />
      )}
    </Panel>
  )
}

type FieldsProps = { readonly filters: Filters; readonly change: (filters: Filters) => void }

function FilterFields({ filters, change }: FieldsProps) {
  const t = useT()
  const channels = useRead('getNotificationStatus', {}).data?.channels ?? []
  const all = { value: '', label: t(words.all) }
  const field = (name: keyof Filters) => ({
    value: filters[name],
    change: (value: string) => change({ ...filters, [name]: value }),
  })
  return (
    <div className="filters">
      <SelectField
        label={t(words.channel)}
        choices={[all, ...channels.map(({ name }) => ({ value: name, label: name }))]}
        {...field('channel')}
      />
      <SelectField
        label={t(words.state)}
        choices={[all, { value: 'sent', label: t(words.sent) }, { value: 'failed', label: t(words.failed) }]}
        {...field('status')}
      />
      <SelectField
        label={t(words.event)}
        choices={[all, ...EVENTS.toSorted().map((value) => ({ value, label: value }))]}
        {...field('event')}
      />
      <TextField label={t(words.since)} type="date" {...field('since')} />
      <TextField label={t(words.until)} type="date" {...field('until')} />
    </div>
  )
}

function Rows({ rows, isNarrow }: { readonly rows: readonly Row[]; readonly isNarrow: boolean }) {
  const t = useT()
  const columns: readonly Column<Row>[] = [
    { key: 'when', head: t(words.when), cell: ({ createdAt }) => <When at={createdAt} /> },
    { key: 'channel', head: t(words.channel), cell: ({ channel }) => channel },
    {
      key: 'state',
      head: t(words.state),
      cell: ({ status }) => (
        <Badge tone={status === 'sent' ? 'good' : 'bad'}>{t(status === 'sent' ? words.sent : words.failed)}</Badge>
      ),
    },
    { key: 'event', head: t(words.event), cell: ({ eventType }) => <span className="mono">{eventType}</span> },
    { key: 'message', head: t(words.message), cell: ({ message, error }) => error ?? message ?? '–' },
  ]
  return (
    <DataTable
      caption={t(words.logCaption)}
      columns={columns}
      rows={rows}
      idOf={({ id }) => id}
      empty={<Empty>{t(isNarrow ? words.emptyFiltered : words.empty)}</Empty>}
    />
  )
}

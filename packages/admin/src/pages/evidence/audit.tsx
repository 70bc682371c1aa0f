import { EVENTS, SEVERITIES } from '@waiaas/contract'
import { useState } from 'react'
import { linkTo } from '../../app/link.ts'
import { type Answered, useRead } from '../../data/use.ts'
import { Actor } from '../../parts/actor.tsx'
import { secondsFrom, secondsUntil } from '../../parts/days.ts'
import { SelectField, TextField } from '../../parts/fields.tsx'
import { Empty, Loading, Panel } from '../../parts/panel.tsx'
import { Refusal } from '../../parts/refusal.tsx'
import { useSettled } from '../../parts/settled.ts'
import { type Column, DataTable } from '../../parts/table.tsx'
import { Turning, usePages } from '../../parts/turning.tsx'
import { Badge, Name, When } from '../../parts/values.tsx'
import { eventTold } from '../../words/events.ts'
import { useT } from '../../words/language.tsx'
import { ProofPanel } from './proof.tsx'
import { severityTones, severityWords } from './severities.ts'
import { words } from './words.ts'

type Row = Answered<'listAuditLogs'>['data'][number]
const everything = { event: '', severity: '', wallet: '', actor: '', from: '', until: '' }
type Filters = typeof everything

/** The log, narrowed and page by page, and the proof that it is whole. */
export function AuditSection() {
  const t = useT()
  const [filters, setFilters] = useState(everything)
  const pages = usePages<number>()
  const settled = useSettled(filters)
  const log = useRead('listAuditLogs', {
    wallet_id: settled.wallet || undefined,
    event_type: settled.event || undefined,
    severity: SEVERITIES.find((each) => each === settled.severity),
    actor: settled.actor.trim() || undefined,
    from: secondsFrom(settled.from),
    to: secondsUntil(settled.until),
    limit: 25,
    cursor: pages.cursor,
    include_total: true,
  })
  const isNarrow = Object.values(filters).some((each) => each !== '')
  const change = (next: Filters) => {
    setFilters(next)
    pages.first()
  }
  return (
    <>
      <ProofPanel />
      <Panel
        title={t(words.filters)}
        actions={
          isNarrow && (
            <button type="button" className="button" onClick={() => change(everything)}>
              {t(words.clear)}
            </button>
          )
        }
      >
        <FilterFields filters={filters} change={change} />
      </Panel>
      <Panel>
        <Refusal error={log.error} />
        {log.isPending && <Loading />}
        {log.data && <Rows rows={log.data.data} isNarrow={isNarrow} />}
        {log.data && <Turning pages={pages} next={log.data.nextCursor} total={log.data.total} />}
      </Panel>
    </>
  )
}

type FieldsProps = { readonly filters: Filters; readonly change: (filters: Filters) => void }

function FilterFields({ filters, change }: FieldsProps) {
  const t = useT()
  const wallets = useRead('listWallets', {}).data?.items ?? []
  const all = { value: '', label: t(words.all) }
  const field = (name: keyof Filters) => ({
    value: filters[name],
    change: (value: string) => change({ ...filters, [name]: value }),
  })
  return (
    <div className="filters">
      <SelectField
        label={t(words.event)}
        choices={[all, ...EVENTS.toSorted().map((value) => ({ value, label: value }))]}
        {...field('event')}
      />
      <SelectField
        label={t(words.severity)}
        choices={[all, ...SEVERITIES.map((value) => ({ value, label: t(severityWords[value]) }))]}
        {...field('severity')}
      />
      <SelectField
        label={t(words.wallet)}
        choices={[all, ...wallets.map(({ id, name }) => ({ value: id, label: name }))]}
        {...field('wallet')}
      />
      <TextField label={t(words.actor)} placeholder={t(words.actorHint)} {...field('actor')} />
      <TextField label={t(words.from)} type="date" {...field('from')} />
      <TextField label={t(words.until)} type="date" {...field('until')} />
    </div>
  )
}

function Rows({ rows, isNarrow }: { readonly rows: readonly Row[]; readonly isNarrow: boolean }) {
  const t = useT()
  const wallets = useRead('listWallets', {}).data?.items ?? []
  const nameOf = (id: string) => wallets.find((each) => each.id === id)?.name
  const columns: readonly Column<Row>[] = [
    { key: 'when', head: t(words.when), cell: ({ timestamp }) => <When at={timestamp} /> },
    { key: 'event', head: t(words.event), cell: (row) => <What row={row} /> },
    {
      key: 'severity',
      head: t(words.severity),
      cell: ({ severity }) => <Badge tone={severityTones[severity]}>{t(severityWords[severity])}</Badge>,
    },
    { key: 'actor', head: t(words.actor), cell: ({ actor }) => <Actor actor={actor} /> },
    {
      key: 'wallet',
      head: t(words.wallet),
      cell: ({ walletId }) => (walletId ? <Name id={walletId} name={nameOf(walletId)} /> : '–'),
    },
    {
      key: 'transaction',
      head: t(words.transaction),
      cell: ({ txId }) => (txId ? <a href={linkTo('activity', txId)}>…{txId.slice(-6)}</a> : '–'),
    },
  ]
  return (
    <DataTable
      caption={t(words.auditCaption)}
      columns={columns}
      rows={rows}
      idOf={({ id, chain, seq }) => `${id} ${chain} ${seq}`}
      empty={<Empty>{t(isNarrow ? words.emptyFiltered : words.empty)}</Empty>}
    />
  )
}

/** What has happened in one sentence; the row as it is stored on demand. */
function What({ row }: { readonly row: Row }) {
  const t = useT()
  const { chain, seq, hash, details } = row
  return (
    <details>
      <summary>
        {t(eventTold(row.eventType))} <span className="mono quiet">{row.eventType}</span>
      </summary>
      <p className="small-text">
        {t(words.chain)} {chain} · {t(words.place)} {seq}
      </p>
      <p className="small-text mono">{hash}</p>
      <pre className="details-text">{JSON.stringify(details, null, 2)}</pre>
    </details>
  )
}

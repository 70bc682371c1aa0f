import { useState } from 'react'
import { linkTo } from '../../app/link.ts'
import { useRead } from '../../data/use.ts'
import { Empty, Loading, PageHead, Panel } from '../../parts/panel.tsx'
import { Refusal } from '../../parts/refusal.tsx'
import { useSettled } from '../../parts/settled.ts'
import { type Column, DataTable } from '../../parts/table.tsx'
import { Turning, usePages } from '../../parts/turning.tsx'
import { Badge, Money, Name, When } from '../../parts/values.tsx'
import { useT } from '../../words/language.tsx'
import { ExportDialog } from './export.tsx'
import { askedOf, everything, FilterFields, type Filters, isFiltered } from './filters.tsx'
import { stateOf, typeWords } from './states.ts'
import type { Row } from './types.ts'
import { words } from './words.ts'

/** All that was asked for, narrowed and page by page. */
export function List({ of }: { readonly of: Partial<Filters> }) {
  const t = useT()
  const [filters, setFilters] = useState<Filters>({ ...everything, ...of })
  const [isExporting, setExporting] = useState(false)
  const pages = usePages<string>()
  const asked = askedOf(useSettled(filters))
  const list = useRead('adminListTransactions', { ...asked, limit: 25, cursor: pages.cursor })
  const change = (next: Filters) => {
    setFilters(next)
    pages.first()
  }
  const isNarrow = isFiltered(filters)
  return (
    <>
      <PageHead
        title={t(words.title)}
        intro={t(words.intro)}
        actions={
          <button type="button" className="button" onClick={() => setExporting(true)}>
            {t(words.export)}
          </button>
        }
      />
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
        <Refusal error={list.error} />
        {list.isPending && <Loading />}
        {list.data && <Rows rows={list.data.items} isNarrow={isNarrow} />}
        {list.data && <Turning pages={pages} next={list.data.nextCursor} total={list.data.total} />}
      </Panel>
      {isExporting && <ExportDialog asked={asked} close={() => setExporting(false)} />}
    </>
  )
}

function Rows({ rows, isNarrow }: { readonly rows: readonly Row[]; readonly isNarrow: boolean }) {
  const t = useT()
  const columns: readonly Column<Row>[] = [
    {
      key: 'type',
      head: t(words.type),
      cell: (row) => <a href={linkTo('activity', row.id)}>{t(typeWords[row.type])}</a>,
    },
    { key: 'amount', head: t(words.amount), isNumber: true, cell: (row) => <Amount row={row} /> },
    { key: 'to', head: t(words.to), cell: ({ toAddress }) => (toAddress ? <Name id={toAddress} /> : '–') },
    {
      key: 'wallet',
      head: t(words.wallet),
      cell: ({ walletId, walletName }) => <Name id={walletId} name={walletName} />,
    },
    { key: 'network', head: t(words.network), cell: ({ network }) => network ?? '–' },
    { key: 'status', head: t(words.status), cell: (row) => <State row={row} /> },
    { key: 'when', head: t(words.when), cell: ({ createdAt }) => <When at={createdAt} /> },
  ]
  return (
    <DataTable
      caption={t(words.caption)}
      columns={columns}
      rows={rows}
      idOf={({ id }) => id}
      empty={<Empty>{t(isNarrow ? words.emptyFiltered : words.empty)}</Empty>}
    />
  )
}

/** In whole units and dollars, as far as the daemon knows both. */
function Amount({ row: { amountFormatted, amountSymbol, amountUsd } }: { readonly row: Row }) {
  if (amountFormatted == null) return '–'
  return (
    <Money
      amount={amountFormatted}
      {...(amountSymbol && { unit: amountSymbol })}
      usd={amountUsd == null ? null : String(amountUsd)}
    />
  )
}

/** A badge, and why it is so. */
function State({ row }: { readonly row: Row }) {
  const t = useT()
  const { words: state, tone } = stateOf(row)
  const why = row.error ?? row.waitReason
  return (
    <div className="stacked">
      <Badge tone={tone}>{t(state)}</Badge>
      {why && (
        <span className="quiet small-text one-line" title={why}>
          {why}
        </span>
      )}
    </div>
  )
}

import { EVENTS, events } from '@waiaas/contract'
import { useState } from 'react'
import { TextField } from '../../parts/fields.tsx'
import { Empty, Panel } from '../../parts/panel.tsx'
import { type Column, DataTable } from '../../parts/table.tsx'
import { Badge } from '../../parts/values.tsx'
import { eventWords } from '../../words/events.ts'
import { useT } from '../../words/language.tsx'
import { severityTones, severityWords } from '../evidence/severities.ts'
import { words as evidence } from '../evidence/words.ts'
import { words } from './words.ts'

const rows = EVENTS.map((name) => ({ name, ...events[name] })).sort((a, b) => (a.name < b.name ? -1 : 1))
type Row = (typeof rows)[number]

/** What each event means, and how bad it is at least. */
export function EventSection() {
  const t = useT()
  const [search, setSearch] = useState('')
  const columns: readonly Column<Row>[] = [
    {
      key: 'name',
      head: t(words.event),
      by: ({ name }) => name,
      cell: ({ name }) => <span className="mono">{name}</span>,
    },
    {
      key: 'means',
      head: t(words.means),
      by: ({ name }) => t(eventWords(name)),
      cell: ({ name }) => t(eventWords(name)),
    },
    {
      key: 'severity',
      head: t(evidence.severity),
      by: ({ severity }) => severity,
      cell: ({ severity }) => <Badge tone={severityTones[severity]}>{t(severityWords[severity])}</Badge>,
    },
  ]
  return (
    <Panel>
      <TextField label={t(words.search)} type="search" value={search} change={setSearch} />
      <DataTable
        caption={t(words.events)}
        columns={columns}
        rows={rows}
        idOf={({ name }) => name}
        search={search}
        empty={<Empty>{t(words.emptyFiltered)}</Empty>}
      />
    </Panel>
  )
}

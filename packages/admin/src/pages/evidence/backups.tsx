import { useState } from 'react'
import { type Answered, useAct, useRead } from '../../data/use.ts'
import { Empty, Loading, Panel } from '../../parts/panel.tsx'
import { Refusal } from '../../parts/refusal.tsx'
import { type Column, DataTable } from '../../parts/table.tsx'
import { Name, When } from '../../parts/values.tsx'
import { useT } from '../../words/language.tsx'
import { words } from './words.ts'

type Backup = Answered<'listBackups'>['backups'][number]

/** In the largest unit of which there is one. */
function sizeText(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB'] as const
  const step = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3))
  return `${(bytes / 1_000 ** step).toFixed(step === 0 ? 0 : 1)} ${units[step]}`
}

/** Backups on the machine of the daemon. */
export function BackupSection() {
  const t = useT()
  const list = useRead('listBackups', {})
  const { act, busy, error } = useAct('createBackup')
  const [made, setMade] = useState<Backup>()
  const columns: readonly Column<Backup>[] = [
    { key: 'made', head: t(words.made), cell: ({ created_at }) => <When at={Date.parse(created_at) / 1_000} /> },
    { key: 'place', head: t(words.backupPlace), cell: ({ path }) => <Name id={path} name={path} /> },
    { key: 'size', head: t(words.backupSize), isNumber: true, cell: ({ size }) => sizeText(size) },
    { key: 'version', head: t(words.backupVersion), cell: ({ daemon_version }) => daemon_version },
  ]
  return (
    <Panel
      title={t(words.backups)}
      actions={
        <button type="button" className="button primary" disabled={busy} onClick={() => void act({}).then(setMade)}>
          {t(words.backupNow)}
        </button>
      }
    >
      <p className="quiet">{t(words.backupWhy, { count: list.data?.retention_count ?? '…' })}</p>
      <Refusal error={error ?? list.error} />
      {made && <p role="status">{t(words.backupMade, { file: made.path })}</p>}
      {list.isPending && <Loading />}
      {list.data && (
        <DataTable
          caption={t(words.backups)}
          columns={columns}
          rows={list.data.backups}
          idOf={({ path }) => path}
          empty={<Empty>{t(words.noBackups)}</Empty>}
        />
      )}
    </Panel>
  )
}

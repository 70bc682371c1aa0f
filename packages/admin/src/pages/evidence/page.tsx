import '../../parts/lists.css'
import { PageHead } from '../../parts/panel.tsx'
import { Sections } from '../../parts/sections.tsx'
import { useT } from '../../words/language.tsx'
import type { PageDefinition } from '../definition.ts'
import { AuditSection } from './audit.tsx'
import { BackupSection } from './backups.tsx'
import { ReceiptSection } from './receipts.tsx'
import { StopTokenSection } from './stop-tokens.tsx'
import { words } from './words.ts'

export const page: PageDefinition = { path: 'evidence', words, order: 70, Component: Evidence }

const sections = [
  { path: '', name: words.audit, Component: AuditSection },
  { path: 'receipts', name: words.receipts, Component: ReceiptSection },
  { path: 'backups', name: words.backups, Component: BackupSection },
  { path: 'stop-tokens', name: words.stopTokens, Component: StopTokenSection },
]

function Evidence({ rest: [first = ''] }: { readonly rest: readonly string[] }) {
  const t = useT()
  const { path: current, Component } = sections.find(({ path }) => path === first) ?? sections[0]!
  return (
    <>
      <PageHead title={t(words.title)} intro={t(words.intro)} />
      <Sections
        label={t(words.title)}
        page="evidence"
        current={current}
        all={sections.map(({ path, name }) => ({ path, name: t(name) }))}
      />
      <Component />
    </>
  )
}

import { useRead } from '../../data/use.ts'
import { Empty, Loading, PageHead, Panel } from '../../parts/panel.tsx'
import { Refusal } from '../../parts/refusal.tsx'
import { useT } from '../../words/language.tsx'
import type { PageDefinition } from '../definition.ts'
import { words } from './words.ts'

export const page: PageDefinition = { path: '', words, order: 0, Component: Home }

function Home() {
  const t = useT()
  const waiting = useRead('listWaiting', {})
  return (
    <>
      <PageHead title={t(words.title)} />
      <Panel title={t(words.waits)}>
        <Refusal error={waiting.error} />
        {waiting.isPending && <Loading />}
        {waiting.data?.items.length === 0 && <Empty>{t(words.nothingWaits)}</Empty>}
      </Panel>
    </>
  )
}

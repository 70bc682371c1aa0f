import { PageHead } from '../../parts/panel.tsx'
import { useT } from '../../words/language.tsx'
import type { PageDefinition } from '../definition.ts'
import { Balances } from './balances.tsx'
import { Checklist } from './checklist.tsx'
import { Health } from './health.tsx'
import { Refused } from './refused.tsx'
import { Limits } from './spending.tsx'
import { KillSwitch } from './stop.tsx'
import { Waiting } from './waiting.tsx'
import { words } from './words.ts'
import { Worst } from './worst.tsx'

export const page: PageDefinition = { path: '', words, order: 0, Component: Home }

/** What there is, what waits, and what stops it. */
function Home() {
  const t = useT()
  return (
    <>
      <PageHead title={t(words.title)} actions={<KillSwitch />} />
      <Waiting />
      <div className="panels">
        <Balances />
        <Limits />
        <Worst />
        <Refused />
        <Health />
        <Checklist />
      </div>
    </>
  )
}

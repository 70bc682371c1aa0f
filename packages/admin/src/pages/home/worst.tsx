import { useRead } from '../../data/use.ts'
import { Loading, Panel } from '../../parts/panel.tsx'
import { Refusal } from '../../parts/refusal.tsx'
import { useT } from '../../words/language.tsx'
import { sentence } from '../../words/sentence.ts'
import { words } from './words.ts'

/** The most that could leave, as the daemon says it. */
export function Worst() {
  const t = useT()
  const exposure = useRead('getExposure', {})
  return (
    <Panel title={t(words.worstCase)}>
      <p className="quiet small-text">{t(words.worstIntro)}</p>
      <Refusal error={exposure.error} />
      {exposure.isPending && <Loading />}
      {exposure.data && <p className="figure">{sentence(exposure.data.text)}</p>}
    </Panel>
  )
}

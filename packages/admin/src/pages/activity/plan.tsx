import { linkTo } from '../../app/link.ts'
import { useRead } from '../../data/use.ts'
import { Loading, Panel } from '../../parts/panel.tsx'
import { Refusal } from '../../parts/refusal.tsx'
import { Badge } from '../../parts/values.tsx'
import { useT } from '../../words/language.tsx'
import { detailWords as words } from './detail-words.ts'
import { stateOf, typeWords } from './states.ts'

/** The steps of the plan that it is one of. */
export function PlanPanel({ id, current }: { readonly id: string; readonly current: string }) {
  const t = useT()
  const plan = useRead('getPlan', { id })
  return (
    <Panel title={t(words.backToPlan)}>
      <Refusal error={plan.error} />
      {plan.isPending && <Loading />}
      <ol className="steps">
        {plan.data?.steps.map((step) => {
          const { words: state, tone } = stateOf(step)
          return (
            <li key={step.id} aria-current={step.id === current ? 'step' : undefined}>
              <a href={linkTo('activity', step.id)}>{t(typeWords[step.type])}</a> <Badge tone={tone}>{t(state)}</Badge>
            </li>
          )
        })}
      </ol>
    </Panel>
  )
}

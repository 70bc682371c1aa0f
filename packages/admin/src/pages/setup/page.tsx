import { linkTo } from '../../app/link.ts'
import { type Answered, useRead } from '../../data/use.ts'
import { Loading, PageHead, Panel } from '../../parts/panel.tsx'
import { Refusal } from '../../parts/refusal.tsx'
import { Badge, Copy } from '../../parts/values.tsx'
import { useCheckTitle } from '../../words/checks.ts'
import { useT } from '../../words/language.tsx'
import type { PageDefinition } from '../definition.ts'
import './setup.css'
import { words } from './words.ts'

export const page: PageDefinition = { path: 'setup', words, order: 95, Component: Setup }

type Check = Answered<'getChecklist'>['checks'][number]

/** What should hold before real money moves, each with its state, why and how. */
function Setup() {
  const t = useT()
  const { data, error } = useRead('getChecklist', {})
  return (
    <>
      <PageHead title={t(words.title)} intro={t(words.intro)} />
      <Refusal error={error} />
      {!data && !error && <Loading />}
      {data && (
        <Panel>
          <Progress checks={data} />
          <ul className="checks">
            {data.checks.map((check) => (
              <li key={`${check.name} ${check.says}`}>
                <One check={check} />
              </li>
            ))}
          </ul>
        </Panel>
      )}
    </>
  )
}

function Progress({ checks: { ok, done, total } }: { readonly checks: Answered<'getChecklist'> }) {
  const t = useT()
  return (
    <>
      <p className="progress-text">{ok ? t(words.allDone) : t(words.doneOf, { done, total })}</p>
      <progress value={done} max={total} aria-label={t(words.doneOf, { done, total })} />
    </>
  )
}

function One({ check }: { readonly check: Check }) {
  const t = useT()
  const { state, says, next, command, page: place } = check
  const title = useCheckTitle()(check)
  const isDone = state === 'done'
  return (
    <div className="check">
      <div className="check-head">
        <h2>{title}</h2>
        <Badge tone={isDone ? 'good' : 'warn'}>{t(isDone ? words.done : words.todo)}</Badge>
      </div>
      <p>{sentence(says)}</p>
      {next && <p className="quiet">{sentence(next)}</p>}
      {!isDone && place && (
        <p>
          <a href={place === 'home' ? '#/' : linkTo(place)} aria-label={`${t(words.openPage)}: ${title}`}>
            {t(words.openPage)}
          </a>
        </p>
      )}
      {!isDone && command && (
        <p className="command">
          <span>{t(place ? words.orCommand : words.command)}</span> <code>{command}</code> <Copy text={command} />
        </p>
      )}
    </div>
  )
}

/** As a person writes it. */
const sentence = (text: string): string => {
  const begun = text.charAt(0).toUpperCase() + text.slice(1)
  return /[.!?]$/.test(begun) ? begun : `${begun}.`
}

import { linkTo } from '../../app/link.ts'
import { useRead } from '../../data/use.ts'
import { Panel } from '../../parts/panel.tsx'
import { useCheckTitle } from '../../words/checks.ts'
import { useT } from '../../words/language.tsx'
import { sentence } from '../../words/sentence.ts'
import { words } from './words.ts'

/** What is left to do before real money moves; nothing when all is done. */
export function Checklist() {
  const t = useT()
  const titleOf = useCheckTitle()
  const { data } = useRead('getChecklist', {})
  if (!data || data.ok) return null
  const left = data.checks.filter(({ state }) => state === 'todo')
  return (
    <Panel
      title={t(words.next)}
      actions={<span className="quiet">{t(words.done, { done: data.done, total: data.total })}</span>}
    >
      <ul className="rows">
        {left.map(({ name, title, says, next, command, page }) => (
          <li key={`${name} ${says}`} className="stacked">
            <strong>
              {page === null ? (
                titleOf({ name, title })
              ) : (
                <a href={linkTo(page === 'home' ? '' : page)}>{titleOf({ name, title })}</a>
              )}
            </strong>
            <span>{sentence(says)}</span>
            {next && <span className="quiet">{sentence(next)}</span>}
            {command && <code className="small-text">{command}</code>}
          </li>
        ))}
      </ul>
    </Panel>
  )
}

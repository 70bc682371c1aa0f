import { linkTo } from '../../app/link.ts'
import { useRead } from '../../data/use.ts'
import { Panel } from '../../parts/panel.tsx'
import { Spending } from '../../parts/spending.tsx'
import { useT } from '../../words/language.tsx'
import { words as spending } from '../../words/spending.ts'
import { words } from './words.ts'

/** So many wallets are shown, those that hold most. */
const SHOWN = 5

/** What each wallet has spent of its limits. */
export function Limits() {
  const t = useT()
  const { data } = useRead('listBalances', { limit: 100 })
  const all = data?.items.filter(({ status }) => status !== 'TERMINATED').toSorted((one, other) => other.usd - one.usd)
  if (!all || all.length === 0) return null
  return (
    <Panel
      title={t(spending.title)}
      actions={all.length > SHOWN && <a href={linkTo('wallets')}>{t(words.allWallets, { count: all.length })}</a>}
    >
      {all.slice(0, SHOWN).map(({ id, name }) => (
        <div key={id} className="limits-of">
          <a href={linkTo('wallets', id)}>{name}</a>
          <Spending id={id} />
        </div>
      ))}
    </Panel>
  )
}

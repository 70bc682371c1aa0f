import { linkTo } from '../../app/link.ts'
import { useRead } from '../../data/use.ts'
import { Empty, Loading, Panel } from '../../parts/panel.tsx'
import { Refusal } from '../../parts/refusal.tsx'
import { When } from '../../parts/values.tsx'
import { useT } from '../../words/language.tsx'
import { sentence } from '../../words/sentence.ts'
import { words } from './words.ts'

/** What the policies did not let pass, and why. */
export function Refused() {
  const t = useT()
  const refused = useRead('adminListTransactions', { only: 'refused', limit: 5 })
  return (
    <Panel title={t(words.refused)}>
      <Refusal error={refused.error} />
      {refused.isPending && <Loading />}
      {refused.data?.items.length === 0 && <Empty>{t(words.nothingRefused)}</Empty>}
      <ul className="rows">
        {refused.data?.items.map(({ id, type, walletName, amountFormatted, amountSymbol, error, createdAt }) => (
          <li key={id} className="stacked">
            <span>
              <a href={linkTo('activity', id)}>
                {walletName}: {amountFormatted ? `${amountFormatted} ${amountSymbol ?? ''}` : type}
              </a>{' '}
              <span className="quiet">
                <When at={createdAt} />
              </span>
            </span>
            {error && <span>{sentence(error)}</span>}
          </li>
        ))}
      </ul>
    </Panel>
  )
}

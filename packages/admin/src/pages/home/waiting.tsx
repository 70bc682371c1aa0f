import { type Answered, useAct, useRead } from '../../data/use.ts'
import { Empty, Loading, Panel } from '../../parts/panel.tsx'
import { Refusal } from '../../parts/refusal.tsx'
import { useT } from '../../words/language.tsx'
import { words } from './words.ts'

type Card = Answered<'listWaiting'>['items'][number]

/** How long a card whose worst case is being worked out stays as it is. */
const LATER_MS = 2_000

/** The cards of what waits for the operator, with an answer to each. */
export function Waiting() {
  const t = useT()
  const waiting = useRead('listWaiting', { limit: 20 })
  return (
    <Panel title={t(words.waits)}>
      <Refusal error={waiting.error} />
      {waiting.isPending && <Loading />}
      {waiting.data?.items.length === 0 && <Empty>{t(words.nothingWaits)}</Empty>}
      <div className="cards">
        {waiting.data?.items.map((card) => (
          <Asked key={card.id} card={card} />
        ))}
      </div>
    </Panel>
  )
}

/** One card as the daemon words it, on every channel alike. */
function Asked({ card: listed }: { readonly card: Card }) {
  const t = useT()
  const later = listed.isWorstCaseLater === true
  const whole = useRead('getCard', { id: listed.id }, { enabled: later, refetchInterval: LATER_MS })
  const card = (later && whole.data) || listed
  const approve = useAct('adminApproveTransaction')
  const reject = useAct('adminRejectTransaction')
  const { id, code, title, lines, warnings } = card
  const busy = approve.busy || reject.busy
  return (
    <article className="card">
      <h3>{title}</h3>
      <ul className="lines">
        {lines.map((line) => (
          <li key={line} className={warnings.includes(line) ? 'warning' : ''}>
            {line}
          </li>
        ))}
      </ul>
      <Refusal error={approve.error ?? reject.error} />
      <div className="answers">
        <button type="button" className="button" disabled={busy} onClick={() => void reject.act({ id, code })}>
          {t(words.reject)}
        </button>
        <button type="button" className="button primary" disabled={busy} onClick={() => void approve.act({ id, code })}>
          {t(words.approve)}
        </button>
      </div>
    </article>
  )
}

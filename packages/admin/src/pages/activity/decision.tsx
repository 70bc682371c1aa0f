import { linkTo } from '../../app/link.ts'
import { useRead } from '../../data/use.ts'
import { Panel } from '../../parts/panel.tsx'
import { type Column, DataTable } from '../../parts/table.tsx'
import { Bar, When } from '../../parts/values.tsx'
import { useT } from '../../words/language.tsx'
import { detailWords as words } from './detail-words.ts'
import type { Detailed } from './types.ts'

type Decision = NonNullable<Detailed['decision']>
type Reason = Decision['reasons'][number]

const tiers = {
  INSTANT: words.tierINSTANT,
  NOTIFY: words.tierNOTIFY,
  DELAY: words.tierDELAY,
  APPROVAL: words.tierAPPROVAL,
}

/** Which rules said what, and what they leave. */
export function DecisionPanel({ one: { decision } }: { readonly one: Detailed }) {
  const t = useT()
  if (!decision) return null
  const { outcome, tier, reasons, suggestion } = decision
  return (
    <Panel title={t(words.decided)}>
      <p>{outcome === 'DENY' ? t(words.decidedDenied) : t(words.decidedAllowed, { tier: t(tiers[tier]) })}</p>
      {suggestion && <p>{suggestion.message}</p>}
      {reasons.length === 0 ? <p className="quiet">{t(words.noReasons)}</p> : <Reasons reasons={reasons} />}
      <Room decision={decision} />
    </Panel>
  )
}

function Reasons({ reasons }: { readonly reasons: readonly Reason[] }) {
  const t = useT()
  const policies = useRead('listPolicies', { limit: 500 }).data?.data ?? []
  const typeOf = (id: string) => policies.find((each) => each.id === id)?.type ?? id
  const hasNumbers = reasons.some(({ observed, allowed }) => observed !== undefined || allowed !== undefined)
  const rows = reasons.map((reason, place) => ({ ...reason, place }))
  const columns: readonly Column<Reason & { place: number }>[] = [
    {
      key: 'rule',
      head: t(words.rule),
      cell: ({ policyId }) =>
        policyId ? (
          <a href={linkTo('policies', policyId)}>{typeOf(policyId)}</a>
        ) : (
          <span className="quiet">{t(words.ruleDaemon)}</span>
        ),
    },
    {
      key: 'says',
      head: t(words.says),
      cell: ({ message, retryAt }) => (
        <>
          {message}
          {retryAt !== undefined && (
            <span className="quiet">
              {' '}
              · {t(words.whenPasses)}: <When at={retryAt} />
            </span>
          )}
        </>
      ),
    },
    ...(hasNumbers
      ? [
          { key: 'seen', head: t(words.observed), isNumber: true, cell: ({ observed }: Reason) => observed ?? '–' },
          { key: 'allowed', head: t(words.allowed), isNumber: true, cell: ({ allowed }: Reason) => allowed ?? '–' },
        ]
      : []),
  ]
  return <DataTable caption={t(words.decided)} columns={columns} rows={rows} idOf={({ place }) => String(place)} />
}

const dollars = (usd: number): string =>
  `$${usd.toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`

const limitWords = { daily_limit_usd: words.inDay, monthly_limit_usd: words.inMonth, ...tiers }

/** How much each limit left for a request like this one. */
function Room({ decision: { headroom } }: { readonly decision: Decision }) {
  const t = useT()
  const limits = headroom.limits.flatMap(({ usd, ...rest }) => (usd === null ? [] : [{ ...rest, usd }]))
  if (limits.length === 0) return null
  return (
    <>
      <h3>{t(words.headroom)}</h3>
      {limits.map(({ limit, policyId, usd, ofUsd }) =>
        ofUsd === undefined ? (
          <p key={`${limit} ${policyId}`}>
            {t(limitWords[limit])}: {t(words.leftOnly, { usd: dollars(usd) })}
          </p>
        ) : (
          <Bar
            key={`${limit} ${policyId}`}
            label={t(limitWords[limit])}
            share={1 - usd / ofUsd}
            text={t(words.left, { usd: dollars(usd), of: dollars(ofUsd) })}
          />
        ),
      )}
    </>
  )
}

import { type Answered, useRead } from '../data/use.ts'
import { useLanguage, useT } from '../words/language.tsx'
import { words } from '../words/spending.ts'
import { Loading } from './panel.tsx'
import { Refusal } from './refusal.tsx'
import { Bar } from './values.tsx'

type Window = Answered<'getWalletSpending'>['windows'][number]

/** A bar for each limit over time of a wallet: what is spent, and when it comes back. */
export function Spending({ id }: { readonly id: string }) {
  const t = useT()
  const { data, error, isPending } = useRead('getWalletSpending', { id })
  return (
    <div className="bars">
      <Refusal error={error} />
      {isPending && <Loading />}
      {data?.windows.length === 0 && <p className="quiet small-text">{t(words.none)}</p>}
      {data?.windows.map((window) => (
        <Limit
          key={[window.policyId, window.limit, ...window.networks].join(' ')}
          window={window}
          isEverywhere={window.networks.length === data.networks.length}
        />
      ))}
    </div>
  )
}

type LimitProps = { readonly window: Window; readonly isEverywhere: boolean }

function Limit({ window, isEverywhere }: LimitProps) {
  const t = useT()
  const { language } = useLanguage()
  const { limit, limitUsd, usedUsd, networks } = window
  const dollars = new Intl.NumberFormat(language, { minimumFractionDigits: 2, maximumFractionDigits: 2 })
  const label = t(words[limit])
  return (
    <Bar
      label={isEverywhere ? label : t(words.on, { window: label, networks: networks.join(', ') })}
      // Where nothing may leave there is nothing to use up.
      share={limitUsd === 0 ? Number(usedUsd > 0) : usedUsd / limitUsd}
      text={t(words.of, { used: dollars.format(usedUsd), limit: dollars.format(limitUsd) })}
      hint={<Back window={window} />}
    />
  )
}

/** When what is spent can be spent again. */
function Back({ window: { usedUsd, moreAt, resetsAt } }: { readonly window: Window }) {
  const t = useT()
  const { language } = useLanguage()
  if (usedUsd === 0) return t(words.nothing)
  if (moreAt === null || resetsAt === null) return t(words.held)
  const [first, last] = [clockTime(moreAt, language), clockTime(resetsAt, language)]
  return first === last ? t(words.all, { at: last }) : t(words.some, { first, last })
}

/** A moment as one says it: its time, and its day where that is another one. */
function clockTime(at: number, language: string): string {
  const date = new Date(at * 1_000)
  const isToday = date.toDateString() === new Date().toDateString()
  const day = { weekday: 'short', month: 'short', day: 'numeric' } as const
  return new Intl.DateTimeFormat(language, { ...(!isToday && day), hour: '2-digit', minute: '2-digit' }).format(date)
}

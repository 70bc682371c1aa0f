import type { WorstCase } from '@waiaas/contract'
import { linkTo } from '../../app/link.ts'
import { type Answered, useRead } from '../../data/use.ts'
import { Empty, Loading, Panel } from '../../parts/panel.tsx'
import { Refusal } from '../../parts/refusal.tsx'
import { Spending } from '../../parts/spending.tsx'
import { DataTable } from '../../parts/table.tsx'
import { Badge, Money } from '../../parts/values.tsx'
import { useT } from '../../words/language.tsx'
import { sentence } from '../../words/sentence.ts'
import { words as spending } from '../../words/spending.ts'
import type { Wallet } from './holdings.ts'
import { words } from './words.ts'

/** The most that can leave a wallet when its sessions are taken over now. */
export function CanLeave({ id }: { readonly id: string }) {
  const t = useT()
  const { data, error, isPending } = useRead('getWalletExposure', { id })
  const all = data?.takenOver.find(({ taken }) => taken === 'sessions') ?? data?.takenOver[0]
  return (
    <Panel title={t(words.canLeave)}>
      <Refusal error={error} />
      {isPending && <Loading />}
      {all && (
        <dl className="numbers">
          {all.worst.map((one) => (
            <Most key={one.period} worst={one} />
          ))}
        </dl>
      )}
      {data && <p className="quiet">{sentence(data.text)}</p>}
    </Panel>
  )
}

/** What is spent of its limits over time. */
export function Spent({ id }: { readonly id: string }) {
  const t = useT()
  return (
    <Panel title={t(spending.title)}>
      <Spending id={id} />
    </Panel>
  )
}

const Most = ({ worst: { period, usd } }: { readonly worst: WorstCase }) => {
  const t = useT()
  return (
    <div>
      <dt>{t(words[period])}</dt>
      <dd className="number">{usd === null ? t(words.noBound) : <Money usd={usd.toFixed(2)} />}</dd>
    </div>
  )
}

const Says = ({ says }: Pick<Policy, 'says'>) => (
  <span>
    {says.map((one) => (
      <span key={one} className="block">
        {one}
      </span>
    ))}
  </span>
)

type Policy = Answered<'listPolicies'>['data'][number]

/** Every policy that binds a wallet, the highest priority first. */
export function Rules({ wallet: { id } }: { readonly wallet: Wallet }) {
  const t = useT()
  const { data, error, isPending } = useRead('listPolicies', { walletId: id, limit: 500 })
  const whose = ({ walletId, sessionId, sessionLabel }: Policy) => {
    if (sessionId) return t(words.ofSession)
    if (sessionLabel) return t(words.ofLabel)
    return t(walletId === null ? words.ofAll : words.ofThis)
  }
  return (
    <Panel title={t(words.rules)} actions={<a href={linkTo('policies')}>{t(words.change)}</a>}>
      <Refusal error={error} />
      {isPending ? (
        <Loading />
      ) : (
        <DataTable
          caption={t(words.rules)}
          rows={data?.data ?? []}
          idOf={(one) => one.id}
          empty={<Empty>{t(words.noRules)}</Empty>}
          columns={[
            {
              key: 'rule',
              head: t(words.rule),
              cell: ({ name, type, enabled }) => (
                <span>
                  {name ?? type} {!enabled && <Badge tone="warn">{t(words.off)}</Badge>}
                </span>
              ),
            },
            { key: 'says', head: t(words.says), cell: Says },
            { key: 'of', head: t(words.appliesTo), cell: whose },
            { key: 'network', head: t(words.network), cell: ({ network }) => network ?? '–' },
          ]}
        />
      )}
    </Panel>
  )
}

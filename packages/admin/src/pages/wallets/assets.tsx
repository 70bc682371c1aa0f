import { Empty, Loading, Panel } from '../../parts/panel.tsx'
import { Refusal } from '../../parts/refusal.tsx'
import { DataTable } from '../../parts/table.tsx'
import { Badge, Money } from '../../parts/values.tsx'
import { useT } from '../../words/language.tsx'
import { assetsOf, useHoldings, type Wallet } from './holdings.ts'
import { words } from './words.ts'

/** What a wallet holds on each of its networks. */
export function Assets({ wallet: { id } }: { readonly wallet: Wallet }) {
  const t = useT()
  const { held, error, isPending } = useHoldings(id)
  const unread = held?.networks.filter((one) => one.error !== null) ?? []
  return (
    <Panel title={t(words.assets)} actions={held && <Money usd={held.usd.toFixed(2)} />}>
      <Refusal error={error} />
      {isPending && <Loading />}
      {held && (
        <DataTable
          caption={t(words.assets)}
          rows={assetsOf(held)}
          idOf={({ network, assetId }) => `${network} ${assetId}`}
          empty={<Empty>{t(words.noAssets)}</Empty>}
          columns={[
            {
              key: 'asset',
              head: t(words.asset),
              cell: ({ symbol, listed }) => (
                <span>
                  {symbol} {!listed && <Badge tone="warn">{t(words.notListed)}</Badge>}
                </span>
              ),
            },
            { key: 'network', head: t(words.network), cell: ({ network }) => network },
            { key: 'amount', head: t(words.amount), isNumber: true, cell: ({ balanceFormatted }) => balanceFormatted },
            {
              key: 'worth',
              head: t(words.worth),
              isNumber: true,
              cell: ({ usdValue }) => (usdValue === null ? '–' : <Money usd={usdValue.toFixed(2)} />),
            },
          ]}
        />
      )}
      {unread.length > 0 && (
        <p className="quiet small-text">
          {t(words.notRead, { names: unread.map(({ network }) => network).join(', '), why: unread[0]?.error ?? '' })}
        </p>
      )}
    </Panel>
  )
}

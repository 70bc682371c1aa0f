import { linkTo } from '../../app/link.ts'
import { type Answered, useRead } from '../../data/use.ts'
import { Empty, Loading, Panel } from '../../parts/panel.tsx'
import { Refusal } from '../../parts/refusal.tsx'
import { Badge, Money } from '../../parts/values.tsx'
import { useT } from '../../words/language.tsx'
import { words } from './words.ts'

type Held = Answered<'listBalances'>['items'][number]

/** Dollars are shown to the cent. */
const cents = (usd: number): string => usd.toFixed(2)

/** What each wallet holds, and all of them together. */
export function Balances() {
  const t = useT()
  const { data, error, isPending } = useRead('listBalances', { limit: 100 })
  const total = data?.items.reduce((sum, { usd }) => sum + usd, 0) ?? 0
  return (
    <Panel title={t(words.balances)} actions={data && <strong>{<Money usd={cents(total)} />}</strong>}>
      <Refusal error={error} />
      {isPending && <Loading />}
      {data?.items.length === 0 && <Empty>{t(words.noWallets)}</Empty>}
      <ul className="rows">
        {data?.items.map((held) => (
          <Wallet key={held.id} held={held} />
        ))}
      </ul>
    </Panel>
  )
}

function Wallet({ held: { id, name, status, usd, networks } }: { readonly held: Held }) {
  const t = useT()
  // A network that has never said anything is one that nobody has used yet, unless there is no other.
  const used = networks.some(({ asOf }) => asOf !== null) ? networks.filter(({ asOf }) => asOf !== null) : networks
  const unread = used.filter(({ error }) => error !== null).map(({ network }) => network)
  return (
    <li>
      <span>
        <a href={linkTo('wallets', id)}>{name}</a> {status !== 'ACTIVE' && <Badge tone="warn">{status}</Badge>}
      </span>
      <span className="amounts">
        <Money usd={cents(usd)} />
        {networks.flatMap(({ network, holdings }) =>
          holdings.map(({ assetId, balanceFormatted, symbol }) => (
            <span key={assetId} className="quiet">
              {t(words.heldOn, { amount: `${balanceFormatted} ${symbol}`, network })}
            </span>
          )),
        )}
        {unread.length > 0 && (
          <span className="wrong small-text" title={unread.join(', ')}>
            {t(words.unread, { count: unread.length })}
          </span>
        )}
      </span>
    </li>
  )
}

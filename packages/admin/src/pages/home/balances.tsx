import { linkTo } from '../../app/link.ts'
import { type Answered, useRead } from '../../data/use.ts'
import { Empty, Loading, Panel } from '../../parts/panel.tsx'
import { Refusal } from '../../parts/refusal.tsx'
import { Badge, Money } from '../../parts/values.tsx'
import { useT } from '../../words/language.tsx'
import { words } from './words.ts'

type Wallet = Answered<'listWallets'>['items'][number]

/** What each wallet holds, on each of its networks. */
export function Balances() {
  const t = useT()
  const wallets = useRead('listWallets', {})
  return (
    <Panel title={t(words.balances)}>
      <Refusal error={wallets.error} />
      {wallets.isPending && <Loading />}
      {wallets.data?.items.length === 0 && <Empty>{t(words.noWallets)}</Empty>}
      <ul className="rows">
        {wallets.data?.items.map((wallet) => (
          <Holdings key={wallet.id} wallet={wallet} />
        ))}
      </ul>
    </Panel>
  )
}

function Holdings({ wallet }: { readonly wallet: Wallet }) {
  const t = useT()
  const { data, isPending } = useRead('adminGetWalletBalance', { id: wallet.id })
  return (
    <li>
      <a href={linkTo('wallets', wallet.id)}>{wallet.name}</a>
      {wallet.status !== 'ACTIVE' && <Badge tone="warn">{wallet.status}</Badge>}
      <span className="amounts">
        {isPending && <Loading />}
        {data?.balances.map(({ network, native, tokens, error }) => (
          <span key={network}>
            {error !== undefined && <span className="wrong">{t(words.unread)}</span>}
            {native && (
              <Money
                amount={native.balance}
                unit={native.symbol}
                usd={native.usd === null ? null : String(native.usd)}
              />
            )}
            {tokens.map(({ address, balance, symbol }) => (
              <Money key={address} amount={balance} unit={symbol} />
            ))}
          </span>
        ))}
      </span>
    </li>
  )
}

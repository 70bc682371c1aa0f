import type { Balances, Wallet } from '@waiaas/contract'
import { linkTo } from '../../app/link.ts'
import { useRead } from '../../data/use.ts'
import { Empty, Loading, PageHead, Panel } from '../../parts/panel.tsx'
import { Refusal } from '../../parts/refusal.tsx'
import { type Column, DataTable } from '../../parts/table.tsx'
import { Badge, Money, type Tone, When } from '../../parts/values.tsx'
import { useT } from '../../words/language.tsx'
import { words } from './words.ts'

export const STATE_TONES: Readonly<Record<Wallet['status'], Tone>> = {
  ACTIVE: 'good',
  SUSPENDED: 'warn',
  CREATING: 'plain',
  TERMINATING: 'plain',
  TERMINATED: 'plain',
}

/** Every wallet, those that sign first. */
export function WalletList() {
  const t = useT()
  const { data, error, isPending } = useRead('listWallets', {})
  const wallets = [...(data?.items ?? [])].sort((one, other) => rankOf(one) - rankOf(other))
  return (
    <>
      <PageHead
        title={t(words.title)}
        intro={t(words.intro)}
        actions={
          <>
            <a className="button" href={linkTo('wallets', 'contacts')}>
              {t(words.contacts)}
            </a>
            <a className="button" href={linkTo('wallets', 'import')}>
              {t(words.importKey)}
            </a>
            <a className="button primary" href={linkTo('wallets', 'new')}>
              {t(words.create)}
            </a>
          </>
        }
      />
      <Refusal error={error} />
      <Panel>{isPending ? <Loading /> : <WalletTable wallets={wallets} />}</Panel>
    </>
  )
}

const rankOf = ({ status }: Wallet): number => (status === 'TERMINATED' ? 2 : status === 'ACTIVE' ? 0 : 1)

function WalletTable({ wallets }: { readonly wallets: readonly Wallet[] }) {
  const t = useT()
  const balances = useRead('listBalances', { limit: 100 })
  const held = new Map(balances.data?.items.map((one) => [one.id, one]))
  const columns: readonly Column<Wallet>[] = [
    {
      key: 'name',
      head: t(words.name),
      by: ({ name }) => name,
      cell: ({ id, name }) => <a href={linkTo('wallets', id)}>{name}</a>,
    },
    {
      key: 'state',
      head: t(words.state),
      by: ({ status }) => status,
      cell: ({ status }) => <Badge tone={STATE_TONES[status]}>{t(words[status])}</Badge>,
    },
    { key: 'chain', head: t(words.chain), by: ({ chain }) => chain, cell: ({ chain }) => chain },
    {
      key: 'environment',
      head: t(words.environment),
      by: ({ environment }) => environment,
      cell: ({ environment }) => t(environment === 'mainnet' ? words.main : words.test),
    },
    {
      key: 'holds',
      head: t(words.holds),
      isNumber: true,
      by: ({ id }) => held.get(id)?.usd ?? -1,
      cell: ({ id }) => <Holds held={held.get(id)} />,
    },
    {
      key: 'owner',
      head: t(words.owner),
      by: ({ ownerState }) => ownerState,
      cell: ({ ownerState }) => t(words[`owner${ownerState}`]),
    },
    {
      key: 'made',
      head: t(words.made),
      by: ({ createdAt }) => createdAt,
      cell: ({ createdAt }) => <When at={createdAt} />,
    },
  ]
  const empty = <Empty>{t(words.noWallets)}</Empty>
  return <DataTable caption={t(words.title)} columns={columns} rows={wallets} idOf={({ id }) => id} empty={empty} />
}

/** What a wallet holds in dollars, and whether something of it has no price or was not read. */
function Holds({ held }: { readonly held: Balances | undefined }) {
  const t = useT()
  if (!held) return '–'
  const isUnread = held.networks.some(({ error }) => error !== null)
  return (
    <span>
      <Money usd={held.usd.toFixed(2)} />
      {held.unpriced > 0 && (
        <span className="quiet small-text block">{t(words.unpriced, { count: held.unpriced })}</span>
      )}
      {isUnread && <span className="quiet small-text block">{t(words.partly)}</span>}
    </span>
  )
}

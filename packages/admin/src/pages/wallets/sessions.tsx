import { linkTo } from '../../app/link.ts'
import { useRead } from '../../data/use.ts'
import { Empty, Loading, Panel } from '../../parts/panel.tsx'
import { Refusal } from '../../parts/refusal.tsx'
import { DataTable } from '../../parts/table.tsx'
import { Money, Name, When } from '../../parts/values.tsx'
import { useT } from '../../words/language.tsx'
import { words } from './words.ts'

/** The sessions that can use a wallet, with what each has spent. */
export function WalletSessions({ id }: { readonly id: string }) {
  const t = useT()
  const { data, error, isPending } = useRead('listSessions', { walletId: id, limit: 200 })
  const live = data?.data.filter(({ status }) => status === 'ACTIVE') ?? []
  return (
    <Panel title={t(words.sessions)} actions={<a href={linkTo('agents')}>{t(words.change)}</a>}>
      <Refusal error={error} />
      {isPending ? (
        <Loading />
      ) : (
        <DataTable
          caption={t(words.sessions)}
          rows={live}
          idOf={(one) => one.id}
          empty={<Empty>{t(words.noSessions)}</Empty>}
          columns={[
            {
              key: 'session',
              head: t(words.session),
              cell: (one) => <Name id={one.id} name={Object.values(one.labels ?? {}).join(', ')} />,
            },
            {
              key: 'spent',
              head: t(words.spent),
              isNumber: true,
              cell: ({ spentUsd }) => (spentUsd === null ? t(words.noBound) : <Money usd={spentUsd.toFixed(2)} />),
            },
            {
              key: 'ends',
              head: t(words.ends),
              cell: ({ expiresAt }) => (expiresAt === 0 ? t(words.never) : <When at={expiresAt} />),
            },
          ]}
        />
      )}
    </Panel>
  )
}

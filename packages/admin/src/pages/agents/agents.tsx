import { useState } from 'react'
import { linkTo } from '../../app/link.ts'
import { type Answered, useAct, useRead } from '../../data/use.ts'
import { Confirm } from '../../parts/dialog.tsx'
import { Empty, Loading, PageHead, Panel } from '../../parts/panel.tsx'
import { Refusal } from '../../parts/refusal.tsx'
import { type Column, DataTable } from '../../parts/table.tsx'
import { Badge, Money, Name, When } from '../../parts/values.tsx'
import { useT } from '../../words/language.tsx'
import { words } from './words.ts'

type Session = Answered<'listSessions'>['data'][number]

/** Every session, with what it spent and what binds it. */
export function Agents() {
  const t = useT()
  const [revoking, setRevoking] = useState<Session>()
  const [isAll, setAll] = useState(false)
  const { data, error, isPending } = useRead('listSessions', { limit: 200 })
  const all = data?.data ?? []
  const shown = isAll ? all : all.filter(({ status }) => status === 'ACTIVE')
  return (
    <>
      <PageHead
        title={t(words.title)}
        intro={t(words.intro)}
        actions={
          <>
            <a className="button" href={linkTo('agents', 'connect')}>
              {t(words.connect)}
            </a>
            <a className="button" href={linkTo('agents', 'new')}>
              {t(words.newSession)}
            </a>
            <a className="button primary" href={linkTo('agents', 'pair')}>
              {t(words.pair)}
            </a>
          </>
        }
      />
      <Refusal error={error} />
      <Panel>
        {isPending ? <Loading /> : <SessionTable sessions={shown} revoke={setRevoking} />}
        {data?.hasMore && <p className="quiet">{t(words.more, { command: 'session list' })}</p>}
        {all.length > all.filter(({ status }) => status === 'ACTIVE').length && (
          <button type="button" className="button" onClick={() => setAll(!isAll)}>
            {t(isAll ? words.newer : words.older)}
          </button>
        )}
      </Panel>
      {revoking && <Revoking session={revoking} close={() => setRevoking(undefined)} />}
    </>
  )
}

type TableProps = { readonly sessions: readonly Session[]; readonly revoke: (session: Session) => void }

function SessionTable({ sessions, revoke }: TableProps) {
  const t = useT()
  const columns: readonly Column<Session>[] = [
    {
      key: 'session',
      head: t(words.session),
      by: nameOf,
      cell: (one) => <Name id={one.id} name={nameOf(one)} />,
    },
    {
      key: 'wallets',
      head: t(words.wallets),
      cell: ({ wallets }) => wallets.map(({ id, name }) => <WalletLink key={id} id={id} name={name} />),
    },
    { key: 'spent', head: t(words.spent), isNumber: true, by: ({ spentUsd }) => spentUsd ?? 0, cell: Spent },
    { key: 'bounds', head: t(words.bounds), cell: Bounds },
    {
      key: 'ends',
      head: t(words.ends),
      by: ({ expiresAt }) => expiresAt,
      cell: ({ expiresAt, status }) => (
        <>
          {expiresAt === 0 ? t(words.never) : <When at={expiresAt} />}{' '}
          {status !== 'ACTIVE' && <Badge>{t(words[status])}</Badge>}
        </>
      ),
    },
    { key: 'renewals', head: t(words.renewals), cell: Renewals },
    { key: 'came', head: t(words.came), by: ({ source }) => source, cell: ({ source }) => t(words[source]) },
    {
      key: 'acts',
      head: t(words.acts),
      cell: (session) =>
        session.status === 'ACTIVE' && (
          <button type="button" className="button" onClick={() => revoke(session)}>
            {t(words.revoke)}
          </button>
        ),
    },
  ]
  const empty = <Empty>{t(words.noSessions)}</Empty>
  return <DataTable caption={t(words.title)} columns={columns} rows={sessions} idOf={({ id }) => id} empty={empty} />
}

const nameOf = ({ labels }: Session): string => labels?.name ?? Object.values(labels ?? {}).join(', ')

const WalletLink = ({ id, name }: { readonly id: string; readonly name: string }) => (
  <a className="block" href={linkTo('wallets', id)}>
    {name}
  </a>
)

function Spent({ spentUsd, constraints }: Session) {
  return <SpentText spent={spentUsd} most={constraints?.maxTotalUsd} />
}

function SpentText({ spent, most }: { readonly spent: number | null; readonly most: number | string | undefined }) {
  const t = useT()
  return (
    <>
      {spent === null ? t(words.noBound) : <Money usd={spent.toFixed(2)} />}{' '}
      {most !== undefined && <span className="quiet">{t(words.ofMost, { most: `$${most}` })}</span>}
    </>
  )
}

const Bounds = ({ constraints, refusalsNotKept }: Session) => (
  <BoundsText constraints={constraints} notKept={refusalsNotKept ?? 0} />
)

type BoundsProps = { readonly constraints: Session['constraints']; readonly notKept: number }

function BoundsText({ constraints, notKept }: BoundsProps) {
  const t = useT()
  const { networks, transactionTypes, allowedAddresses, maxTransactionUsd } = constraints ?? {}
  const all = [
    maxTransactionUsd !== undefined && t(words.atMost, { usd: `$${maxTransactionUsd}` }),
    networks && t(words.onlyNetworks, { names: networks.join(', ') }),
    transactionTypes && t(words.onlyTypes, { names: transactionTypes.join(', ') }),
    allowedAddresses && t(words.onlyAddresses, { count: allowedAddresses.length }),
    notKept > 0 && t(words.notKept, { count: notKept }),
  ].filter((one) => typeof one === 'string')
  return all.length === 0 ? <span className="quiet">{t(words.none)}</span> : all.join('; ')
}

function Renewals({ renewalCount, lastRenewedAt }: Session) {
  return (
    <>
      {renewalCount} {lastRenewedAt !== null && <When at={lastRenewedAt} />}
    </>
  )
}

type RevokingProps = { readonly session: Session; readonly close: () => void }

function Revoking({ session, close }: RevokingProps) {
  const t = useT()
  const { act, busy, error } = useAct('revokeSession')
  const revoke = async () => (await act({ id: session.id })) && close()
  return (
    <Confirm title={t(words.revokeAsk)} yes={t(words.revokeYes)} onYes={revoke} close={close} busy={busy} danger>
      <p>
        <Name id={session.id} name={nameOf(session)} />
      </p>
      <p>{t(words.revokeMeans)}</p>
      <Refusal error={error} />
    </Confirm>
  )
}

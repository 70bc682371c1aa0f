import { LISTED_ONLY, TransactionStatus, TransactionType } from '@waiaas/contract'
import { type Asked, useRead } from '../../data/use.ts'
import { secondsFrom, secondsUntil } from '../../parts/days.ts'
import { SelectField, TextField } from '../../parts/fields.tsx'
import { useT } from '../../words/language.tsx'
import { statusWords, typeWords } from './states.ts'
import { words } from './words.ts'

const EVERY = { search: '', only: '', wallet: '', session: '', status: '', type: '', network: '', from: '', until: '' }
/** What is filled in; empty: everything. Days are those of the reader. */
export type Filters = typeof EVERY
/** No filter at all. */
export const everything: Filters = EVERY

export const isFiltered = (filters: Filters): boolean => Object.values(filters).some((each) => each !== '')

const oneOf = <T extends string>(values: readonly T[], text: string): T | undefined =>
  values.find((each) => each === text)

const said = (text: string): string | undefined => (text === '' ? undefined : text)

/** What the operation is asked; what is empty is left out. */
export function askedOf(filters: Filters): Asked<'adminListTransactions'> {
  return {
    wallet_id: said(filters.wallet),
    session_id: said(filters.session),
    search: said(filters.search.trim()),
    only: oneOf(LISTED_ONLY, filters.only),
    status: oneOf(TransactionStatus.options, filters.status),
    type: oneOf(TransactionType.options, filters.type),
    network: said(filters.network),
    since: secondsFrom(filters.from),
    until: secondsUntil(filters.until),
  }
}

type Props = { readonly filters: Filters; readonly change: (filters: Filters) => void }

/** What the list is narrowed to: what is asked for most, and the rest on demand. */
export function FilterFields({ filters, change }: Props) {
  const t = useT()
  const field = fieldsOf({ filters, change })
  const only = { waiting: words.onlyWaiting, asked: words.onlyAsked, refused: words.onlyRefused }
  return (
    <>
      <div className="filters">
        <TextField label={t(words.search)} placeholder={t(words.searchHint)} type="search" {...field('search')} />
        <SelectField
          label={t(words.only)}
          choices={[
            { value: '', label: t(words.all) },
            ...LISTED_ONLY.map((value) => ({ value, label: t(only[value]) })),
          ]}
          {...field('only')}
        />
      </div>
      <details>
        <summary>{t(words.more)}</summary>
        <div className="filters">
          <KnownFields filters={filters} change={change} />
          <OtherFields filters={filters} change={change} />
        </div>
      </details>
    </>
  )
}

const fieldsOf =
  ({ filters, change }: Props) =>
  (name: keyof Filters) => ({
    value: filters[name],
    change: (value: string) => change({ ...filters, [name]: value }),
  })

/** By what it is and when it was asked for. */
function OtherFields({ filters, change }: Props) {
  const t = useT()
  const field = fieldsOf({ filters, change })
  const all = { value: '', label: t(words.all) }
  return (
    <>
      <SelectField
        label={t(words.status)}
        choices={[all, ...TransactionStatus.options.map((value) => ({ value, label: t(statusWords[value]) }))]}
        {...field('status')}
      />
      <SelectField
        label={t(words.type)}
        choices={[all, ...TransactionType.options.map((value) => ({ value, label: t(typeWords[value]) }))]}
        {...field('type')}
      />
      <TextField label={t(words.from)} type="date" {...field('from')} />
      <TextField label={t(words.until)} type="date" {...field('until')} />
    </>
  )
}

/** Of what there is here: wallets, sessions and networks. */
function KnownFields({ filters, change }: Props) {
  const t = useT()
  const all = { value: '', label: t(words.all) }
  const wallets = useRead('listWallets', {}).data?.items ?? []
  const sessions = useRead('listSessions', { limit: 200 }).data?.data ?? []
  const networks = Object.keys(useRead('getRpcStatus', {}).data?.networks ?? {}).sort()
  const shown =
    filters.wallet === '' ? sessions : sessions.filter(({ wallets }) => wallets.some(({ id }) => id === filters.wallet))
  const named = shown.map(({ id, walletName }) => ({ value: id, label: `${walletName ?? ''} …${id.slice(-6)}` }))
  return (
    <>
      <SelectField
        label={t(words.wallet)}
        choices={[all, ...wallets.map(({ id, name }) => ({ value: id, label: name }))]}
        value={filters.wallet}
        change={(wallet) => change({ ...filters, wallet, session: '' })}
      />
      <SelectField
        label={t(words.session)}
        choices={[all, ...named]}
        value={filters.session}
        change={(session) => change({ ...filters, session })}
      />
      <SelectField
        label={t(words.network)}
        choices={[all, ...networks.map((value) => ({ value, label: value }))]}
        value={filters.network}
        change={(network) => change({ ...filters, network })}
      />
    </>
  )
}

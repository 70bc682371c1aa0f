import { useRead } from '../../data/use.ts'
import { AmountField, SelectField, TextField } from '../../parts/fields.tsx'
import { Loading } from '../../parts/panel.tsx'
import { useT } from '../../words/language.tsx'
import { words } from './words.ts'

/** What is chosen of a session, as the fields have it. */
export type Choice = {
  readonly wallets: readonly string[]
  readonly ttl: string
  readonly name: string
  readonly perPayment: string
  readonly total: string
}
export const noChoice: Choice = { wallets: [], ttl: '86400', name: '', perPayment: '', total: '' }

type Props = { readonly choice: Choice; readonly change: (choice: Choice) => void }

/** What binds a session: wallets, an end, and sums of its own. */
export function SessionFields({ choice, change }: Props) {
  const t = useT()
  const set = (more: Partial<Choice>) => change({ ...choice, ...more })
  const lifetimes = [
    ['3600', words.hour],
    ['86400', words.day],
    ['604800', words.week],
    ['2592000', words.month],
    ['0', words.noEnd],
  ] as const
  return (
    <>
      <WalletChoice chosen={choice.wallets} choose={(wallets) => set({ wallets })} />
      <SelectField
        label={t(words.lasts)}
        value={choice.ttl}
        change={(ttl) => set({ ttl })}
        choices={lifetimes.map(([value, label]) => ({ value, label: t(label) }))}
      />
      <TextField
        label={t(words.label)}
        hint={t(words.labelHint)}
        value={choice.name}
        change={(name) => set({ name })}
        maxLength={64}
      />
      <AmountField
        label={t(words.perPayment)}
        unit="USD"
        placeholder={t(words.noBound)}
        value={choice.perPayment}
        change={(perPayment) => set({ perPayment })}
      />
      <AmountField
        label={t(words.total)}
        unit="USD"
        placeholder={t(words.noBound)}
        value={choice.total}
        change={(total) => set({ total })}
      />
    </>
  )
}

type WalletProps = { readonly chosen: readonly string[]; readonly choose: (ids: readonly string[]) => void }

/** Wallets that sign; several may be chosen. */
function WalletChoice({ chosen, choose }: WalletProps) {
  const t = useT()
  const { data, isPending } = useRead('listWallets', {})
  const wallets = (data?.items ?? []).filter(({ status }) => status === 'ACTIVE')
  return (
    <fieldset className="choice">
      <legend>{t(words.wallets)}</legend>
      {isPending && <Loading />}
      {data && wallets.length === 0 && <p>{t(words.noWallets)}</p>}
      {wallets.map(({ id, name, chain }) => (
        <label key={id}>
          <input
            type="checkbox"
            checked={chosen.includes(id)}
            onChange={(event) => choose(event.target.checked ? [...chosen, id] : chosen.filter((one) => one !== id))}
          />
          <span>
            {name} <span className="quiet">{chain}</span>
          </span>
        </label>
      ))}
    </fieldset>
  )
}

/** The same as an operation is asked it. An amount that is no number is left for the daemon to refuse. */
export function asked({ wallets, ttl, name, perPayment, total }: Choice) {
  const constraints = {
    ...(perPayment !== '' && { maxTransactionUsd: Number(perPayment) }),
    ...(total !== '' && { maxTotalUsd: Number(total) }),
  }
  return {
    walletIds: [...wallets],
    ttl: Number(ttl),
    ...(Object.keys(constraints).length > 0 && { constraints }),
    ...(name !== '' && { labels: { name } }),
  }
}

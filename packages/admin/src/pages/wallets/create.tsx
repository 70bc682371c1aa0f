import { Chain, NETWORKS, type Wallet } from '@waiaas/contract'
import { type FormEvent, useState } from 'react'
import { linkTo } from '../../app/link.ts'
import { type Asked, useAct } from '../../data/use.ts'
import { SelectField, SwitchField, TextField } from '../../parts/fields.tsx'
import { PageHead, Panel } from '../../parts/panel.tsx'
import { Refusal } from '../../parts/refusal.tsx'
import { Copy } from '../../parts/values.tsx'
import { common } from '../../words/common.ts'
import { useT } from '../../words/language.tsx'
import { words } from './words.ts'

type Draft = Pick<Asked<'createWallet'>, 'name'> & {
  readonly chain: Wallet['chain']
  readonly environment: Wallet['environment']
  readonly defaultPolicy: boolean
}
type Change = (draft: Partial<Draft>) => void

/** Of which there are networks: of another one nothing can be made. */
const families = Chain.options.filter((each) => NETWORKS.some(({ chain }) => chain === each))

/** What a new wallet starts as: for tests, and with a limit. */
export const newDraft: Draft = { name: '', chain: 'ethereum', environment: 'testnet', defaultPolicy: true }

/** A wallet with a new key. */
export function CreateWallet() {
  const t = useT()
  const [draft, setDraft] = useState(newDraft)
  const [made, setMade] = useState<Wallet>()
  const { act, busy, error } = useAct('createWallet')
  async function submit(event: FormEvent) {
    event.preventDefault()
    setMade(await act({ ...draft, createSession: false }))
  }
  return (
    <>
      <PageHead title={t(words.create)} />
      <Panel>
        {made ? (
          <Made wallet={made} />
        ) : (
          <form className="narrow" onSubmit={submit}>
            <WalletFields draft={draft} change={(change) => setDraft({ ...draft, ...change })} />
            <Refusal error={error} />
            <div className="answers">
              <a className="button" href={linkTo('wallets')}>
                {t(common.cancel)}
              </a>
              <button type="submit" className="button primary" disabled={busy || draft.name === ''}>
                {t(words.createIt)}
              </button>
            </div>
          </form>
        )}
      </Panel>
    </>
  )
}

/** What a made and an imported wallet are both asked. */
export function WalletFields({ draft, change }: { readonly draft: Draft; readonly change: Change }) {
  const t = useT()
  const environments = [
    { value: 'testnet', label: t(words.test) },
    { value: 'mainnet', label: t(words.main) },
  ]
  return (
    <>
      <TextField
        label={t(words.name)}
        value={draft.name}
        change={(name) => change({ name })}
        maxLength={100}
        required
      />
      <SelectField
        label={t(words.chain)}
        value={draft.chain}
        // The choices are those of the type.
        change={(chain) => change({ chain: chain as Draft['chain'] })}
        choices={families.map((chain) => ({ value: chain, label: chain }))}
      />
      <SelectField
        label={t(words.environment)}
        hint={draft.environment === 'mainnet' ? t(words.mainWarning) : undefined}
        value={draft.environment}
        change={(environment) => change({ environment: environment as Draft['environment'] })}
        choices={environments}
      />
      <SwitchField
        label={t(words.withLimit)}
        hint={t(words.withLimitHint)}
        on={draft.defaultPolicy}
        change={(defaultPolicy) => change({ defaultPolicy })}
      />
    </>
  )
}

/** The wallet is there, and this is its address. */
export function Made({
  wallet: { id, name, publicKey },
}: {
  readonly wallet: Pick<Wallet, 'id' | 'name' | 'publicKey'>
}) {
  const t = useT()
  return (
    <div className="stack" role="status">
      <h2>{t(words.created, { name })}</h2>
      <p>{t(words.addressIs)}</p>
      <p className="mono">
        {publicKey} <Copy text={publicKey} />
      </p>
      <div className="actions">
        <a className="button primary" href={linkTo('wallets', id)}>
          {t(words.toWallet)}
        </a>
      </div>
    </div>
  )
}

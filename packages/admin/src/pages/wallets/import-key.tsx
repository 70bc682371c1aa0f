import { canSeal, type DerivedAddress, type ImportedSecret, sealImport, type Wallet } from '@waiaas/contract'
import { type FormEvent, useState } from 'react'
import { linkTo } from '../../app/link.ts'
import { useAct, useRead } from '../../data/use.ts'
import { PageHead, Panel } from '../../parts/panel.tsx'
import { Refusal } from '../../parts/refusal.tsx'
import { common } from '../../words/common.ts'
import { useT } from '../../words/language.tsx'
import { Made, newDraft, WalletFields } from './create.tsx'
import { AddressChoice, SecretFields } from './secret-fields.tsx'
import { words } from './words.ts'

/** A key from elsewhere, sealed here to the signer. */
export function ImportKey() {
  const t = useT()
  const [made, setMade] = useState<Wallet>()
  return (
    <>
      <PageHead title={t(words.importTitle)} />
      <div className="panels">
        <Panel>
          {made ? <Made wallet={made} /> : canSeal() ? <Form done={setMade} /> : <p>{t(words.cannotSeal)}</p>}
        </Panel>
        <Panel title={t(words.sealing)}>
          <div className="stack">
            <p>{t(words.sealingProtects)}</p>
            <p>{t(words.sealingNot)}</p>
            <SignerKey />
          </div>
        </Panel>
      </div>
    </>
  )
}

function SignerKey() {
  const t = useT()
  const { data, error } = useRead('getSealingKey', {})
  return (
    <>
      <Refusal error={error} />
      {data && (
        <p>
          {t(words.signer)}: <span className="mono">{data.fingerprint}</span>
        </p>
      )}
    </>
  )
}

const nothing: ImportedSecret = { format: 'private-key', secret: '' }

function Form({ done }: { readonly done: (wallet: Wallet) => void }) {
  const t = useT()
  const [draft, setDraft] = useState(newDraft)
  const [secret, setSecret] = useState(nothing)
  const [found, setFound] = useState<readonly DerivedAddress[]>()
  const [chosen, setChosen] = useState(0)
  const { data: signer } = useRead('getSealingKey', {})
  const importing = useAct('importWallet')
  const looking = useAct('listDerivations')
  const hasSeveral = secret.format === 'mnemonic' && found === undefined

  async function submit(event: FormEvent) {
    event.preventDefault()
    if (!signer) return
    if (hasSeveral) {
      const { format, passphrase } = secret
      const sealed = await sealImport(signer.publicKey, { format, secret: secret.secret, passphrase })
      const answer = await looking.act({ chain: draft.chain, sealed })
      return setFound(answer?.items)
    }
    const way = found?.[chosen]
    const whole = way ? { ...secret, derivation: way.derivation, ...(way.path !== null && { path: way.path }) } : secret
    const wallet = await importing.act({ ...draft, sealed: await sealImport(signer.publicKey, whole) })
    if (!wallet) return
    setSecret(nothing)
    done(wallet)
  }
  const isReady = draft.name !== '' && secret.secret !== '' && signer !== undefined
  return (
    <form className="narrow" onSubmit={submit}>
      <WalletFields draft={draft} change={(change) => setDraft({ ...draft, ...change })} />
      <SecretFields
        secret={secret}
        change={(next) => {
          setSecret(next)
          setFound(undefined)
        }}
      />
      {found && <AddressChoice found={found} chosen={chosen} choose={setChosen} />}
      <Refusal error={looking.error ?? importing.error} />
      <div className="answers">
        <a className="button" href={linkTo('wallets')}>
          {t(common.cancel)}
        </a>
        <button type="submit" className="button primary" disabled={!isReady || importing.busy || looking.busy}>
          {t(hasSeveral ? words.find : words.importIt)}
        </button>
      </div>
    </form>
  )
}

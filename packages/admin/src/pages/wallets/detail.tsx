import { useState } from 'react'
import { linkTo } from '../../app/link.ts'
import { useAct, useRead } from '../../data/use.ts'
import { Confirm } from '../../parts/dialog.tsx'
import { TextField } from '../../parts/fields.tsx'
import { Loading, PageHead } from '../../parts/panel.tsx'
import { Refusal } from '../../parts/refusal.tsx'
import { Badge, Copy } from '../../parts/values.tsx'
import { useT } from '../../words/language.tsx'
import { Allowances } from './allowances.tsx'
import { Assets } from './assets.tsx'
import { Ending } from './ending.tsx'
import { ExportKey } from './export-key.tsx'
import type { Wallet } from './holdings.ts'
import { STATE_TONES } from './list.tsx'
import { Networks } from './networks.tsx'
import { Owners } from './owners.tsx'
import { CanLeave, Rules, Spent } from './rules.tsx'
import { WalletSessions } from './sessions.tsx'
import { words } from './words.ts'

/** One wallet: what it holds, who may use it and how far, and its life. */
export function WalletPage({ id }: { readonly id: string }) {
  const { data: wallet, error, isPending } = useRead('getWallet', { id })
  if (isPending) return <Loading />
  if (!wallet) return <Refusal error={error} />
  const isOver = wallet.status === 'TERMINATED'
  return (
    <>
      <Head wallet={wallet} />
      <div className="panels">
        <Assets wallet={wallet} />
        {!isOver && <CanLeave id={id} />}
        {!isOver && <Spent id={id} />}
      </div>
      {!isOver && (
        <>
          <Rules wallet={wallet} />
          <WalletSessions id={id} />
          <Allowances id={id} />
        </>
      )}
      <div className="panels">
        <Owners wallet={wallet} />
        <Networks wallet={wallet} />
      </div>
      <Ending wallet={wallet} />
    </>
  )
}

type Open = 'rename' | 'suspend' | 'export'

function Head({ wallet }: { readonly wallet: Wallet }) {
  const t = useT()
  const [open, setOpen] = useState<Open>()
  const resume = useAct('resumeWallet')
  const { id, name, status, chain, environment, publicKey } = wallet
  const close = () => setOpen(undefined)
  return (
    <>
      <p>
        <a href={linkTo('wallets')}>← {t(words.back)}</a>
      </p>
      <PageHead
        title={
          <>
            {name} <Badge tone={STATE_TONES[status]}>{t(words[status])}</Badge>
          </>
        }
        intro={
          <>
            {chain} · {t(environment === 'mainnet' ? words.main : words.test)}
            <br />
            <span className="mono break">{publicKey}</span> <Copy text={publicKey} />
          </>
        }
        actions={
          status === 'TERMINATED' ? undefined : (
            <>
              <button type="button" className="button" onClick={() => setOpen('rename')}>
                {t(words.rename)}
              </button>
              <button type="button" className="button" onClick={() => setOpen('export')}>
                {t(words.exportKey)}
              </button>
              {status === 'SUSPENDED' ? (
                <button
                  type="button"
                  className="button primary"
                  disabled={resume.busy}
                  onClick={() => void resume.act({ id })}
                >
                  {t(words.resume)}
                </button>
              ) : (
                <button type="button" className="button" onClick={() => setOpen('suspend')}>
                  {t(words.suspend)}
                </button>
              )}
            </>
          )
        }
      />
      <Refusal error={resume.error} />
      {wallet.suspensionReason && <p className="quiet">{wallet.suspensionReason}</p>}
      {open === 'rename' && <Renaming wallet={wallet} close={close} />}
      {open === 'suspend' && <Suspending wallet={wallet} close={close} />}
      {open === 'export' && <ExportKey wallet={wallet} close={close} />}
    </>
  )
}

type Props = { readonly wallet: Wallet; readonly close: () => void }

function Suspending({ wallet: { id, name }, close }: Props) {
  const t = useT()
  const { act, busy, error } = useAct('suspendWallet')
  const suspend = async () => (await act({ id })) && close()
  return (
    <Confirm title={t(words.suspendAsk, { name })} yes={t(words.suspendYes)} onYes={suspend} close={close} busy={busy}>
      <p>{t(words.suspendMeans)}</p>
      <Refusal error={error} />
    </Confirm>
  )
}

function Renaming({ wallet: { id, name }, close }: Props) {
  const t = useT()
  const [next, setNext] = useState(name)
  const { act, busy, error } = useAct('renameWallet')
  const rename = async () => (await act({ id, name: next })) && close()
  return (
    <Confirm
      title={t(words.rename)}
      yes={t(words.save)}
      onYes={rename}
      close={close}
      busy={busy}
      disabled={next === '' || next === name}
    >
      <TextField label={t(words.newName)} value={next} change={setNext} maxLength={100} />
      <Refusal error={error} />
    </Confirm>
  )
}

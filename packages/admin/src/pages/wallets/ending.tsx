import { useState } from 'react'
import { useAct } from '../../data/use.ts'
import { ConfirmByName } from '../../parts/dialog.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Refusal } from '../../parts/refusal.tsx'
import { useT } from '../../words/language.tsx'

import { assetsOf, useHoldings, type Wallet } from './holdings.ts'
import { words } from './words.ts'

/** The end of a wallet, and then of its key: each after its name is typed, with what it holds in view. */
export function Ending({ wallet }: { readonly wallet: Wallet }) {
  const t = useT()
  const [open, setOpen] = useState(false)
  const isOver = wallet.status === 'TERMINATED'
  const close = () => setOpen(false)
  return (
    <Panel title={t(isOver ? words.purge : words.end)}>
      <div className="stack">
        {isOver && <p>{t(words.ended)}</p>}
        <p className="quiet">{t(isOver ? words.purgeMeans : words.endMeans)}</p>
        <div className="actions">
          <button type="button" className="button danger" onClick={() => setOpen(true)}>
            {t(isOver ? words.purge : words.end)}
          </button>
        </div>
      </div>
      {open && (isOver ? <Purging wallet={wallet} close={close} /> : <Terminating wallet={wallet} close={close} />)}
    </Panel>
  )
}

type Props = { readonly wallet: Wallet; readonly close: () => void }

function Terminating({ wallet: { id, name }, close }: Props) {
  const t = useT()
  const { act, busy, error } = useAct('terminateWallet')
  const end = async () => (await act({ id })) && close()
  return (
    <ConfirmByName title={t(words.end)} name={name} yes={t(words.endYes)} onYes={end} close={close} busy={busy}>
      <p>{t(words.endMeans)}</p>
      <Left id={id} />
      <Refusal error={error} />
    </ConfirmByName>
  )
}

function Purging({ wallet: { id, name }, close }: Props) {
  const t = useT()
  const { act, busy, error } = useAct('purgeWallet')
  const purge = async () => (await act({ id })) && close()
  return (
    <ConfirmByName title={t(words.purge)} name={name} yes={t(words.purgeYes)} onYes={purge} close={close} busy={busy}>
      <p>{t(words.purgeMeans)}</p>
      <Left id={id} />
      <Refusal error={error} />
    </ConfirmByName>
  )
}

/** What would be lost, and a backup that keeps the key. */
function Left({ id }: { readonly id: string }) {
  const t = useT()
  const { held, error } = useHoldings(id)
  const assets = held && assetsOf(held)
  const backup = useAct('createBackup')
  const [file, setFile] = useState<string>()
  return (
    <div className="stack">
      <Refusal error={error} />
      {assets && (
        <p>
          {t(words.holdsNow)}{' '}
          <strong>
            {assets.length === 0
              ? t(words.empty)
              : assets.map((one) => `${one.balanceFormatted} ${one.symbol} (${one.network})`).join(', ')}
          </strong>
        </p>
      )}
      <p className="quiet">{t(words.backupFirst)}</p>
      <Refusal error={backup.error} />
      {file === undefined ? (
        <button
          type="button"
          className="button"
          disabled={backup.busy}
          onClick={async () => setFile((await backup.act({}))?.filename)}
        >
          {t(words.backup)}
        </button>
      ) : (
        <p role="status">{t(words.backupMade, { file })}</p>
      )}
    </div>
  )
}

import type { WAIaaSError } from '@waiaas/contract'
import { useState } from 'react'
import { daemon } from '../../data/client.ts'
import { useLogin } from '../../data/login.ts'
import { Cancelled, usePassword } from '../../data/password.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { Refusal } from '../../parts/refusal.tsx'
import { Copy } from '../../parts/values.tsx'
import { common } from '../../words/common.ts'
import { useT } from '../../words/language.tsx'

import type { Wallet } from './holdings.ts'
import { words } from './words.ts'

type Props = { readonly wallet: Wallet; readonly close: () => void }

/** The key of a wallet, shown once, after the password. It is in nothing that outlives this dialog. */
export function ExportKey({ wallet: { id, name }, close }: Props) {
  const t = useT()
  const withPassword = usePassword()
  const onlyLooks = useLogin()?.onlyLooks === true
  const [secret, setSecret] = useState<string>()
  const [error, setError] = useState<WAIaaSError>()
  async function show() {
    setError(undefined)
    try {
      const answer = await withPassword((masterPassword) =>
        daemon.exportWallet({ id, format: 'private-key', masterPassword }, { masterPassword }),
      )
      setSecret(answer.secret)
    } catch (failed) {
      // The transport throws nothing else.
      if (!(failed instanceof Cancelled)) setError(failed as WAIaaSError)
    }
  }
  return (
    <Dialog title={t(words.exportTitle, { name })} close={close}>
      <p className="warning">{t(words.exportWarning)}</p>
      <Refusal error={error} />
      {secret === undefined ? (
        <div className="answers">
          <button type="button" className="button" onClick={close}>
            {t(common.cancel)}
          </button>
          <button type="button" className="button danger" disabled={onlyLooks} onClick={() => void show()}>
            {t(words.exportIt)}
          </button>
        </div>
      ) : (
        <div className="stack" role="status">
          <p>{t(words.exported)}</p>
          <p className="mono break secret">{secret}</p>
          <p className="quiet small-text">{t(words.copyHint)}</p>
          <div className="answers">
            <Copy text={secret}>{t(words.copyKey)}</Copy>
            <button type="button" className="button primary" onClick={close}>
              {t(common.close)}
            </button>
          </div>
        </div>
      )}
    </Dialog>
  )
}

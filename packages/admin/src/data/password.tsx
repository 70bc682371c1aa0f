import { WAIaaSError } from '@waiaas/contract'
import { createContext, type FormEvent, type ReactNode, useContext, useState } from 'react'
import { Dialog } from '../parts/dialog.tsx'
import { TextField } from '../parts/fields.tsx'
import { Refusal } from '../parts/refusal.tsx'
import { common } from '../words/common.ts'
import { useT } from '../words/language.tsx'

/** Nobody typed the password. */
export class Cancelled extends Error {
  override readonly name = 'Cancelled'
}

type Run = (password: string) => Promise<unknown>
type Asking = { readonly run: Run; readonly done: (value: unknown) => void; readonly failed: (error: unknown) => void }
type WithPassword = <Out>(run: (password: string) => Promise<Out>) => Promise<Out>

const Context = createContext<WithPassword>(() => Promise.reject(new Error('outside of PasswordAsking')))

/** Runs something with the master password, which a dialog asks for; a wrong one is asked for again. */
export const usePassword = (): WithPassword => useContext(Context)

/** The dialog that asks, for all that is in it. The password is kept nowhere. */
export function PasswordAsking({ children }: { children: ReactNode }) {
  const [asking, setAsking] = useState<Asking>()
  const ask: WithPassword = (run) =>
    new Promise((resolve, reject) =>
      // What `run` resolves to is what `done` is given.
      setAsking({ run, done: resolve as (value: unknown) => void, failed: reject }),
    )
  const close = () => setAsking(undefined)
  return (
    <Context value={ask}>
      {children}
      {asking && <PasswordDialog asking={asking} close={close} />}
    </Context>
  )
}

function PasswordDialog({ asking, close }: { asking: Asking; close: () => void }) {
  const t = useT()
  const [password, setPassword] = useState('')
  const [busy, setBusy] = useState(false)
  const [wrong, setWrong] = useState<WAIaaSError>()
  function cancel() {
    asking.failed(new Cancelled())
    close()
  }
  async function submit(event: FormEvent) {
    event.preventDefault()
    setBusy(true)
    try {
      asking.done(await asking.run(password))
      close()
    } catch (error) {
      setBusy(false)
      if (error instanceof WAIaaSError && (error.status === 401 || error.status === 429)) return setWrong(error)
      asking.failed(error)
      close()
    }
  }
  return (
    <Dialog title={t(common.passwordTitle)} close={cancel}>
      <form onSubmit={submit}>
        <p>{t(common.passwordWhy)}</p>
        <TextField
          label={t(common.password)}
          type="password"
          autoComplete="current-password"
          value={password}
          change={setPassword}
          autoFocus
          required
        />
        <Refusal error={wrong} />
        <div className="answers">
          <button type="button" className="button" onClick={cancel}>
            {t(common.cancel)}
          </button>
          <button type="submit" className="button primary" disabled={busy}>
            {t(common.goOn)}
          </button>
        </div>
      </form>
    </Dialog>
  )
}

import type { WAIaaSError } from '@waiaas/contract'
import { type FormEvent, useState } from 'react'
import { daemon } from '../data/client.ts'
import { keepLogin } from '../data/login.ts'
import { reads } from '../data/use.ts'
import { SwitchField, TextField } from '../parts/fields.tsx'
import { Refusal } from '../parts/refusal.tsx'
import { common } from '../words/common.ts'
import { useT } from '../words/language.tsx'
import { Choices } from './choices.tsx'
import { words } from './words.ts'

/** Exchanges the master password for a login. */
export function LogIn() {
  const t = useT()
  const [password, setPassword] = useState('')
  const [onlyLooks, setOnlyLooks] = useState(false)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<WAIaaSError>()

  async function submit(event: FormEvent) {
    event.preventDefault()
    setBusy(true)
    try {
      const { id, token, idleSeconds } = onlyLooks
        ? await daemon.createViewLogin({ carrier: 'cookie', password })
        : await daemon.createLogin({ carrier: 'cookie' }, { masterPassword: password })
      reads.clear()
      keepLogin({ id, secret: token, idleSeconds, onlyLooks })
    } catch (failure) {
      // The transport throws nothing else.
      setError(failure as WAIaaSError)
      setBusy(false)
    }
  }
  return (
    <main className="log-in">
      <form className="panel" onSubmit={submit}>
        <h1>WAIaaS</h1>
        {isSecureContext ? <p className="quiet">{t(words.logInWhy)}</p> : <p className="wrong">{t(words.unsafe)}</p>}
        <TextField
          label={t(onlyLooks ? words.viewPassword : common.password)}
          type="password"
          autoComplete="current-password"
          value={password}
          change={setPassword}
          autoFocus
          required
          disabled={!isSecureContext}
        />
        <SwitchField label={t(words.onlyLook)} on={onlyLooks} change={setOnlyLooks} />
        <Refusal error={error} />
        <button type="submit" className="button primary" disabled={busy || !isSecureContext}>
          {t(words.logIn)}
        </button>
      </form>
      <Choices />
    </main>
  )
}

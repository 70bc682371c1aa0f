import { type FormEvent, useState } from 'react'
import { linkTo } from '../../app/link.ts'
import { type Answered, useAct } from '../../data/use.ts'
import { PageHead, Panel } from '../../parts/panel.tsx'
import { Refusal } from '../../parts/refusal.tsx'
import { Copy } from '../../parts/values.tsx'
import { common } from '../../words/common.ts'
import { useT } from '../../words/language.tsx'
import { asked, noChoice, SessionFields } from './session-fields.tsx'
import { words } from './words.ts'

/** A session whose token is shown once. */
export function NewSession() {
  const t = useT()
  const [choice, setChoice] = useState(noChoice)
  const [made, setMade] = useState<Answered<'createSession'>>()
  const { act, busy, error } = useAct('createSession')
  async function submit(event: FormEvent) {
    event.preventDefault()
    setMade(await act(asked(choice)))
  }
  return (
    <>
      <PageHead title={t(words.newSession)} />
      <Panel>
        {made ? (
          <div className="stack" role="status">
            <h2>{t(words.tokenTitle)}</h2>
            <p className="warning">{t(words.tokenOnce)}</p>
            <p className="mono break secret">{made.token}</p>
            <div className="actions">
              <Copy text={made.token}>{t(words.copyToken)}</Copy>
              <a className="button" href={linkTo('agents')}>
                {t(common.close)}
              </a>
            </div>
          </div>
        ) : (
          <form className="narrow" onSubmit={submit}>
            <SessionFields choice={choice} change={setChoice} />
            <Refusal error={error} />
            <div className="answers">
              <a className="button" href={linkTo('agents')}>
                {t(common.cancel)}
              </a>
              <button type="submit" className="button primary" disabled={busy || choice.wallets.length === 0}>
                {t(words.make)}
              </button>
            </div>
          </form>
        )}
      </Panel>
    </>
  )
}

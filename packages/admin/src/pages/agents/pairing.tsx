import { TEMPLATES, type TemplateName, templateOf } from '@waiaas/contract'
import { type FormEvent, useState } from 'react'
import { linkTo } from '../../app/link.ts'
import { type Answered, useAct } from '../../data/use.ts'
import { SelectField, TextField } from '../../parts/fields.tsx'
import { PageHead, Panel } from '../../parts/panel.tsx'
import { Refusal } from '../../parts/refusal.tsx'
import { Badge, When } from '../../parts/values.tsx'
import { common } from '../../words/common.ts'
import { useT } from '../../words/language.tsx'
import { asked, noChoice, SessionFields } from './session-fields.tsx'
import { words } from './words.ts'

type Request = Answered<'getPairing'>

/** The operator types the code that an agent shows, sees who asks, and gives it a session or does not. */
export function Pairing() {
  const t = useT()
  const [code, setCode] = useState('')
  const [request, setRequest] = useState<Request>()
  const { act, busy, error } = useAct('getPairing')
  async function look(event: FormEvent) {
    event.preventDefault()
    setRequest(await act({ code }))
  }
  return (
    <>
      <PageHead title={t(words.pair)} intro={t(words.pairIntro)} />
      {request ? (
        <Asking {...{ code, request }} />
      ) : (
        <Panel>
          <form className="narrow" onSubmit={look}>
            <TextField
              label={t(words.code)}
              hint={t(words.codeHint)}
              value={code}
              change={setCode}
              required
              autoFocus
            />
            <Refusal error={error} />
            <div className="answers">
              <a className="button" href={linkTo('agents')}>
                {t(common.cancel)}
              </a>
              <button type="submit" className="button primary" disabled={busy}>
                {t(words.look)}
              </button>
            </div>
          </form>
        </Panel>
      )}
    </>
  )
}

type AskingProps = { readonly code: string; readonly request: Request }

function Asking({ code, request }: AskingProps) {
  const t = useT()
  const { name, address, scopes, status, createdAt, expiresAt } = request
  return (
    <div className="panels">
      <Panel title={t(words.asks, { name })} actions={<Badge tone="warn">{t(words[status])}</Badge>}>
        <div className="stack">
          <p className="quiet small-text">{t(words.says)}</p>
          <dl className="numbers">
            <div>
              <dt>{t(words.from)}</dt>
              <dd className="mono">{address}</dd>
            </div>
            <div>
              <dt>{t(words.asked)}</dt>
              <dd>
                <When at={createdAt} />
              </dd>
            </div>
            <div>
              <dt>{t(words.until)}</dt>
              <dd>
                <When at={expiresAt} />
              </dd>
            </div>
          </dl>
          {scopes.length === 0 ? (
            <p>{t(words.wantsNothing)}</p>
          ) : (
            <>
              <h3>{t(words.wants)}</h3>
              <ul>
                {scopes.map((scope) => (
                  <li key={scope}>{scope}</li>
                ))}
              </ul>
            </>
          )}
        </div>
      </Panel>
      <Panel>{status === 'PENDING' ? <Answering code={code} /> : <p>{t(words.wasAnswered)}</p>}</Panel>
    </div>
  )
}

/** No template: what stays is what the wallets have. */
const KEEP = ''

function Answering({ code }: { readonly code: string }) {
  const t = useT()
  const [choice, setChoice] = useState(noChoice)
  const [template, setTemplate] = useState<TemplateName | typeof KEEP>(KEEP)
  const [done, setDone] = useState<Answered<'approvePairing'> | Answered<'denyPairing'>>()
  const giving = useAct('approvePairing')
  const denying = useAct('denyPairing')
  async function give(event: FormEvent) {
    event.preventDefault()
    const policies = template === KEEP ? {} : { policies: { template } }
    setDone(await giving.act({ code, ...asked(choice), ...policies }))
  }
  if (done?.status === 'DENIED') return <p role="status">{t(words.DENIED)}</p>
  if (done && 'fetchUntil' in done)
    return (
      <p role="status">
        {t(words.given)} <When at={done.fetchUntil} />
      </p>
    )
  return (
    <form className="narrow" onSubmit={give}>
      <SessionFields choice={choice} change={setChoice} />
      <SelectField
        label={t(words.rules)}
        hint={template === KEEP ? undefined : `${templateOf(template).means} ${t(words.rulesMeans)}`}
        value={template}
        // The choices are the templates and this one.
        change={(next) => setTemplate(next as TemplateName | typeof KEEP)}
        choices={[
          { value: KEEP, label: t(words.rulesKeep) },
          ...plain.map((name) => ({ value: name, label: templateOf(name).summary })),
        ]}
      />
      <Refusal error={giving.error ?? denying.error} />
      <div className="answers">
        <button
          type="button"
          className="button"
          disabled={denying.busy}
          onClick={async () => setDone(await denying.act({ code }))}
        >
          {t(words.deny)}
        </button>
        <button type="submit" className="button primary" disabled={giving.busy || choice.wallets.length === 0}>
          {t(words.give)}
        </button>
      </div>
    </form>
  )
}

/** Those that have to be told nothing more; others are applied under Policies. */
const plain = TEMPLATES.filter((name) => templateOf(name).needs.length === 0)

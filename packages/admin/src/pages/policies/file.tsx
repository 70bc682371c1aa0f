import { PolicyTextError, parsePolicyText, policyText } from '@waiaas/contract/policy-text'
import { type ChangeEvent, useState } from 'react'
import { linkTo } from '../../app/link.ts'
import { type Answered, type Asked, useAct, useRead } from '../../data/use.ts'
import { Field, SwitchField } from '../../parts/fields.tsx'
import { Loading, PageHead, Panel } from '../../parts/panel.tsx'
import { Refusal } from '../../parts/refusal.tsx'
import { saveFile } from '../../parts/save.ts'
import { useSettled } from '../../parts/settled.ts'
import { Badge } from '../../parts/values.tsx'
import { useT } from '../../words/language.tsx'
import { Changes } from './changes.tsx'
import { draftOf } from './draft-of.ts'
import { Effect } from './effect.tsx'
import { useWallets } from './policies.ts'
import { words } from './words.ts'

/** All policies as one text: out, and in with what it would change. */
export function File() {
  const t = useT()
  const { data, error } = useRead('exportPolicies', {})
  return (
    <>
      <PageHead
        title={t(words.file)}
        intro={t(words.fileIntro)}
        actions={
          <a className="button" href={linkTo('policies')}>
            {t(words.back)}
          </a>
        }
      />
      <Refusal error={error} />
      {!data && !error && <Loading />}
      {data && <Text key={data.version} exported={data} />}
    </>
  )
}

type Read =
  | { readonly policies: Asked<'previewPolicies'>['policies'] }
  | { readonly wrong: { line: number; message: string } }
function readOf(text: string): Read {
  try {
    // The daemon checks each of them.
    return { policies: parsePolicyText(text).policies as Asked<'previewPolicies'>['policies'] }
  } catch (error) {
    if (!(error instanceof PolicyTextError)) throw error
    return { wrong: { line: error.line, message: error.message } }
  }
}

function Text({ exported }: { readonly exported: Answered<'exportPolicies'> }) {
  const t = useT()
  const wallets = useWallets()
  const inForce = policyText(exported.policies)
  const [text, setText] = useState(inForce)
  const [prune, setPrune] = useState(false)
  const settled = useSettled(text)
  const read = readOf(settled)
  const asked = { policies: 'policies' in read ? read.policies : [], prune }
  const preview = useRead('previewPolicies', asked, { enabled: 'policies' in read })
  const { act, busy, error } = useAct('applyPolicies')
  const [done, setDone] = useState(false)
  const change = 'policies' in read && settled === text ? preview.data : undefined
  const wrong = 'wrong' in read ? t(words.wrongLine, read.wrong) : undefined
  async function apply() {
    if (await act({ ...asked, dryRun: false })) setDone(true)
  }
  return (
    <div className="two-sides">
      <Panel title={t(words.fileText)} actions={<Ways text={text} open={setText} reset={() => setText(inForce)} />}>
        {exported.leftOut > 0 && <p className="quiet">{t(words.leftOut, { count: exported.leftOut })}</p>}
        <Field label={t(words.fileText)} wrong={wrong}>
          {(id, about) => (
            <textarea
              id={id}
              aria-describedby={about}
              aria-invalid={wrong !== undefined}
              rows={24}
              spellCheck={false}
              className="mono"
              value={text}
              onChange={(event) => setText(event.target.value)}
            />
          )}
        </Field>
        <SwitchField label={t(words.prune)} on={prune} change={setPrune} />
        <h3>{t(words.changes)}</h3>
        <Refusal error={preview.error ?? error} />
        {change && <Changes answer={change} />}
        {done && (
          <p role="status">
            <Badge tone="good">{t(words.applied)}</Badge>
          </p>
        )}
        <div className="answers">
          <button
            type="button"
            className="button primary"
            disabled={busy || !change || change.changes.length === 0}
            onClick={() => void apply()}
          >
            {t(words.apply)}
          </button>
        </div>
      </Panel>
      <Effect
        draft={
          change && change.changes.length > 0
            ? draftOf(change, (name) => wallets.find((one) => one.name === name)?.id)
            : undefined
        }
        walletId={null}
      />
    </div>
  )
}

type WaysProps = { readonly text: string; readonly open: (text: string) => void; readonly reset: () => void }
function Ways({ text, open, reset }: WaysProps) {
  const t = useT()
  const choose = (event: ChangeEvent<HTMLInputElement>) => {
    const [file] = event.target.files ?? []
    // A file that cannot be read leaves the text as it is.
    file?.text().then(open, () => undefined)
  }
  return (
    <>
      <button type="button" className="button" onClick={reset}>
        {t(words.reset)}
      </button>
      <label className="button">
        {t(words.upload)}
        <input type="file" accept=".yaml,.yml,.json" className="hidden" onChange={choose} />
      </label>
      <button type="button" className="button" onClick={() => saveFile('policies.yaml', [text])}>
        {t(words.download)}
      </button>
    </>
  )
}

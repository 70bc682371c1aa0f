import { type TEMPLATE_NEEDS, TEMPLATES } from '@waiaas/contract'
import { useState } from 'react'
import { linkTo } from '../../app/link.ts'
import { type Answered, type Asked, useAct, useRead } from '../../data/use.ts'
import { Field, SelectField } from '../../parts/fields.tsx'
import { Empty, Loading, PageHead, Panel } from '../../parts/panel.tsx'
import { Refusal } from '../../parts/refusal.tsx'
import { useSettled } from '../../parts/settled.ts'
import { Badge } from '../../parts/values.tsx'
import { useT } from '../../words/language.tsx'
import { Changes } from './changes.tsx'
import { draftOf } from './draft-of.ts'
import { Effect } from './effect.tsx'
import { useWallets, type Wallet } from './policies.ts'
import { words } from './words.ts'

type Template = Answered<'listPolicyTemplates'>['templates'][number]

/** Sets of policies in words: choose one, see what it changes, apply it. */
export function Templates() {
  const t = useT()
  const wallets = useWallets()
  const { data, error } = useRead('listPolicyTemplates', {})
  const [name, choose] = useState<Template['name']>(TEMPLATES[0])
  const chosen = data?.templates.find((one) => one.name === name)
  return (
    <>
      <PageHead
        title={t(words.templates)}
        actions={
          <a className="button" href={linkTo('policies')}>
            {t(words.back)}
          </a>
        }
      />
      <Refusal error={error} />
      {!data && !error && <Loading />}
      <ul className="cards">
        {data?.templates.map((one) => (
          <li key={one.name} className={one.name === name ? 'card chosen' : 'card'}>
            <h2>{one.summary}</h2>
            <p>{one.means}</p>
            <h3>{t(words.stops)}</h3>
            <ul>
              {one.stops.map((line) => (
                <li key={line}>{line}</li>
              ))}
            </ul>
            <button
              type="button"
              className={one.name === name ? 'button primary' : 'button'}
              aria-pressed={one.name === name}
              aria-label={`${t(words.choose)}: ${one.summary}`}
              onClick={() => choose(one.name)}
            >
              {t(one.name === name ? words.chosen : words.choose)}
            </button>
          </li>
        ))}
      </ul>
      {chosen && wallets.length === 0 && <Empty>{t(words.noWallet)}</Empty>}
      {chosen && wallets.length > 0 && <Apply key={chosen.name} template={chosen} wallets={wallets} />}
    </>
  )
}

type Named = Readonly<Record<(typeof TEMPLATE_NEEDS)[number], string>>
const linesOf = (text: string): string[] => text.split(/[\s,]+/).filter((line) => line !== '')

function Apply({ template, wallets }: { readonly template: Template; readonly wallets: readonly Wallet[] }) {
  const t = useT()
  const [walletId, setWallet] = useState(wallets[0]!.id)
  const [named, setNamed] = useState<Named>({ contracts: '', domains: '', recipients: '' })
  const settled = useSettled(JSON.stringify(named))
  const isWhole = template.needs.every((need) => linesOf(named[need]).length > 0)
  const asked = (now: Named): Asked<'previewPolicyTemplate'> => ({
    ...{ template: template.name, walletId },
    ...Object.fromEntries(template.needs.map((need) => [need, linesOf(now[need])])),
  })
  const isAsked = isWhole && settled === JSON.stringify(named)
  const preview = useRead('previewPolicyTemplate', asked(named), { enabled: isAsked })
  const { act, busy, error } = useAct('applyPolicyTemplate')
  const [done, setDone] = useState(false)
  const change = isAsked ? preview.data : undefined
  async function apply() {
    if (await act({ ...asked(named), dryRun: false })) setDone(true)
  }
  return (
    <div className="two-sides">
      <Panel title={template.summary}>
        <SelectField
          label={t(words.ofWallet)}
          value={walletId}
          change={setWallet}
          choices={wallets.map(({ id, name }) => ({ value: id, label: name }))}
        />
        {template.needs.map((need) => (
          <Field key={need} label={t(words[need])}>
            {(id, about) => (
              <textarea
                id={id}
                aria-describedby={about}
                rows={3}
                spellCheck={false}
                className="mono"
                value={named[need]}
                onChange={(event) => setNamed({ ...named, [need]: event.target.value })}
              />
            )}
          </Field>
        ))}
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
        draft={change && draftOf(change, (name) => wallets.find((one) => one.name === name)?.id)}
        walletId={walletId}
      />
    </div>
  )
}

import type { Strictness } from '@waiaas/contract'
import { useState } from 'react'
import { type Answered, useRead } from '../../data/use.ts'
import { SelectField } from '../../parts/fields.tsx'
import { Loading, Panel } from '../../parts/panel.tsx'
import { Refusal } from '../../parts/refusal.tsx'
import { useSettled } from '../../parts/settled.ts'
import { Badge, type Tone } from '../../parts/values.tsx'
import { useT } from '../../words/language.tsx'
import { useChoiceName } from './labels.ts'
import { type Draft, summaryOfEffects, useWallets } from './policies.ts'
import { words } from './words.ts'

const TONES: Readonly<Record<Strictness, Tone>> = { same: 'plain', tighter: 'good', looser: 'bad', different: 'warn' }

/** How two sets of policies compare, in a word. */
export function StrictnessBadge({ change }: { readonly change: Strictness }) {
  return <Badge tone={TONES[change]}>{useT()(words[change])}</Badge>
}

type Props = {
  /** Undefined while it is no whole draft. */
  readonly draft: Draft | undefined
  /** The one that the policies are of; else somebody chooses. */
  readonly walletId: string | null
}

/** What a draft would change: how it compares, what the last 30 days would have been, and the worst case. */
export function Effect({ draft, walletId }: Props) {
  const t = useT()
  const wallets = useWallets()
  const [chosen, choose] = useState<string>()
  // Compared by what it says, so that another draft of the same is not asked for again.
  const text = useSettled(draft === undefined ? '' : JSON.stringify(draft))
  const wallet = walletId ?? chosen ?? wallets[0]?.id
  return (
    <Panel title={t(words.effect)}>
      {walletId === null && wallets.length > 1 && (
        <SelectField
          label={t(words.effectFor)}
          value={wallet ?? ''}
          change={choose}
          choices={wallets.map(({ id, name }) => ({ value: id, label: name }))}
        />
      )}
      <div aria-live="polite" className="effect">
        {wallet === undefined && <p className="quiet">{t(words.noWallet)}</p>}
        {text === '' && <p className="quiet">{t(words.typing)}</p>}
        {wallet !== undefined && text !== '' && (
          <Seen draft={JSON.parse(text)} walletId={wallet} isOfAll={walletId === null} />
        )}
      </div>
    </Panel>
  )
}

/** While somebody types: as many as are decided again in a moment. */
const MOST_REPLAYED = 5_000

type SeenProps = { readonly draft: Draft; readonly walletId: string; readonly isOfAll: boolean }

function Seen({ draft, walletId, isOfAll }: SeenProps) {
  const t = useT()
  const diff = useRead('diffPolicies', { walletId, draft })
  const replay = useRead('replayPolicies', { draft, most: MOST_REPLAYED, ...(!isOfAll && { walletId }) })
  const worst = useRead('draftExposure', { id: walletId, draft })
  if (diff.error) return <Refusal error={diff.error} />
  if (!diff.data) return <Loading />
  return (
    <>
      <p>
        <StrictnessBadge change={diff.data.change} /> {diff.data.message}
      </p>
      <Witnesses found={diff.data.witnesses} />
      <h3>{t(words.worstTitle)}</h3>
      <Refusal error={worst.error} />
      {worst.data ? <Worst answer={worst.data} /> : !worst.error && <Loading />}
      <h3>{t(words.replayTitle)}</h3>
      <Refusal error={replay.error} />
      {replay.data ? <Replayed answer={replay.data} /> : !replay.error && <Loading />}
    </>
  )
}

/** Payments that show how the two differ. */
function Witnesses({ found }: { readonly found: Answered<'diffPolicies'>['witnesses'] }) {
  const t = useT()
  const nameOf = useChoiceName()
  const cameOut = ({ outcome, tier }: (typeof found)[number]['before']) => nameOf(outcome === 'DENY' ? 'DENY' : tier)
  return found.map(({ shows, effects, before, after }) => (
    <div key={shows} className="witness">
      <p className="about">{t(words.witness)}</p>
      <p>{summaryOfEffects(effects)}</p>
      <dl className="was-is">
        <dt>{t(words.was)}</dt>
        <dd>{cameOut(before)}</dd>
        <dt>{t(words.is)}</dt>
        <dd>{cameOut(after)}</dd>
      </dl>
    </div>
  ))
}

function Worst({ answer: { text, current, draft } }: { readonly answer: Answered<'draftExposure'> }) {
  const t = useT()
  return (
    <>
      <p className="said">{text}</p>
      <dl className="was-is">
        <dt>{t(words.was)}</dt>
        <dd>{current.text}</dd>
        <dt>{t(words.is)}</dt>
        <dd>{draft.text}</dd>
      </dl>
    </>
  )
}

function Replayed({ answer: { draft, isWhole } }: { readonly answer: Answered<'replayPolicies'> }) {
  const t = useT()
  const nameOf = useChoiceName()
  if (!draft || draft.requests === 0) return <p className="quiet">{t(words.replayNone)}</p>
  const moved = draft.changes.filter(({ before, after }) => before !== after)
  const more = !isWhole && <p className="quiet">{t(words.partly)}</p>
  if (moved.length === 0)
    return (
      <>
        <p>{t(words.replaySame, { count: draft.requests })}</p>
        {more}
      </>
    )
  return (
    <>
      <div className="table-place">
        <table className="table tight">
          <caption className="hidden">{t(words.replayTitle)}</caption>
          <thead>
            <tr>
              <th scope="col">{t(words.before)}</th>
              <th scope="col">{t(words.after)}</th>
              <th scope="col" className="number">
                {t(words.replayCount)}
              </th>
              <th scope="col" className="number">
                {t(words.dollars)}
              </th>
            </tr>
          </thead>
          <tbody>
            {moved.map(({ before, after, count, usd }) => (
              <tr key={`${before} ${after}`}>
                <td data-head={t(words.before)}>{nameOf(before)}</td>
                <td data-head={t(words.after)}>{nameOf(after)}</td>
                <td data-head={t(words.replayCount)} className="number">
                  {count}
                </td>
                <td data-head={t(words.dollars)} className="number">
                  {usd}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {more}
    </>
  )
}

import type { PolicySetChange, PolicySetChanged } from '@waiaas/contract'
import { Badge, type Tone } from '../../parts/values.tsx'
import { useT } from '../../words/language.tsx'
import { StrictnessBadge } from './effect.tsx'
import { saidOf, typeWords } from './policies.ts'
import { words } from './words.ts'

const KINDS = { ADDED: words.added, CHANGED: words.changed, REMOVED: words.removed } as const
const TONES: Readonly<Record<PolicySetChange['change'], Tone>> = { ADDED: 'good', CHANGED: 'warn', REMOVED: 'bad' }

/** What a document or a template would change, policy by policy. */
export function Changes({ answer }: { readonly answer: PolicySetChanged }) {
  const t = useT()
  if (answer.changes.length === 0) return <p className="quiet">{t(words.noChange)}</p>
  return (
    <>
      <p>
        <StrictnessBadge change={answer.effect} />
      </p>
      <ul className="changes">
        {answer.changes.map((change) => (
          <li key={JSON.stringify([change.policyId, change.type, change.wallet, change.name, change.network])}>
            <Change change={change} />
          </li>
        ))}
      </ul>
    </>
  )
}

function Change({ change }: { readonly change: PolicySetChange }) {
  const t = useT()
  const { type, name, wallet, network, sessionLabel, before, after, effect } = change
  const of = [
    wallet ?? t(words.everyWallet),
    ...(network === null ? [] : [t(words.onNetwork, { network })]),
    ...(sessionLabel === null ? [] : [t(words.ofLabel, { label: sessionLabel })]),
  ]
  return (
    <>
      <div className="policy-head">
        <Badge tone={TONES[change.change]}>{t(KINDS[change.change])}</Badge>
        <strong>{t(typeWords(type))}</strong>
        {name && <span className="mono quiet">{name}</span>}
        <StrictnessBadge change={effect} />
      </div>
      <p className="quiet small-text">{of.join(' · ')}</p>
      {change.replacesDefault && <p className="quiet small-text">{t(words.replacesDefault)}</p>}
      <dl className="was-is">
        {before && <Side head={t(words.was)} type={type} side={before} />}
        {after && <Side head={t(words.is)} type={type} side={after} />}
      </dl>
    </>
  )
}

type SideProps = { readonly head: string; readonly type: string; readonly side: NonNullable<PolicySetChange['after']> }
function Side({ head, type, side }: SideProps) {
  const t = useT()
  return (
    <>
      <dt>{head}</dt>
      <dd>
        {!side.enabled && <Badge>{t(words.off)}</Badge>} {saidOf(type, side.rules).join('. ')}
      </dd>
    </>
  )
}

import { type Answered, useRead } from '../../data/use.ts'
import { Actor } from '../../parts/actor.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Refusal } from '../../parts/refusal.tsx'
import { Badge, Name, type Tone, When } from '../../parts/values.tsx'
import { eventTold } from '../../words/events.ts'
import { useT } from '../../words/language.tsx'
import { severityTones, severityWords } from '../evidence/severities.ts'
import { detailWords as words } from './detail-words.ts'
import { feeText } from './fee.ts'
import { attemptWords, purposeWords } from './story-words.ts'
import type { Detailed } from './types.ts'

type Attempt = Detailed['attempts'][number]
type Event = Answered<'listAuditLogs'>['data'][number]
type Moment = { readonly key: string; readonly at: number; readonly order: number; readonly told: React.ReactNode }

/** What was done with it, one after the other: what the evidence tells, and what was signed. */
export function Story({ one }: { readonly one: Detailed }) {
  const t = useT()
  const audit = useRead('listAuditLogs', { tx_id: one.id, limit: 200 })
  const moments: Moment[] = [
    ...(audit.data?.data ?? []).map((event) => ({
      key: `event ${event.id}`,
      at: event.timestamp,
      order: event.id,
      told: <EventLine event={event} />,
    })),
    ...one.attempts.map((attempt, place) => ({
      key: `attempt ${place}`,
      at: attempt.createdAt,
      order: place,
      told: <AttemptLine one={one} attempt={attempt} />,
    })),
  ].sort((a, b) => a.at - b.at || a.order - b.order)
  return (
    <Panel title={t(words.story)}>
      <Refusal error={audit.error} />
      <ol className="story">
        {moments.map(({ key, at, told }) => (
          <li key={key}>
            <span className="quiet small-text">
              <When at={at} />
            </span>
            <div>{told}</div>
          </li>
        ))}
      </ol>
    </Panel>
  )
}

/** What an event means, who did it, and why where somebody said so. */
function EventLine({ event: { eventType, actor, severity, details } }: { readonly event: Event }) {
  const t = useT()
  const why = typeof details.reason === 'string' ? details.reason : undefined
  return (
    <>
      {severity !== 'info' && <Badge tone={severityTones[severity]}>{t(severityWords[severity])}</Badge>}{' '}
      {t(eventTold(eventType))}{' '}
      <span className="quiet">
        <Actor actor={actor} />
      </span>
      {why && <span className="quiet small-text below">{why}</span>}
    </>
  )
}

const ATTEMPT_TONES: Readonly<Record<Attempt['state'], Tone>> = {
  issued: 'plain',
  recorded: 'plain',
  included: 'good',
  final: 'good',
  void: 'warn',
  dropped: 'warn',
  reused: 'warn',
}

/** One signature: what for, what became of it, and what it costs. */
function AttemptLine({ one, attempt }: { readonly one: Detailed; readonly attempt: Attempt }) {
  const t = useT()
  const { purpose, state, nonce, txHash, explorerUrl, maxFee, paidFee, error } = attempt
  const fee = paidFee
    ? t(words.feePaid, { fee: feeText(one, paidFee) })
    : t(words.feeMost, { fee: feeText(one, maxFee) })
  return (
    <>
      <Badge tone={ATTEMPT_TONES[state]}>{t(attemptWords[state])}</Badge> {t(purposeWords[purpose])}
      {nonce !== null && ` #${nonce}`} <span className="quiet">{fee}</span> {txHash && <Name id={txHash} />}{' '}
      {explorerUrl && (
        <a href={explorerUrl} target="_blank" rel="noreferrer">
          {t(words.opensExplorer)}
        </a>
      )}
      {error && <span className="quiet small-text below">{error}</span>}
    </>
  )
}

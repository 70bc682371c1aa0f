import { type Base, formatUnits, parseUnits } from '@waiaas/contract'
import { useState } from 'react'
import { type Answered, useAct, useRead } from '../../data/use.ts'
import { Confirm } from '../../parts/dialog.tsx'
import { AmountField, SwitchField } from '../../parts/fields.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Refusal } from '../../parts/refusal.tsx'
import { useT } from '../../words/language.tsx'
import type { Words } from '../../words/pair.ts'
import { detailWords as words } from './detail-words.ts'
import { feeDecimals, feeText } from './fee.ts'
import type { Detailed } from './types.ts'

type Props = { readonly one: Detailed }
type AskProps = Props & { readonly close: () => void }

/** What can still be said to it: approve, reject, cancel, outbid. */
export function Answers({ one }: Props) {
  switch (one.status) {
    case 'QUEUED':
      return one.tier === 'APPROVAL' ? <Asking one={one} /> : <Cancelling one={one} />
    case 'PENDING':
    case 'GAS_WAITING':
      return <Cancelling one={one} />
    case 'SUBMITTED':
      return isOutbid(one) ? <Outbidding one={one} /> : null
    default:
      return null
  }
}

/** What is sent on a numbered place in line can be outbid there. */
const isOutbid = ({ attempts }: Detailed): boolean => attempts.at(-1)?.nonce != null

/** The card that every channel shows, and the answers to it. */
function Asking({ one }: Props) {
  const t = useT()
  const [asked, setAsked] = useState<'approve' | 'reject'>()
  const card = useRead('getCard', { id: one.id }).data
  if (!card) return null
  return (
    <Panel
      title={t(words.card)}
      actions={
        <>
          <button type="button" className="button" onClick={() => setAsked('reject')}>
            {t(words.reject)}
          </button>
          <button type="button" className="button primary" onClick={() => setAsked('approve')}>
            {t(words.approve)}
          </button>
        </>
      }
    >
      <CardText card={card} />
      {one.owners && <p>{t(words.owners, { agreed: one.owners.agreed.length, needed: one.owners.needed })}</p>}
      {asked === 'approve' && <Approve one={one} card={card} close={() => setAsked(undefined)} />}
      {asked === 'reject' && <Reject one={one} card={card} close={() => setAsked(undefined)} />}
    </Panel>
  )
}

type Card = Answered<'getCard'>

/** The card, as the daemon writes it. */
function CardText({ card: { title, lines, warnings } }: { readonly card: Card }) {
  return (
    <div className="card-text">
      <p className="card-title">{title}</p>
      <ul>
        {lines.map((line) => (
          <li key={line} className={warnings.includes(line) ? 'warning' : ''}>
            {line}
          </li>
        ))}
      </ul>
    </div>
  )
}

function Approve({ one, card, close }: AskProps & { readonly card: Card }) {
  const t = useT()
  const { act, busy, error } = useAct('adminApproveTransaction')
  const fee = useFee(one)
  const isAbove = one.decision?.reasons.some(({ code }) => code === 'ABOVE_CEILING') ?? false
  const [overCeiling, setOver] = useState(false)
  async function approve() {
    const answer = await act({ id: one.id, code: card.code, maxFee: fee.units, ...(overCeiling && { overCeiling }) })
    if (answer) close()
  }
  return (
    <Confirm
      title={t(words.approveTitle)}
      yes={t(words.approve)}
      onYes={approve}
      close={close}
      busy={busy}
      disabled={fee.isWrong}
    >
      <CardText card={card} />
      <FeeField one={one} fee={fee} />
      {isAbove && <SwitchField label={t(words.above)} hint={t(words.aboveHint)} on={overCeiling} change={setOver} />}
      <Refusal error={error} />
    </Confirm>
  )
}

function Reject({ one, card, close }: AskProps & { readonly card: Card }) {
  const t = useT()
  const { act, busy, error } = useAct('adminRejectTransaction')
  async function reject() {
    if (await act({ id: one.id, code: card.code })) close()
  }
  return (
    <Confirm title={t(words.rejectTitle)} yes={t(words.reject)} onYes={reject} close={close} busy={busy} danger>
      <p>{card.title}</p>
      <Refusal error={error} />
    </Confirm>
  )
}

/** Nothing of it is signed: it ends here. */
function Cancelling({ one }: Props) {
  const t = useT()
  const [isAsked, setAsked] = useState(false)
  const { act, busy, error } = useAct('adminCancelTransaction')
  const cancel = async () => {
    if (await act({ id: one.id })) setAsked(false)
  }
  return (
    <div className="answers-row">
      <button type="button" className="button" onClick={() => setAsked(true)}>
        {t(words.cancel)}
      </button>
      {isAsked && (
        <Confirm
          title={t(words.cancelTitle)}
          yes={t(words.cancel)}
          onYes={cancel}
          close={() => setAsked(false)}
          busy={busy}
          danger
        >
          <p>{t(words.cancelWhy)}</p>
          <Refusal error={error} />
        </Confirm>
      )}
    </div>
  )
}

type Purpose = 'speed-up' | 'cancel'
const outbids: Readonly<Record<Purpose, { readonly name: Words; readonly why: Words }>> = {
  'speed-up': { name: words.speedUp, why: words.speedUpWhy },
  cancel: { name: words.cancelSent, why: words.cancelSentWhy },
}

/** It is sent and in no block yet: a higher fee takes its place in line. */
function Outbidding({ one }: Props) {
  const t = useT()
  const [asked, setAsked] = useState<Purpose>()
  return (
    <div className="answers-row">
      {(['speed-up', 'cancel'] as const).map((purpose) => (
        <button key={purpose} type="button" className="button" onClick={() => setAsked(purpose)}>
          {t(outbids[purpose].name)}
        </button>
      ))}
      {asked && <Outbid one={one} purpose={asked} close={() => setAsked(undefined)} />}
    </div>
  )
}

function Outbid({ one, purpose, close }: AskProps & { readonly purpose: Purpose }) {
  const t = useT()
  const { act, busy, error } = useAct('replaceTransaction')
  const next = useRead('previewReplacement', { id: one.id, with: purpose })
  const newest = one.attempts.at(-1)
  // What a human has approved bounds its fee until they name another one.
  const isBound = one.fee?.named != null
  const fee = useFee(one, newest && isBound ? outbidding(newest.maxFee) : undefined)
  const { name, why } = outbids[purpose]
  async function outbid() {
    if (await act({ id: one.id, with: purpose, maxFee: fee.units })) close()
  }
  return (
    <Confirm title={t(name)} yes={t(name)} onYes={outbid} close={close} busy={busy} disabled={fee.isWrong}>
      <p>{t(why)}</p>
      {newest && <p>{t(words.feeNow, { fee: feeText(one, newest.maxFee) })}</p>}
      <p role="status">{next.data && t(words.feeNext, { fee: `${next.data.maxFeeFormatted} ${next.data.symbol}` })}</p>
      <FeeField one={one} fee={fee} />
      <Refusal error={error} />
      <NeededFee one={one} fee={fee} needed={error?.details?.needed} />
    </Confirm>
  )
}

/** Half as much again: nodes take what is an eighth more, and prices move. */
const outbidding = (maxFee: string): bigint => (BigInt(maxFee) * 3n) / 2n

type NeededProps = Props & { readonly fee: Fee; readonly needed: unknown }

/** What it would cost, where that was more than was let pass: filled in by a press. */
function NeededFee({ one, fee, needed }: NeededProps) {
  const t = useT()
  const decimals = feeDecimals(one)
  if (typeof needed !== 'string' || !/^\d+$/.test(needed) || decimals === undefined) return null
  const text = formatUnits(BigInt(needed), decimals)
  return (
    <button type="button" className="button" onClick={() => fee.change(text)}>
      {t(words.letItCome, { fee: feeText(one, needed) })}
    </button>
  )
}

type Fee = {
  readonly text: string
  readonly change: (text: string) => void
  /** Base units, as the wire has them; undefined where nothing is filled in. */
  readonly units: string | undefined
  readonly isWrong: boolean
}

/** A fee that a person names in whole units. */
function useFee(one: Detailed, suggested?: bigint): Fee {
  const decimals = feeDecimals(one)
  const first = suggested === undefined || decimals === undefined ? '' : formatUnits(suggested, decimals)
  const [text, change] = useState(first)
  const units = decimals === undefined || text === '' ? undefined : unitsOf(text, decimals)
  return { text, change, units: units?.toString(), isWrong: text !== '' && units === undefined }
}

function unitsOf(text: string, decimals: number): Base | undefined {
  try {
    return parseUnits(text, decimals)
  } catch {
    // The field says that it is no amount.
    return undefined
  }
}

function FeeField({ one, fee: { text, change, isWrong } }: Props & { readonly fee: Fee }) {
  const t = useT()
  const decimals = feeDecimals(one)
  if (decimals === undefined || !one.fee) return null
  return (
    <AmountField
      label={t(words.atMost)}
      hint={t(words.atMostHint, { symbol: one.fee.symbol })}
      wrong={isWrong ? t(words.noAmount, { example: formatUnits(BigInt(one.fee.max), decimals) }) : undefined}
      unit={one.fee.symbol}
      value={text}
      change={change}
    />
  )
}

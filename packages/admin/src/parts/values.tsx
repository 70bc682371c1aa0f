import { Meter } from '@base-ui/react/meter'
import { Tooltip } from '@base-ui/react/tooltip'
import { type ReactNode, useState } from 'react'
import { common } from '../words/common.ts'
import { useLanguage, useT } from '../words/language.tsx'
import { cents } from '../words/sentence.ts'

/** An amount as the daemon writes it, and what it is worth beside it. */
export function Money({
  amount,
  unit,
  usd,
}: {
  readonly amount?: string
  readonly unit?: string
  readonly usd?: string | null
}) {
  return (
    <span className="money">
      {amount !== undefined && (
        <span>
          {amount}
          {unit && ` ${unit}`}
        </span>
      )}
      {usd != null && (
        <span className={amount === undefined ? '' : 'quiet'} title={`$${usd}`}>
          ${cents(usd.includes('.') ? usd : `${usd}.00`)}
        </span>
      )}
    </span>
  )
}

const STEPS = [
  [60, 'second'],
  [60, 'minute'],
  [24, 'hour'],
  [30, 'day'],
  [12, 'month'],
] as const

/** A time from now in the largest whole unit. */
function relative(seconds: number, language: string): string {
  const format = new Intl.RelativeTimeFormat(language, { numeric: 'auto' })
  let value = seconds
  for (const [size, unit] of STEPS) {
    if (Math.abs(value) < size) return format.format(Math.round(value), unit)
    value /= size
  }
  return format.format(Math.round(value), 'year')
}

/** A moment, given in seconds: how long ago or ahead, with the whole time on hover. */
export function When({ at }: { readonly at: number | null | undefined }) {
  const { language } = useLanguage()
  const t = useT()
  if (at == null) return <span className="quiet">{t(common.unknown)}</span>
  const date = new Date(at * 1_000)
  const whole = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'medium' }).format(date)
  return (
    <time dateTime={date.toISOString()} title={whole}>
      {relative(at - Date.now() / 1_000, language)}
    </time>
  )
}

/** The middle of a long id is left out. */
export const shortened = (id: string): string => (id.length > 14 ? `${id.slice(0, 6)}…${id.slice(-4)}` : id)

/** What a thing is called: its name, else its id in short; the id whole on hover and by a copy. */
export function Name({ id, name }: { readonly id: string; readonly name?: string | null | undefined }) {
  return (
    <span className="name">
      <Tooltip.Root>
        <Tooltip.Trigger render={<span />} className={name ? '' : 'mono'}>
          {name || shortened(id)}
        </Tooltip.Trigger>
        <Tooltip.Portal>
          <Tooltip.Positioner sideOffset={6} className="popup-place">
            <Tooltip.Popup className="tooltip mono">{id}</Tooltip.Popup>
          </Tooltip.Positioner>
        </Tooltip.Portal>
      </Tooltip.Root>
      <Copy text={id} />
    </span>
  )
}

/** Puts a text where it can be pasted from. */
export function Copy({ text, children }: { readonly text: string; readonly children?: ReactNode }) {
  const t = useT()
  const [copied, setCopied] = useState(false)
  const copy = () =>
    void navigator.clipboard.writeText(text).then(
      () => setCopied(true),
      () => setCopied(false),
    )
  return (
    <button
      type="button"
      className={children ? 'button' : 'icon-button small'}
      aria-label={children ? undefined : `${t(copied ? common.copied : common.copy)} ${text}`}
      onClick={copy}
    >
      {children ?? (copied ? '✓' : <CopyIcon />)}
    </button>
  )
}

/** Drawn, as not every font has a sign for it. */
const CopyIcon = () => (
  <svg
    width="15"
    height="15"
    viewBox="0 0 16 16"
    fill="none"
    stroke="currentColor"
    strokeWidth="1.4"
    aria-hidden="true"
  >
    <rect x="5.5" y="5.5" width="8" height="8" rx="1.5" />
    <path d="M10.5 5.5v-2a1 1 0 0 0-1-1h-6a1 1 0 0 0-1 1v6a1 1 0 0 0 1 1h2" />
  </svg>
)

export type Tone = 'good' | 'warn' | 'bad' | 'plain'

/** One word about a state. */
export const Badge = ({ tone = 'plain', children }: { readonly tone?: Tone; readonly children: ReactNode }) => (
  <span className={`badge ${tone}`}>{children}</span>
)

type BarProps = {
  readonly label: string
  /** Of one, or more where it is over. */
  readonly share: number
  readonly text: ReactNode
  readonly hint?: ReactNode
}

/** How much of a limit is spent. */
export function Bar({ label, share, text, hint }: BarProps) {
  const full = Math.max(0, Math.min(1, share))
  const tone = share >= 0.9 ? 'bad' : share >= 0.7 ? 'warn' : 'good'
  return (
    <Meter.Root
      className="bar"
      value={Math.round(full * 100)}
      {...(typeof text === 'string' && { getAriaValueText: () => text })}
    >
      <div className="bar-text">
        <Meter.Label>{label}</Meter.Label>
        <span className="number">{text}</span>
      </div>
      <Meter.Track className="bar-track">
        <Meter.Indicator className={`bar-fill ${tone}`} />
      </Meter.Track>
      {hint && <div className="quiet small-text">{hint}</div>}
    </Meter.Root>
  )
}

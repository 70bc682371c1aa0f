import { formatUnits, parseUnits } from '@waiaas/contract'
import { useId, useState } from 'react'
import { AmountField, SelectField, TextField } from '../../../parts/fields.tsx'
import { useLanguage, useT } from '../../../words/language.tsx'
import { words } from '../words.ts'
import { useForm } from './context.ts'
import { numberOrText } from './shape.ts'

export type LeafProps = {
  readonly label: string
  readonly hint?: string | undefined
  readonly wrong: string | undefined
  readonly value: unknown
  readonly change: (next: unknown) => void
}

const textOf = (value: unknown): string => (value === undefined || value === null ? '' : String(value))

export const TextLeaf = ({ value, change, ...rest }: LeafProps) => (
  <TextField {...rest} value={textOf(value)} change={change} />
)

export const NumberLeaf = ({ value, change, ...rest }: LeafProps) => (
  <TextField {...rest} inputMode="decimal" value={textOf(value)} change={(text) => change(numberOrText(text))} />
)

export const UsdLeaf = ({ value, change, ...rest }: LeafProps) => (
  <AmountField {...rest} unit="USD" value={textOf(value)} change={(text) => change(numberOrText(text))} />
)

/** Whole units where the currency is known, which its base units are stored as; base units else. */
export function NativeLeaf({ value, change, ...rest }: LeafProps) {
  const t = useT()
  const { native } = useForm()
  const [typed, setTyped] = useState('')
  if (!native) return <AmountField {...rest} unit={t(words.baseUnits)} value={textOf(value)} change={change} />
  const { decimals, symbol } = native
  const shown = unitsIn(typed, decimals) === value ? typed : wholeOf(textOf(value), decimals)
  function type(text: string) {
    setTyped(text)
    change(unitsIn(text, decimals))
  }
  // What the schema says of it is about base units.
  return <AmountField {...rest} hint={undefined} unit={symbol} value={shown} change={type} />
}

/** Base units of a text in whole units; the text itself where it is none, which the rules refuse. */
function unitsIn(text: string, decimals: number): string {
  try {
    return String(parseUnits(text, decimals))
  } catch {
    return text
  }
}
const wholeOf = (digits: string, decimals: number): string =>
  /^\d{1,78}$/.test(digits) ? formatUnits(BigInt(digits), decimals) : digits

export const TokenLeaf = ({ value, change, ...rest }: LeafProps) => (
  <AmountField {...rest} unit={useT()(words.baseUnits)} value={textOf(value)} change={change} />
)

/** An address, with the name that a contact or wallet has for it. */
export function AddressLeaf({ value, change, hint, ...rest }: LeafProps) {
  const t = useT()
  const id = useId()
  const { known } = useForm()
  const text = textOf(value)
  const named = known.find(({ address }) => address === text)
  // Who types a name means its address.
  const type = (typed: string) => change(known.find(({ name }) => name === typed.trim())?.address ?? typed.trim())
  return (
    <>
      <TextField
        {...rest}
        hint={named ? t(words.isNamed, { name: named.name }) : hint}
        list={id}
        className="mono"
        value={text}
        change={type}
      />
      <datalist id={id}>
        {known.map(({ name, address }) => (
          <option key={`${name} ${address}`} value={address} label={name} />
        ))}
      </datalist>
    </>
  )
}

/** A family or a network, as it is called elsewhere too. */
export function PlaceLeaf({ value, change, ...rest }: LeafProps) {
  const id = useId()
  return (
    <>
      <TextField {...rest} list={id} value={textOf(value)} change={change} />
      <datalist id={id}>
        {useForm().places.map((place) => (
          <option key={place} value={place} />
        ))}
      </datalist>
    </>
  )
}

/** 2026-03-01 is a Sunday. */
const SUNDAY = Date.UTC(2026, 2, 1)
export function WeekdayLeaf({ value, change, ...rest }: LeafProps) {
  const { language } = useLanguage()
  const name = new Intl.DateTimeFormat(language, { weekday: 'long', timeZone: 'UTC' })
  const choices = [1, 2, 3, 4, 5, 6, 0].map((day) => ({
    value: String(day),
    label: name.format(SUNDAY + day * 86_400_000),
  }))
  return <SelectField {...rest} value={textOf(value)} change={(day) => change(Number(day))} choices={choices} />
}

const UNITS = { days: 86_400, hours: 3_600, minutes: 60, seconds: 1 } as const
type Unit = keyof typeof UNITS
const ALL = Object.keys(UNITS) as Unit[] // the table's own keys

const unitOf = (value: unknown): Unit =>
  (typeof value === 'number' && value > 0 && ALL.find((unit) => value % UNITS[unit] === 0)) || 'seconds'
const secondsIn = (text: string, unit: Unit): number | string =>
  /^\d{1,9}$/.test(text) ? Number(text) * UNITS[unit] : text

/** A time in the unit that says it shortest, or another one that somebody chooses. */
export function DurationLeaf({ value, change, hint, ...rest }: LeafProps) {
  const t = useT()
  const [chosen, setUnit] = useState<Unit>()
  const best = unitOf(value)
  const unit = chosen !== undefined && (typeof value !== 'number' || value % UNITS[chosen] === 0) ? chosen : best
  const text = typeof value === 'number' ? String(value / UNITS[unit]) : textOf(value)
  function turn(next: Unit) {
    setUnit(next)
    change(secondsIn(text, next))
  }
  return (
    <div className="side-by-side">
      <TextField
        {...rest}
        // The unit stands beside it.
        hint={hint === 'seconds' ? undefined : hint}
        inputMode="numeric"
        value={text}
        change={(now) => change(secondsIn(now, unit))}
      />
      <SelectField
        label={t(words.unit)}
        value={unit}
        change={(next) => turn(ALL.find((one) => one === next) ?? 'seconds')}
        choices={ALL.map((one) => ({ value: one, label: t(words[one]) }))}
      />
    </div>
  )
}

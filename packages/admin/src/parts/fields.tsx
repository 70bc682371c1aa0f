import { Switch } from '@base-ui/react/switch'
import { type InputHTMLAttributes, type ReactNode, useId } from 'react'

type Own = { readonly label: string; readonly hint?: ReactNode; readonly wrong?: string | undefined }

/** A label above what is filled in, a hint and what is wrong with it below. */
export function Field({
  label,
  hint,
  wrong,
  children,
}: Own & { readonly children: (id: string, about: string) => ReactNode }) {
  const id = useId()
  const about = `${id}-about`
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children(id, about)}
      <div id={about} className={wrong ? 'about wrong' : 'about'}>
        {wrong ?? hint}
      </div>
    </div>
  )
}

type Text = Own &
  Omit<InputHTMLAttributes<HTMLInputElement>, 'onChange' | 'value'> & {
    readonly value: string
    readonly change: (value: string) => void
  }

/** One line of text. */
export function TextField({ label, hint, wrong, change, ...rest }: Text) {
  return (
    <Field label={label} hint={hint} wrong={wrong}>
      {(id, about) => (
        <input
          spellCheck={false}
          autoCapitalize="off"
          autoComplete="off"
          {...rest}
          id={id}
          aria-describedby={about}
          aria-invalid={wrong !== undefined}
          onChange={(event) => change(event.target.value)}
        />
      )}
    </Field>
  )
}

/** An amount with its unit beside it; as text, so that nothing is lost. */
export function AmountField({ unit, ...rest }: Text & { readonly unit?: string }) {
  const { label, hint, wrong, change, ...input } = rest
  return (
    <Field label={label} hint={hint} wrong={wrong}>
      {(id, about) => (
        <div className="amount">
          <input
            inputMode="decimal"
            autoComplete="off"
            {...input}
            id={id}
            aria-describedby={about}
            aria-invalid={wrong !== undefined}
            onChange={(event) => change(event.target.value)}
          />
          {unit && <span className="unit">{unit}</span>}
        </div>
      )}
    </Field>
  )
}

type Choice = { readonly value: string; readonly label: string }
type Choosing = Own & {
  readonly value: string
  readonly change: (value: string) => void
  readonly choices: readonly Choice[]
}

/** One of several, by the browser's own list: so keys, screen readers and phones do what people know from elsewhere. */
export function SelectField({ label, hint, wrong, value, change, choices }: Choosing) {
  const isListed = choices.some((each) => each.value === value)
  return (
    <Field label={label} hint={hint} wrong={wrong}>
      {(id, about) => (
        <select
          id={id}
          aria-describedby={about}
          aria-invalid={wrong !== undefined}
          value={value}
          onChange={(event) => change(event.target.value)}
        >
          {/* Else the browser shows the first, which nobody chose. */}
          {!isListed && (
            <option value={value} disabled hidden>
              {value}
            </option>
          )}
          {choices.map((each) => (
            <option key={each.value} value={each.value}>
              {each.label}
            </option>
          ))}
        </select>
      )}
    </Field>
  )
}

type Switching = Own & { readonly on: boolean; readonly change: (on: boolean) => void; readonly disabled?: boolean }

/** On or off. */
export function SwitchField({ label, hint, wrong, on, change, disabled = false }: Switching) {
  const id = useId()
  return (
    <div className="field">
      <div className="switching">
        <Switch.Root checked={on} onCheckedChange={change} disabled={disabled} className="switch" aria-labelledby={id}>
          <Switch.Thumb className="thumb" />
        </Switch.Root>
        <span id={id}>{label}</span>
      </div>
      <div className={wrong ? 'about wrong' : 'about'}>{wrong ?? hint}</div>
    </div>
  )
}

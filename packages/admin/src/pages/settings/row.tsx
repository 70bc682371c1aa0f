import { envName } from '@waiaas/contract'
import { AmountField, Field, SelectField, SwitchField, TextField } from '../../parts/fields.tsx'
import { Badge } from '../../parts/values.tsx'
import { useT } from '../../words/language.tsx'
import { type Described, wrongIn } from './edits.ts'
import { words } from './words.ts'

type Props = {
  readonly setting: Described
  readonly value: string | boolean
  /** What was typed; undefined while nothing was, null where it is to be taken back. */
  readonly edit: string | null | undefined
  readonly change: (edit: string | null | undefined) => void
}

/** One setting: what it does, where its value comes from, and a field for it. */
export function Row(props: Props) {
  const { setting, edit, change } = props
  const { key, description, loosens, source, runtime } = setting
  const t = useT()
  return (
    <div className="setting">
      <div className="setting-head">
        <code>{key}</code>
        <Badge tone={source === 'database' ? 'warn' : 'plain'}>{t(words[source])}</Badge>
        {edit !== undefined && <Badge tone="good">{t(words.changed)}</Badge>}
      </div>
      <p>{description}</p>
      {loosens && runtime && <p className="about">{`${loosens.charAt(0).toUpperCase()}${loosens.slice(1)}.`}</p>}
      {runtime ? <Input {...props} /> : <AtStart {...props} />}
      <div className="actions">
        {edit !== undefined && (
          <button
            type="button"
            className="button"
            aria-label={`${t(words.undo)}: ${key}`}
            onClick={() => change(undefined)}
          >
            {t(words.undo)}
          </button>
        )}
        {edit === undefined && source === 'database' && (
          <button
            type="button"
            className="button"
            aria-label={`${t(words.reset)}: ${key}`}
            onClick={() => change(null)}
          >
            {t(words.reset)}
          </button>
        )}
      </div>
    </div>
  )
}

function AtStart({ setting: { key, isCredential }, value }: Props) {
  const t = useT()
  return (
    <>
      <p className="mono">
        {isCredential ? t(value === true ? words.isSet : words.isNotSet) : value || t(words.nothing)}
      </p>
      <p className="about">{t(words.atStart, { key, name: envName(key) })}</p>
    </>
  )
}

function Input({ setting, value, edit, change }: Props) {
  const t = useT()
  const { key, label, isCredential, defaultValue, minimum, maximum, unit, values } = setting
  if (edit === null) return <p className="quiet">{t(words.resets)}</p>
  if (isCredential)
    return (
      <TextField
        label={label}
        hint={t(value === true ? words.isSet : words.isNotSet)}
        type="password"
        autoComplete="new-password"
        value={edit ?? ''}
        change={(text) => change(text === '' ? undefined : text)}
        wrong={edit === undefined ? undefined : wrongIn(key, edit)}
      />
    )
  const now = String(value)
  const text = edit ?? now
  // What is as it was is no change.
  const type = (next: string) => change(next === now ? undefined : next)
  const wrong = edit === undefined ? undefined : wrongIn(key, text)
  const range = minimum === null || maximum === null ? '' : `${t(words.fromTo, { minimum, maximum })}. `
  const hint = `${range}${t(words.unless, { value: defaultValue || t(words.nothing) })}`
  const common = { label, hint, wrong }
  switch (setting.type) {
    case 'boolean':
      return <SwitchField {...common} on={text === 'true'} change={(on) => type(String(on))} />
    case 'enum':
      return (
        <SelectField
          {...common}
          value={text}
          change={type}
          choices={(values ?? []).map((one) => ({ value: one, label: one }))}
        />
      )
    case 'number':
      return <AmountField {...common} {...(unit !== null && { unit })} inputMode="numeric" value={text} change={type} />
    case 'list':
      return (
        <Lines
          {...common}
          hint={`${t(words.lines)} ${hint}`}
          rows={3}
          value={linesOf(text)}
          change={(lines) => type(listOf(lines))}
        />
      )
    case 'json':
      return <Lines {...common} rows={4} value={text} change={type} />
    default:
      return <TextField {...common} value={text} change={type} />
  }
}

type LinesProps = {
  readonly label: string
  readonly hint: string
  readonly wrong: string | undefined
  readonly rows: number
  readonly value: string
  readonly change: (text: string) => void
}
const Lines = ({ label, hint, wrong, rows, value, change }: LinesProps) => (
  <Field label={label} hint={hint} wrong={wrong}>
    {(id, about) => (
      <textarea
        id={id}
        aria-describedby={about}
        rows={rows}
        spellCheck={false}
        className="mono"
        value={value}
        onChange={(event) => change(event.target.value)}
      />
    )}
  </Field>
)

/** A list is text in JSON; somebody types it with a line for each. */
function linesOf(text: string): string {
  try {
    const list: unknown = JSON.parse(text)
    return Array.isArray(list) ? list.join('\n') : text
  } catch {
    return text
  }
}
const listOf = (lines: string): string => JSON.stringify(lines === '' ? [] : lines.split('\n'))

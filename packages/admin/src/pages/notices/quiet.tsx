import { useState } from 'react'
import { type Answered, useAct, useRead } from '../../data/use.ts'
import { TextField } from '../../parts/fields.tsx'
import { Loading, Panel } from '../../parts/panel.tsx'
import { Refusal } from '../../parts/refusal.tsx'
import { useT } from '../../words/language.tsx'
import { words } from './words.ts'

type Values = Answered<'getSettings'>
const fields = {
  'notifications.quiet_hours': { label: words.quietHours, hint: words.quietHoursHint },
  'notifications.quiet_zone': { label: words.quietZone },
  'notifications.quiet_except': { label: words.quietExcept, hint: words.quietExceptHint, isList: true },
} as const
type Key = keyof typeof fields

/** When people are left in peace, and what is told all the same. */
export function QuietPanel() {
  const t = useT()
  const settings = useRead('getSettings', {})
  return (
    <Panel title={t(words.quiet)}>
      <Refusal error={settings.error} />
      {settings.isPending && <Loading />}
      {settings.data && <Fields key={JSON.stringify(textsOf(settings.data))} before={textsOf(settings.data)} />}
    </Panel>
  )
}

/** A list is typed as names one after the other. */
function typed(value: unknown): string {
  const text = String(value ?? '')
  // A list of names in JSON, as the daemon writes it.
  return text.startsWith('[') ? (JSON.parse(text) as string[]).join(', ') : text
}

function textsOf(values: Values): Record<Key, string> {
  const of = (key: Key) => {
    const [section = '', name = ''] = key.split('.')
    return typed(values[section]?.[name])
  }
  return {
    'notifications.quiet_hours': of('notifications.quiet_hours'),
    'notifications.quiet_zone': of('notifications.quiet_zone'),
    'notifications.quiet_except': of('notifications.quiet_except'),
  }
}

function Fields({ before }: { readonly before: Readonly<Record<Key, string>> }) {
  const t = useT()
  const { act, busy, error } = useAct('updateSettings')
  const [texts, setTexts] = useState(before)
  // The table has these keys and no other.
  const keys = Object.keys(fields) as Key[]
  const changed = keys.filter((key) => texts[key] !== before[key])
  const textOf = (key: Key) =>
    'isList' in fields[key]
      ? JSON.stringify(texts[key].split(/[\s,]+/).filter((each) => each !== ''))
      : texts[key].trim()
  return (
    <form
      className="form-row"
      onSubmit={(event) => {
        event.preventDefault()
        void act({ settings: changed.map((key) => ({ key, value: textOf(key) })) })
      }}
    >
      {keys.map((key) => {
        const field = fields[key]
        return (
          <TextField
            key={key}
            label={t(field.label)}
            hint={'hint' in field ? t(field.hint) : undefined}
            value={texts[key]}
            change={(text) => setTexts({ ...texts, [key]: text })}
          />
        )
      })}
      <button type="submit" className="button primary" disabled={busy || changed.length === 0}>
        {t(words.save)}
      </button>
      <Refusal error={error} />
    </form>
  )
}

import { HUMAN_CHANNELS, type HumanChannel, settings } from '@waiaas/contract'
import { useState } from 'react'
import { useAct } from '../../data/use.ts'
import { Dialog } from '../../parts/dialog.tsx'
import { SelectField, TextField } from '../../parts/fields.tsx'
import { Refusal } from '../../parts/refusal.tsx'
import { Copy } from '../../parts/values.tsx'
import { common } from '../../words/common.ts'
import { useT } from '../../words/language.tsx'
import { settingsOf } from './channel-settings.ts'
import { words } from './words.ts'

type Closing = { readonly close: () => void }
const NAMES: Readonly<Record<HumanChannel, string>> = {
  telegram: 'Telegram',
  discord: 'Discord',
  slack: 'Slack',
  ntfy: 'ntfy',
  email: 'E-mail',
}

/** Another way to be told: what it needs depends on its kind. */
export function AddChannel({ close }: Closing) {
  const t = useT()
  const [kind, setKind] = useState<string>('ntfy')
  const human = HUMAN_CHANNELS.find((each) => each === kind)
  return (
    <Dialog title={t(words.addChannel)} close={close}>
      <SelectField
        label={t(words.kind)}
        value={kind}
        change={setKind}
        choices={[
          ...HUMAN_CHANNELS.map((value) => ({ value, label: NAMES[value] })),
          { value: 'push', label: t(words.browser) },
          { value: 'webhook', label: t(words.webhook) },
        ]}
      />
      {human && <HumanFields key={human} channel={human} close={close} />}
      {kind === 'push' && <PushFields close={close} />}
      {kind === 'webhook' && <WebhookFields close={close} />}
    </Dialog>
  )
}

/** What its settings ask for; what a secret was is never shown again. */
function HumanFields({ channel, close }: Closing & { readonly channel: HumanChannel }) {
  const t = useT()
  const { act, busy, error } = useAct('updateSettings')
  const [values, setValues] = useState<Readonly<Record<string, string>>>({})
  const filled = Object.entries(values).filter(([, value]) => value.trim() !== '')
  async function add() {
    if (await act({ settings: filled.map(([key, value]) => ({ key, value: value.trim() })) })) close()
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        void add()
      }}
    >
      {settingsOf(channel).map((key) => (
        <TextField
          key={key}
          label={key.slice('notifications.'.length).replaceAll('_', ' ')}
          hint={settings[key]?.summary}
          type={settings[key]?.secret ? 'password' : 'text'}
          value={values[key] ?? ''}
          change={(value) => setValues({ ...values, [key]: value })}
        />
      ))}
      <Refusal error={error} />
      <button type="submit" className="button primary" disabled={busy || filled.length === 0}>
        {t(words.add)}
      </button>
    </form>
  )
}

/** The parts of the command that the page for browsers shows. */
function subscriptionOf(command: string) {
  const part = (name: string) => new RegExp(`--${name}\\s+'?([^\\s']+)'?`).exec(command)?.[1]
  const [endpoint, p256dh, auth] = [part('endpoint'), part('p256dh'), part('auth')]
  return endpoint && p256dh && auth ? { endpoint, p256dh, auth } : undefined
}

function PushFields({ close }: Closing) {
  const t = useT()
  const { act, busy, error } = useAct('addPush')
  const [name, setName] = useState('')
  const [command, setCommand] = useState('')
  const subscription = subscriptionOf(command)
  async function add() {
    if (subscription && (await act({ name: name.trim(), ...subscription }))) close()
  }
  const page = `${location.origin}/notices`
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        void add()
      }}
    >
      <p>
        {t(words.browserHint, { page })} <Copy text={page} />
      </p>
      <TextField label={t(words.browserName)} value={name} change={setName} />
      <TextField
        label={t(words.browserCommand)}
        wrong={command !== '' && !subscription ? t(words.browserWrong) : undefined}
        value={command}
        change={setCommand}
      />
      <Refusal error={error} />
      <button type="submit" className="button primary" disabled={busy || !subscription || name.trim() === ''}>
        {t(words.add)}
      </button>
    </form>
  )
}

function WebhookFields({ close }: Closing) {
  const t = useT()
  const { act, busy, error } = useAct('createWebhook')
  const [url, setUrl] = useState('')
  const [secret, setSecret] = useState<string>()
  const add = () => void act({ url: url.trim() }).then((made) => setSecret(made?.secret))
  if (secret)
    return (
      <>
        <p role="status">{t(words.webhookSecret)}:</p>
        <p className="mono note">
          {secret} <Copy text={secret} />
        </p>
        <button type="button" className="button" onClick={close}>
          {t(common.close)}
        </button>
      </>
    )
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        add()
      }}
    >
      <TextField label="URL" type="url" value={url} change={setUrl} placeholder="https://example.com/waiaas" />
      <Refusal error={error} />
      <button type="submit" className="button primary" disabled={busy || url.trim() === ''}>
        {t(words.add)}
      </button>
    </form>
  )
}

import { HUMAN_CHANNELS } from '@waiaas/contract'
import { useState } from 'react'
import { type Answered, useAct, useRead } from '../../data/use.ts'
import { Confirm } from '../../parts/dialog.tsx'
import { Empty, Loading, Panel } from '../../parts/panel.tsx'
import { Refusal } from '../../parts/refusal.tsx'
import { type Column, DataTable } from '../../parts/table.tsx'
import { Badge, Name, When } from '../../parts/values.tsx'
import { useT } from '../../words/language.tsx'
import { AddChannel } from './add-channel.tsx'
import { settingsOf } from './channel-settings.ts'
import { words } from './words.ts'

type Channel = Answered<'getNotificationStatus'>['channels'][number]
type Result = Answered<'testNotification'>['results'][number]

/** Over what is told, whether it arrives, and how another is added. */
export function ChannelPanel() {
  const t = useT()
  const status = useRead('getNotificationStatus', {})
  const [isAdding, setAdding] = useState(false)
  const [removed, setRemoved] = useState<string>()
  const test = useAct('testNotification')
  const again = useAct('redeliverNotices')
  const [results, setResults] = useState<readonly Result[]>([])
  const tell = (channel?: string) =>
    void test.act(channel === undefined ? {} : { channel }).then((answer) => setResults(answer?.results ?? []))
  // A channel that is not set up is nothing to look after.
  const channels = status.data?.channels.filter(({ enabled }) => enabled) ?? []
  return (
    <Panel
      title={t(words.channels)}
      actions={
        <>
          <button type="button" className="button" disabled={test.busy || channels.length === 0} onClick={() => tell()}>
            {t(words.testAll)}
          </button>
          <button type="button" className="button primary" onClick={() => setAdding(true)}>
            {t(words.addChannel)}
          </button>
        </>
      }
    >
      <Refusal error={status.error ?? test.error ?? again.error} />
      <Results results={results} />
      {status.isPending && <Loading />}
      {status.data && (
        <Rows
          rows={channels}
          busy={test.busy || again.busy}
          test={tell}
          again={(channel) => void again.act({ channel })}
          remove={setRemoved}
        />
      )}
      {isAdding && <AddChannel close={() => setAdding(false)} />}
      {removed && <Remove channel={removed} close={() => setRemoved(undefined)} />}
    </Panel>
  )
}

const Results = ({ results }: { readonly results: readonly Result[] }) => {
  const t = useT()
  return (
    <div role="status">
      {results.map(({ channel, success, error = '' }) => (
        <p key={channel} className={success ? '' : 'wrong'}>
          {success ? t(words.testArrived, { channel }) : t(words.testFailed, { channel, error })}
        </p>
      ))}
    </div>
  )
}

type RowsProps = {
  readonly rows: readonly Channel[]
  readonly busy: boolean
  readonly test: (channel: string) => void
  readonly again: (channel: string) => void
  readonly remove: (channel: string) => void
}

function Rows({ rows, busy, test, again, remove }: RowsProps) {
  const t = useT()
  const nameOf = useChannelNames()
  const columns: readonly Column<Channel>[] = [
    { key: 'name', head: t(words.channel), cell: ({ name }) => <Name id={name} name={nameOf(name)} /> },
    { key: 'state', head: t(words.state), cell: (channel) => <State channel={channel} /> },
    {
      key: 'error',
      head: t(words.error),
      cell: ({ name, failures, dead }) => (failures > 0 || dead > 0 ? <LastError channel={name} /> : '–'),
    },
    {
      key: 'acts',
      head: t(words.acts),
      cell: ({ name, dead, failures }) => (
        <div className="actions">
          <button type="button" className="button" disabled={busy} onClick={() => test(name)}>
            {t(words.test)}
          </button>
          {dead + failures > 0 && (
            <button type="button" className="button" disabled={busy} onClick={() => again(name)}>
              {t(words.tryAgain)}
            </button>
          )}
          <button type="button" className="button" disabled={busy} onClick={() => remove(name)}>
            {t(words.remove)}
          </button>
        </div>
      ),
    },
  ]
  return (
    <DataTable
      caption={t(words.channels)}
      columns={columns}
      rows={rows}
      idOf={({ name }) => name}
      empty={<Empty>{t(words.noChannels)}</Empty>}
    />
  )
}

/** Browsers and programs by what they are called. */
export function useChannelNames(): (channel: string) => string {
  const pushes = useRead('listPushes', {}).data?.data ?? []
  const webhooks = useRead('listWebhooks', {}).data?.data ?? []
  return (channel) => {
    const [, id] = channel.split(':')
    return pushes.find((each) => each.id === id)?.name ?? webhooks.find((each) => each.id === id)?.url ?? channel
  }
}

function State({ channel: { failures, waiting, dead, nextTryAt } }: { readonly channel: Channel }) {
  const t = useT()
  return (
    <div className="stacked">
      <Badge tone={failures > 0 ? 'bad' : 'good'}>{t(failures > 0 ? words.failing : words.told)}</Badge>
      {waiting > 0 && (
        <span className="quiet small-text">
          {t(words.waiting, { count: waiting })} {nextTryAt !== null && <When at={nextTryAt} />}
        </span>
      )}
      {dead > 0 && <span className="wrong small-text">{t(words.dead, { count: dead })}</span>}
    </div>
  )
}

/** Why the channel did not take the last one that it did not take. */
function LastError({ channel }: { readonly channel: string }) {
  const [last] = useRead('listNotificationLog', { channel, status: 'failed', pageSize: 1 }).data?.logs ?? []
  return <span className="small-text">{last?.error ?? '–'}</span>
}

function Remove({ channel, close }: { readonly channel: string; readonly close: () => void }) {
  const t = useT()
  const nameOf = useChannelNames()
  const settings = useAct('updateSettings')
  const webhook = useAct('deleteWebhook')
  const push = useAct('removePush')
  const all = [settings, webhook, push]
  async function remove() {
    const [kind = '', id = ''] = channel.split(':')
    const human = HUMAN_CHANNELS.find((each) => each === kind)
    if (human) await settings.act({ settings: settingsOf(human).map((key) => ({ key, value: '' })) })
    else if (kind === 'webhook') await webhook.act({ id })
    else await push.act({ id })
    close()
  }
  return (
    <Confirm
      title={t(words.removeTitle, { channel: nameOf(channel) })}
      yes={t(words.remove)}
      onYes={remove}
      close={close}
      busy={all.some(({ busy }) => busy)}
      danger
    >
      <p>{t(words.removeWhy)}</p>
      <Refusal error={all.find(({ error }) => error)?.error} />
    </Confirm>
  )
}

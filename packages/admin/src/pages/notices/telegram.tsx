import { useState } from 'react'
import { type Answered, useAct, useRead } from '../../data/use.ts'
import { SelectField, TextField } from '../../parts/fields.tsx'
import { Empty, Loading, Panel } from '../../parts/panel.tsx'
import { Refusal } from '../../parts/refusal.tsx'
import { type Column, DataTable } from '../../parts/table.tsx'
import { When } from '../../parts/values.tsx'
import { useT } from '../../words/language.tsx'
import { words } from './words.ts'

type Person = Answered<'listTelegramUsers'>['users'][number]
const ROLES = { READONLY: words.readOnly, ADMIN: words.approves }
const roles = ['READONLY', 'ADMIN'] as const

/** Who may use the bot, and who no more. */
export function TelegramPanel() {
  const t = useT()
  const people = useRead('listTelegramUsers', {})
  const unpair = useAct('unpairTelegramUser')
  const columns: readonly Column<Person>[] = [
    { key: 'chat', head: t(words.chatId), cell: ({ chat_id }) => <span className="mono">{chat_id}</span> },
    { key: 'role', head: t(words.role), cell: ({ role }) => t(ROLES[role]) },
    { key: 'since', head: t(words.since), cell: ({ approved_at }) => <When at={approved_at} /> },
    {
      key: 'remove',
      head: t(words.acts),
      cell: ({ chat_id }) => (
        <button
          type="button"
          className="button"
          disabled={unpair.busy}
          onClick={() => void unpair.act({ chatId: String(chat_id) })}
        >
          {t(words.remove)}
        </button>
      ),
    },
  ]
  return (
    <Panel title={t(words.telegram)}>
      <p className="quiet">{t(words.telegramWhy)}</p>
      <Pairing />
      <Refusal error={people.error ?? unpair.error} />
      {people.isPending && <Loading />}
      {people.data && (
        <DataTable
          caption={t(words.telegram)}
          columns={columns}
          rows={people.data.users}
          idOf={({ chat_id }) => String(chat_id)}
          empty={<Empty>{t(words.noPeople)}</Empty>}
        />
      )}
    </Panel>
  )
}

function Pairing() {
  const t = useT()
  const { act, busy, error } = useAct('pairTelegramUser')
  const [chatId, setChatId] = useState('')
  const [role, setRole] = useState<(typeof roles)[number]>('READONLY')
  return (
    <form
      className="form-row"
      onSubmit={(event) => {
        event.preventDefault()
        void act({ chatId: chatId.trim(), role }).then((done) => done && setChatId(''))
      }}
    >
      <TextField
        label={t(words.chatId)}
        hint={t(words.chatIdHint)}
        inputMode="numeric"
        value={chatId}
        change={setChatId}
      />
      <SelectField
        label={t(words.role)}
        value={role}
        change={(next) => setRole(roles.find((each) => each === next) ?? 'READONLY')}
        choices={roles.map((value) => ({ value, label: t(ROLES[value]) }))}
      />
      <button type="submit" className="button primary" disabled={busy || chatId.trim() === ''}>
        {t(words.addPerson)}
      </button>
      <Refusal error={error} />
    </form>
  )
}

import { useState } from 'react'
import { type Answered, useAct, useRead } from '../../data/use.ts'
import { Confirm } from '../../parts/dialog.tsx'
import { TextField } from '../../parts/fields.tsx'
import { Empty, Loading, Panel } from '../../parts/panel.tsx'
import { Refusal } from '../../parts/refusal.tsx'
import { type Column, DataTable } from '../../parts/table.tsx'
import { Copy, Name, When } from '../../parts/values.tsx'
import { useT } from '../../words/language.tsx'
import { words } from './words.ts'

type Token = Answered<'listStopTokens'>['items'][number]

/** Who can stop everything and nothing else. */
export function StopTokenSection() {
  const t = useT()
  const list = useRead('listStopTokens', { limit: 200 })
  const [revoked, setRevoked] = useState<Token>()
  const columns: readonly Column<Token>[] = [
    { key: 'name', head: t(words.name), cell: ({ id, name }) => <Name id={id} name={name} /> },
    { key: 'made', head: t(words.made), cell: ({ createdAt }) => <When at={createdAt} /> },
    {
      key: 'revoke',
      head: t(words.acts),
      cell: (token) => (
        <button type="button" className="button" onClick={() => setRevoked(token)}>
          {t(words.revoke)}
        </button>
      ),
    },
  ]
  return (
    <Panel title={t(words.stopTokens)}>
      <p className="quiet">{t(words.stopTokensWhy)}</p>
      <NewToken />
      <Refusal error={list.error} />
      {list.isPending && <Loading />}
      {list.data && (
        <DataTable
          caption={t(words.stopTokens)}
          columns={columns}
          rows={list.data.items}
          idOf={({ id }) => id}
          empty={<Empty>{t(words.noTokens)}</Empty>}
        />
      )}
      {revoked && <Revoke token={revoked} close={() => setRevoked(undefined)} />}
    </Panel>
  )
}

function NewToken() {
  const t = useT()
  const { act, busy, error } = useAct('createStopToken')
  const [name, setName] = useState('')
  const [token, setToken] = useState<string>()
  async function create() {
    const made = await act({ name: name.trim() })
    if (!made) return
    setToken(made.token)
    setName('')
  }
  return (
    <form
      className="form-row"
      onSubmit={(event) => {
        event.preventDefault()
        void create()
      }}
    >
      <TextField label={t(words.name)} value={name} change={setName} />
      <button type="submit" className="button primary" disabled={busy || name.trim() === ''}>
        {t(words.create)}
      </button>
      <Refusal error={error} />
      {token && (
        <p className="note" role="status">
          {t(words.tokenNow)}: <span className="mono">{token}</span> <Copy text={token} />
        </p>
      )}
    </form>
  )
}

function Revoke({ token: { id, name }, close }: { readonly token: Token; readonly close: () => void }) {
  const t = useT()
  const { act, busy, error } = useAct('revokeStopToken')
  async function revoke() {
    if (await act({ id })) close()
  }
  return (
    <Confirm
      title={t(words.revokeTitle, { name })}
      yes={t(words.revoke)}
      onYes={revoke}
      close={close}
      busy={busy}
      danger
    >
      <p>{t(words.revokeWhy)}</p>
      <Refusal error={error} />
    </Confirm>
  )
}

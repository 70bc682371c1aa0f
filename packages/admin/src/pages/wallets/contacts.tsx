import type { Contact } from '@waiaas/contract'
import { type FormEvent, useState } from 'react'
import { linkTo } from '../../app/link.ts'
import { useAct, useRead } from '../../data/use.ts'
import { Confirm, Dialog } from '../../parts/dialog.tsx'
import { TextField } from '../../parts/fields.tsx'
import { Empty, Loading, PageHead, Panel } from '../../parts/panel.tsx'
import { Refusal } from '../../parts/refusal.tsx'
import { DataTable } from '../../parts/table.tsx'
import { Copy, When } from '../../parts/values.tsx'
import { common } from '../../words/common.ts'
import { useT } from '../../words/language.tsx'
import { words } from './words.ts'

type Open = { readonly what: 'add' | 'change' | 'remove'; readonly contact?: Contact }

/** The operator's address book. */
export function Contacts() {
  const t = useT()
  const [open, setOpen] = useState<Open>()
  const { data, error, isPending } = useRead('listContacts', { limit: 200 })
  const close = () => setOpen(undefined)
  return (
    <>
      <PageHead
        title={t(words.contacts)}
        intro={t(words.contactsIntro)}
        actions={
          <>
            <a className="button" href={linkTo('wallets')}>
              {t(words.back)}
            </a>
            <button type="button" className="button primary" onClick={() => setOpen({ what: 'add' })}>
              {t(words.addContact)}
            </button>
          </>
        }
      />
      <Refusal error={error} />
      <Panel>
        {isPending ? <Loading /> : <ContactTable contacts={data?.items ?? []} open={setOpen} />}
        {data?.hasMore && <p className="quiet">{t(words.more, { command: 'contact list' })}</p>}
      </Panel>
      {open?.what === 'remove' && open.contact && <Removing contact={open.contact} close={close} />}
      {(open?.what === 'add' || open?.what === 'change') && <Editing contact={open.contact} close={close} />}
    </>
  )
}

type TableProps = { readonly contacts: readonly Contact[]; readonly open: (open: Open) => void }

function ContactTable({ contacts, open }: TableProps) {
  const t = useT()
  return (
    <DataTable
      caption={t(words.contacts)}
      rows={contacts}
      idOf={({ id }) => id}
      empty={<Empty>{t(words.noContacts)}</Empty>}
      columns={[
        { key: 'name', head: t(words.name), by: ({ name }) => name, cell: ({ name }) => name },
        { key: 'chain', head: t(words.chain), by: ({ chain }) => chain, cell: ({ chain }) => chain },
        {
          key: 'address',
          head: t(words.address),
          cell: ({ address }) => (
            <span className="mono break">
              {address} <Copy text={address} />
            </span>
          ),
        },
        { key: 'made', head: t(words.made), by: (one) => one.createdAt, cell: (one) => <When at={one.updatedAt} /> },
        {
          key: 'acts',
          head: t(words.acts),
          cell: (contact) => (
            <span className="actions">
              <button type="button" className="button" onClick={() => open({ what: 'change', contact })}>
                {t(words.change)}
              </button>
              <button type="button" className="button" onClick={() => open({ what: 'remove', contact })}>
                {t(words.remove)}
              </button>
            </span>
          ),
        },
      ]}
    />
  )
}

function Editing({ contact, close }: { readonly contact: Contact | undefined; readonly close: () => void }) {
  const t = useT()
  const [name, setName] = useState(contact?.name ?? '')
  const [address, setAddress] = useState('')
  const adding = useAct('addContact')
  const changing = useAct('changeContact')
  const { act, busy, error } = contact ? changing : adding
  async function submit(event: FormEvent) {
    event.preventDefault()
    if (await act({ name, address: address.trim() })) close()
  }
  return (
    <Dialog title={contact ? t(words.changeAsk, { name: contact.name }) : t(words.addContact)} close={close}>
      <form onSubmit={submit}>
        {contact ? (
          <>
            <p>{t(words.changeMeans)}</p>
            <p className="mono break">{contact.address}</p>
          </>
        ) : (
          <TextField label={t(words.name)} hint={t(words.contactHint)} value={name} change={setName} required />
        )}
        <TextField label={t(words.address)} value={address} change={setAddress} required />
        <Refusal error={error} />
        <div className="answers">
          <button type="button" className="button" onClick={close}>
            {t(common.cancel)}
          </button>
          <button type="submit" className="button primary" disabled={busy}>
            {t(words.save)}
          </button>
        </div>
      </form>
    </Dialog>
  )
}

function Removing({ contact: { name }, close }: { readonly contact: Contact; readonly close: () => void }) {
  const t = useT()
  const { act, busy, error } = useAct('removeContact')
  const remove = async () => (await act({ name })) && close()
  return (
    <Confirm
      title={t(words.removeAsk, { name })}
      yes={t(words.removeYes, { name })}
      onYes={remove}
      close={close}
      busy={busy}
      danger
    >
      <p>{t(words.removeMeans)}</p>
      <Refusal error={error} />
    </Confirm>
  )
}

import { useState } from 'react'
import { linkTo } from '../../app/link.ts'
import { useAct, useRead } from '../../data/use.ts'
import { Dialog } from '../../parts/dialog.tsx'
import { SelectField } from '../../parts/fields.tsx'
import { Empty, Loading, PageHead, Panel } from '../../parts/panel.tsx'
import { Refusal } from '../../parts/refusal.tsx'
import { Badge, Name } from '../../parts/values.tsx'
import { common } from '../../words/common.ts'
import { useT } from '../../words/language.tsx'
import { Effect } from './effect.tsx'
import { type Policy, saidOf, typeWords, useWallets, type Wallet } from './policies.ts'
import { words } from './words.ts'

type Deed = { readonly policy: Policy; readonly what: 'remove' | 'switch' }

/** What is in force, in words, by what it is of. */
export function List() {
  const t = useT()
  const wallets = useWallets()
  const [shown, show] = useState('')
  const [deed, setDeed] = useState<Deed>()
  const { data, error, isPending } = useRead('listPolicies', { limit: 500, ...(shown !== '' && { walletId: shown }) })
  const groups = groupsOf(data?.data ?? [], wallets)
  const choices = [{ value: '', label: t(words.all) }, ...wallets.map(({ id, name }) => ({ value: id, label: name }))]
  return (
    <>
      <PageHead title={t(words.title)} intro={t(words.intro)} actions={<Ways />} />
      <Refusal error={error} />
      {isPending && <Loading />}
      {wallets.length > 1 && (
        <div className="one-filter">
          <SelectField label={t(words.shownFor)} value={shown} change={show} choices={choices} />
        </div>
      )}
      {data?.data.length === 0 && (
        <Empty
          action={
            <a href={linkTo('policies', 'templates')} className="button primary">
              {t(words.templates)}
            </a>
          }
        >
          {t(words.none)}
        </Empty>
      )}
      {groups.map(({ name, policies }) => (
        <Panel key={name ?? ''} title={name === undefined ? t(words.everyWallet) : `${t(words.ofWallet)} ${name}`}>
          <ul className="policies">
            {policies.map((policy) => (
              <li key={policy.id}>
                <One policy={policy} ask={(what) => setDeed({ policy, what })} />
              </li>
            ))}
          </ul>
        </Panel>
      ))}
      {deed && <Deed deed={deed} close={() => setDeed(undefined)} />}
    </>
  )
}

function Ways() {
  const t = useT()
  return (
    <>
      <a className="button" href={linkTo('policies', 'templates')}>
        {t(words.templates)}
      </a>
      <a className="button" href={linkTo('policies', 'file')}>
        {t(words.file)}
      </a>
      <a className="button primary" href={linkTo('policies', 'new')}>
        {t(words.newPolicy)}
      </a>
    </>
  )
}

/** Those of each wallet by itself first, then each wallet in the order of the list. */
function groupsOf(policies: readonly Policy[], wallets: readonly Wallet[]) {
  const names = new Map(wallets.map(({ id, name }) => [id, name]))
  const ids = [...new Set(policies.map(({ walletId }) => walletId))].sort((one, other) =>
    one === null ? -1 : other === null ? 1 : 0,
  )
  return ids.map((id) => ({
    name: id === null ? undefined : (names.get(id) ?? id),
    policies: policies.filter(({ walletId }) => walletId === id),
  }))
}

function One({ policy, ask }: { readonly policy: Policy; readonly ask: (what: Deed['what']) => void }) {
  const t = useT()
  const { id, type, name, enabled, network, sessionId, sessionLabel, isDefault, sessionEnded, problem } = policy
  return (
    <div className={enabled && !sessionEnded ? 'policy' : 'policy quiet'}>
      <div className="policy-head">
        <h3>{t(typeWords(type))}</h3>
        {name && <span className="mono quiet">{name}</span>}
        {!enabled && <Badge tone="warn">{t(words.off)}</Badge>}
        {sessionEnded && <Badge>{t(words.ended)}</Badge>}
        {isDefault && <Badge>{t(words.isDefault)}</Badge>}
        {network && <Badge>{t(words.onNetwork, { network })}</Badge>}
        {sessionId && (
          <Badge>
            {t(words.ofSession)} <Name id={sessionId} />
          </Badge>
        )}
        {sessionLabel && <Badge>{t(words.ofLabel, { label: sessionLabel })}</Badge>}
      </div>
      {problem && <p className="about wrong">{problem}</p>}
      <ul className="said">
        {policy.says.map((line) => (
          <li key={line}>{line}.</li>
        ))}
      </ul>
      <div className="actions">
        <a className="button" href={linkTo('policies', id)} aria-label={`${t(words.edit)}: ${t(typeWords(type))}`}>
          {t(words.edit)}
        </a>
        <button type="button" className="button" onClick={() => ask('switch')}>
          {t(enabled ? words.switchOff : words.switchOn)}
        </button>
        <button type="button" className="button" onClick={() => ask('remove')}>
          {t(words.remove)}
        </button>
      </div>
    </div>
  )
}

/** Asks before a policy goes or is switched, with what that would change. */
function Deed({ deed: { policy, what }, close }: { readonly deed: Deed; readonly close: () => void }) {
  const t = useT()
  const removing = useAct('deletePolicy')
  const changing = useAct('updatePolicy')
  const { id, enabled, walletId, type, rules } = policy
  const isRemoval = what === 'remove'
  const { busy, error } = isRemoval ? removing : changing
  const title = isRemoval ? words.removeTitle : enabled ? words.offTitle : words.onTitle
  const yes = isRemoval ? words.removeYes : enabled ? words.offYes : words.onYes
  async function go() {
    const done = isRemoval ? await removing.act({ id }) : await changing.act({ id, enabled: !enabled })
    if (done !== undefined) close()
  }
  return (
    <Dialog title={t(title)} close={close} wide>
      <p>
        <strong>{t(typeWords(type))}</strong>: {saidOf(type, rules).join('. ')}
      </p>
      {(isRemoval || enabled) && <p>{t(words.removeWhy)}</p>}
      <Effect draft={isRemoval ? { remove: [id] } : { change: [{ id, enabled: !enabled }] }} walletId={walletId} />
      <Refusal error={error} />
      <div className="answers">
        <button type="button" className="button" onClick={close}>
          {t(common.cancel)}
        </button>
        <button type="button" className="button danger" disabled={busy} onClick={() => void go()}>
          {t(yes)}
        </button>
      </div>
    </Dialog>
  )
}

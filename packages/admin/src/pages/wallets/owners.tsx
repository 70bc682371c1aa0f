import { useState } from 'react'
import { type Answered, useAct, useRead } from '../../data/use.ts'
import { Loading, Panel } from '../../parts/panel.tsx'
import { Refusal } from '../../parts/refusal.tsx'
import { Badge, Copy, Name, When } from '../../parts/values.tsx'
import { useT } from '../../words/language.tsx'

import type { Wallet } from './holdings.ts'
import { words } from './words.ts'

/** Where owners verify, each in the browser that has their wallet. */
const OWNER_PAGE = new URL('/owner', location.href).href

/** Who approves for a wallet, and how somebody comes to. */
export function Owners({ wallet: { id, status } }: { readonly wallet: Wallet }) {
  const t = useT()
  const { data, error, isPending } = useRead('getOwner', { id })
  return (
    <Panel title={t(words.owner)}>
      <Refusal error={error} />
      {isPending && <Loading />}
      {data && (
        <div className="stack">
          {data.owners.length === 0 && <p>{t(words.noOwner)}</p>}
          {data.owners.length > 0 && <p>{t(words.ownersNeeded, { needed: data.needed, count: data.owners.length })}</p>}
          <ul className="plain">
            {data.owners.map((owner) => (
              <li key={owner.id}>
                <Name id={owner.address} />{' '}
                <Badge tone={owner.verifiedAt === null ? 'warn' : 'good'}>
                  {t(owner.verifiedAt === null ? words.notVerified : words.verified)}
                </Badge>
              </li>
            ))}
          </ul>
          {data.owners.some(({ verifiedAt }) => verifiedAt === null) && (
            <p className="small-text">
              {t(words.verifyAt)} <a href={OWNER_PAGE}>{OWNER_PAGE}</a> <Copy text={OWNER_PAGE} />
            </p>
          )}
          {data.warning && <p className="quiet">{data.warning}</p>}
          {status === 'ACTIVE' && <Inviting id={id} />}
        </div>
      )}
    </Panel>
  )
}

function Inviting({ id }: { readonly id: string }) {
  const t = useT()
  const [made, setMade] = useState<Answered<'inviteOwner'>>()
  const { act, busy, error } = useAct('inviteOwner')
  return (
    <>
      <p className="quiet small-text">{t(words.inviteMeans)}</p>
      <Refusal error={error} />
      {made ? (
        <p role="status">
          <span className="mono break">{made.link}</span> <Copy text={made.link} /> <When at={made.expiresAt} />
        </p>
      ) : (
        <button type="button" className="button" disabled={busy} onClick={async () => setMade(await act({ id }))}>
          {t(words.inviteOwner)}
        </button>
      )}
    </>
  )
}

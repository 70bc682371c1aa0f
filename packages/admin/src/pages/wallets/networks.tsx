import { findNetwork, LOCAL_NETWORKS, NETWORKS } from '@waiaas/contract'
import { useState } from 'react'
import { linkTo } from '../../app/link.ts'
import { type Answered, useAct, useRead } from '../../data/use.ts'
import { Dialog } from '../../parts/dialog.tsx'
import { Loading, Panel } from '../../parts/panel.tsx'
import { Refusal } from '../../parts/refusal.tsx'
import { Badge } from '../../parts/values.tsx'
import { common } from '../../words/common.ts'
import { useT } from '../../words/language.tsx'
import { Effect } from '../policies/effect.tsx'
import type { Wallet } from './holdings.ts'
import { words } from './words.ts'

const TYPE = 'ALLOWED_NETWORKS'
type Policy = Answered<'listPolicies'>['data'][number]
type Entry = { readonly network: string; readonly name?: string }

/** The rules have been parsed by the daemon; what is no list of networks allows none. */
const entriesOf = ({ rules }: Policy) => ((rules as { networks?: readonly Entry[] }).networks ?? []) as readonly Entry[]
const KNOWN = [...NETWORKS, ...LOCAL_NETWORKS]
const idOf = (name: string) => findNetwork(KNOWN, name)?.id ?? name
const lists = (policy: Policy, network: string) => entriesOf(policy).some((one) => idOf(one.network) === network)

/** What is to be done with one network. */
type Deed = { readonly network: string; readonly isAllowed: boolean }

/** Where a wallet may act: each network is taken away and given back by the policy of the wallet that lists them. */
export function Networks({ wallet }: { readonly wallet: Wallet }) {
  const t = useT()
  const { id, network: usual, status } = wallet
  const known = useRead('listWalletNetworks', { id })
  const policies = useRead('listPolicies', { walletId: id, limit: 500 })
  const [deed, setDeed] = useState<Deed>()
  const binding = policies.data && bindingOf(policies.data.data, id)
  const all = (known.data?.networks ?? []).map((one) => ({ ...one, isAllowed: isAllowed(binding, one.network) }))
  const left = all.filter((one) => one.isAllowed).length
  return (
    <Panel title={t(words.networks)}>
      <p className="quiet small-text">{t(words.networksHint)}</p>
      <Refusal error={known.error ?? policies.error} />
      {(known.isPending || policies.isPending) && <Loading />}
      <ul className="rows">
        {binding &&
          all.map(({ network, symbol, isAllowed }) => (
            <li key={network}>
              <span>
                {network} <span className="quiet">{symbol}</span> {network === usual && <Badge>{t(words.usual)}</Badge>}{' '}
                {!isAllowed && <Badge tone="warn">{t(words.networkOff)}</Badge>}
              </span>
              {status !== 'TERMINATED' && (
                <Way
                  {...{ network, isAllowed, binding }}
                  isLast={left === 1}
                  ask={() => setDeed({ network, isAllowed })}
                />
              )}
            </li>
          ))}
      </ul>
      {deed && binding && (
        <Asked
          {...{ wallet, deed }}
          own={binding.own}
          names={all.map(({ network }) => network)}
          close={() => setDeed(undefined)}
        />
      )}
    </Panel>
  )
}

type Binding = {
  /** The one that this page changes. */
  readonly own: Policy | undefined
  /** Others that list networks, which stay as they are. */
  readonly others: readonly Policy[]
}

/** Those in force that list networks for all that a wallet does. */
function bindingOf(policies: readonly Policy[], walletId: string): Binding {
  const all = policies.filter(
    ({ type, enabled, network, sessionId, sessionLabel }) =>
      type === TYPE && enabled && network === null && !sessionId && !sessionLabel,
  )
  const own = all.find((one) => one.walletId === walletId)
  return { own, others: all.filter((one) => one !== own) }
}
const isAllowed = (binding: Binding | undefined, network: string): boolean =>
  [binding?.own, ...(binding?.others ?? [])].every((policy) => policy === undefined || lists(policy, network))

type WayProps = Deed & { readonly binding: Binding; readonly isLast: boolean; readonly ask: () => void }

/** The button of a network, or why there is none. */
function Way({ network, isAllowed, binding, isLast, ask }: WayProps) {
  const t = useT()
  // Who only looks finds it busy for good.
  const { busy } = useAct('updatePolicy')
  if (!isAllowed && binding.others.some((policy) => !lists(policy, network)))
    return <a href={linkTo('policies')}>{t(words.networkOffElsewhere)}</a>
  if (isAllowed && isLast) return <span className="quiet small-text">{t(words.networkLast)}</span>
  return (
    <button
      type="button"
      className="button"
      disabled={busy}
      aria-label={`${t(isAllowed ? words.networkRemove : words.networkAdd)}: ${network}`}
      onClick={ask}
    >
      {t(isAllowed ? words.networkRemove : words.networkAdd)}
    </button>
  )
}

type AskedProps = {
  readonly wallet: Wallet
  readonly deed: Deed
  readonly own: Policy | undefined
  /** All networks on which it could act. */
  readonly names: readonly string[]
  readonly close: () => void
}

/** Asks before a network comes or goes, with what that would change. */
function Asked({ wallet: { id: walletId, name }, deed: { network, isAllowed }, own, names, close }: AskedProps) {
  const t = useT()
  const adding = useAct('createPolicy')
  const changing = useAct('updatePolicy')
  const now: readonly Entry[] = own === undefined ? names.map((one) => ({ network: one })) : entriesOf(own)
  const others = now.filter((one) => idOf(one.network) !== network)
  const rules = { networks: isAllowed ? others : [...others, { network }] }
  const added = { walletId, type: TYPE, rules, priority: 0, enabled: true } as const
  const { busy, error } = own ? changing : adding
  async function go() {
    const done = own ? await changing.act({ id: own.id, rules }) : await adding.act(added)
    if (done !== undefined) close()
  }
  return (
    <Dialog title={t(isAllowed ? words.networkRemoveAsk : words.networkAddAsk, { name, network })} close={close} wide>
      <p>{t(isAllowed ? words.networkRemoveMeans : words.networkAddMeans)}</p>
      <Effect draft={own ? { change: [{ id: own.id, rules }] } : { add: [added] }} walletId={walletId} />
      <Refusal error={error} />
      <div className="answers">
        <button type="button" className="button" onClick={close}>
          {t(common.cancel)}
        </button>
        <button
          type="button"
          className={isAllowed ? 'button danger' : 'button primary'}
          disabled={busy}
          onClick={() => void go()}
        >
          {t(isAllowed ? words.networkRemove : words.networkAdd)}
        </button>
      </div>
    </Dialog>
  )
}

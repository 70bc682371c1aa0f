import type { ReactNode } from 'react'
import { type Answered, useRead } from '../../data/use.ts'
import { Panel } from '../../parts/panel.tsx'
import { Badge, type Tone, When } from '../../parts/values.tsx'
import { useT } from '../../words/language.tsx'
import { words } from './words.ts'

/** Whether what the daemon needs is there. */
export function Health() {
  const t = useT()
  return (
    <Panel title={t(words.health)}>
      <ul className="rows">
        <Endpoints />
        <Prices />
        <Backups />
        <Channels />
      </ul>
    </Panel>
  )
}

const Row = ({
  name,
  tone,
  children,
}: {
  readonly name: string
  readonly tone: Tone
  readonly children: ReactNode
}) => (
  <li>
    <span>{name}</span>
    <Badge tone={tone}>{children}</Badge>
  </li>
)

/** Those that have ever answered for a wallet: of others nobody misses anything. */
const usedNetworks = (wallets: Answered<'listBalances'>['items']): ReadonlySet<string> =>
  new Set(wallets.flatMap(({ networks }) => networks.flatMap(({ network, asOf }) => (asOf === null ? [] : [network]))))

function Endpoints() {
  const t = useT()
  const { data } = useRead('getRpcStatus', {})
  const wallets = useRead('listBalances', { limit: 100 }).data?.items
  if (!data || !wallets) return null
  const used = usedNetworks(wallets)
  const bad = Object.entries(data.networks)
    .flatMap(([network, endpoints]) => (used.size === 0 || used.has(network) ? endpoints : []))
    .filter(({ status }) => status !== 'available').length
  return (
    <Row name={t(words.endpoints)} tone={bad === 0 ? 'good' : 'bad'}>
      {bad === 0 ? t(words.endpointsGood) : t(words.endpointsBad, { count: bad })}
    </Row>
  )
}

function Prices() {
  const t = useT()
  const { data } = useRead('getOracleStatus', {})
  if (!data) return null
  const bad = Object.entries(data.sources).flatMap(([name, { lastError }]) => (lastError === null ? [] : [name]))
  return (
    <Row name={t(words.prices)} tone={bad.length === 0 ? 'good' : 'warn'}>
      {bad.length === 0 ? t(words.pricesGood) : t(words.pricesBad, { names: bad.join(', ') })}
    </Row>
  )
}

const WEEK_S = 7 * 86_400

function Backups() {
  const t = useT()
  const { data } = useRead('listBackups', {})
  if (!data) return null
  const newest = data.backups[0]
  if (!newest) {
    return (
      <Row name={t(words.backup)} tone="warn">
        {t(words.health_none)}
      </Row>
    )
  }
  const at = Date.parse(newest.created_at) / 1_000
  return (
    <Row name={t(words.backup)} tone={Date.now() / 1_000 - at > WEEK_S ? 'warn' : 'good'}>
      <When at={at} />
    </Row>
  )
}

function Channels() {
  const t = useT()
  const { data } = useRead('getNotificationStatus', {})
  if (!data) return null
  const used = data.channels.filter(({ enabled, forPeople }) => enabled && forPeople)
  const failing = used.filter(({ failures, dead }) => failures > 0 || dead > 0)
  const tone = used.length === 0 ? 'warn' : failing.length > 0 ? 'bad' : 'good'
  return (
    <Row name={t(words.channels)} tone={tone}>
      {used.length === 0 ? t(words.none) : (failing.length > 0 ? failing : used).map(({ name }) => name).join(', ')}
    </Row>
  )
}

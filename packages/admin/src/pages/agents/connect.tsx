import { AGENT_CLIENTS, type AgentClientName, agentClients, clientPlace, clientText } from '@waiaas/contract'
import { useState } from 'react'
import { linkTo } from '../../app/link.ts'
import { type Answered, useAct, useRead } from '../../data/use.ts'
import { SelectField } from '../../parts/fields.tsx'
import { PageHead, Panel } from '../../parts/panel.tsx'
import { Refusal } from '../../parts/refusal.tsx'
import { Copy } from '../../parts/values.tsx'
import { common } from '../../words/common.ts'
import { useT } from '../../words/language.tsx'
import { words } from './words.ts'

const LIFE_SECONDS = 2_592_000
type Kind = AgentClientName | 'sdk' | 'curl'

/** How an agent is connected, in the form of what it runs in. */
export function Connect() {
  const t = useT()
  const [kind, setKind] = useState<Kind>('claude-desktop')
  const clients = AGENT_CLIENTS.map((name) => ({ value: name, label: agentClients[name].label }))
  return (
    <>
      <PageHead title={t(words.connect)} intro={t(words.connectIntro)} />
      <Panel>
        <div className="narrow">
          <SelectField
            label={t(words.client)}
            value={kind}
            // The choices are those of the type.
            change={(next) => setKind(next as Kind)}
            choices={[...clients, { value: 'sdk', label: t(words.sdk) }, { value: 'curl', label: t(words.curl) }]}
          />
        </div>
        {kind === 'sdk' || kind === 'curl' ? (
          <Snippet text={SNIPPETS[kind](location.origin)} />
        ) : (
          <McpSetup key={kind} client={kind} />
        )}
      </Panel>
    </>
  )
}

const SNIPPETS = {
  sdk: (origin: string) =>
    `import { WAIaaSClient } from '@waiaas/sdk'

const wallet = new WAIaaSClient({ baseUrl: '${origin}', sessionToken: '<token>' })
console.log(await wallet.getConnectInfo())`,
  curl: (origin: string) => `curl ${origin}/v1/connect-info -H 'Authorization: Bearer <token>'`,
} as const

function Snippet({ text }: { readonly text: string }) {
  const t = useT()
  return (
    <div className="stack">
      <p>{t(words.withToken)}</p>
      <Text text={text} />
      <div className="actions">
        <a className="button" href={linkTo('agents', 'new')}>
          {t(words.newSession)}
        </a>
      </div>
    </div>
  )
}

function McpSetup({ client }: { readonly client: AgentClientName }) {
  const t = useT()
  const { data } = useRead('listWallets', {})
  const wallets = (data?.items ?? []).filter(({ status }) => status === 'ACTIVE')
  const [walletId, setWalletId] = useState<string>()
  const [made, setMade] = useState<Answered<'createMcpToken'>>()
  const { act, busy, error } = useAct('createMcpToken')
  const chosen = walletId ?? wallets[0]?.id
  if (made)
    return (
      <div className="stack" role="status">
        <p>
          <strong>{t(words.where)}:</strong> {clientPlace(client)}
        </p>
        <Text text={clientText(client, made.claudeDesktopConfig)} />
        <p>
          {t(words.tokenAt)} <span className="mono break">{made.tokenPath}</span>
        </p>
        <p className="quiet">
          {t(words.sameMachine)} {t(words.afterwards)}
        </p>
        <div className="actions">
          <a className="button" href={linkTo('agents')}>
            {t(common.close)}
          </a>
        </div>
      </div>
    )
  if (chosen === undefined) return <p>{data && t(words.noWallets)}</p>
  return (
    <div className="narrow">
      <SelectField
        label={t(words.wallet)}
        value={chosen}
        change={setWalletId}
        choices={wallets.map(({ id, name }) => ({ value: id, label: name }))}
      />
      <Refusal error={error} />
      <button
        type="button"
        className="button primary"
        disabled={busy}
        onClick={async () => setMade(await act({ walletId: chosen, expiresIn: LIFE_SECONDS }))}
      >
        {t(words.prepare)}
      </button>
    </div>
  )
}

/** A text that goes elsewhere as it is. */
function Text({ text }: { readonly text: string }) {
  const t = useT()
  return (
    <div className="stack">
      <section className="code" aria-label={t(words.where)}>
        <pre>
          <code>{text}</code>
        </pre>
      </section>
      <div>
        <Copy text={text}>{t(words.copySetup)}</Copy>
      </div>
    </div>
  )
}

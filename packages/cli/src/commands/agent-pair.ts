import type { AllOperations, Input, Output, Wallet } from '@waiaas/contract'
import type { WAIaaSClient } from '@waiaas/sdk'
import { connectOperator } from '../api.ts'
import { CommandError, UsageError } from '../errors.ts'
import { daemonFlags, daemonFlagsHelp, readArguments, wholeNumber } from '../flags.ts'
import { policyChangesText } from '../policy-changes.ts'
import { instant, printable } from '../table.ts'
import { askText, canAsk, note, print, printJson } from '../terminal.ts'
import { onlyWallet } from '../wallets.ts'

export const usage = `usage: waiaas agent pair <code> [flags]
Gives the agent that shows this code a session, after showing who it is. It gets its token by itself.
  --wallet <name>         a wallet that it may use; may be repeated [the only one]
  --template <name>       give each of these wallets the policies of a template with it
  --contracts <address>   what the template trading-bot may call; may be repeated
  --domains <host>        whom the template pays-apis may pay; may be repeated
  --recipients <address>  whom the template treasury may pay; may be repeated
  --ttl <seconds>         lifetime, 300 to 31536000; 0 is unlimited [86400]
  --max-renewals <n>      how often the agent may renew it [unlimited]
  --absolute-lifetime <s> seconds after which no renewal helps; 0 is never
  --constraints <json>    what the session may do, such as {"maxTotalUsd": 20}
  --labels <json>         what it is, such as {"team": "trading"}
  --yes                   do not ask
${daemonFlagsHelp}`

type Approval = Input<AllOperations['approvePairing']>
type Template = NonNullable<Approval['policies']>
type Pairing = Output<AllOperations['getPairing']>

const text = { type: 'string' } as const
const texts = { type: 'string', multiple: true } as const
const options = {
  ...daemonFlags,
  wallet: texts,
  template: text,
  contracts: texts,
  domains: texts,
  recipients: texts,
  ttl: text,
  'max-renewals': text,
  'absolute-lifetime': text,
  constraints: text,
  labels: text,
  yes: { type: 'boolean' },
} as const

export async function run(argv: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments(argv, usage, { options, places: 1 })
  const [code] = positionals
  if (code === undefined) throw new UsageError('expected the code that the agent shows', usage)
  const { contracts, domains, recipients } = values
  const given = { ...(contracts && { contracts }), ...(domains && { domains }), ...(recipients && { recipients }) }
  // The daemon knows the names of templates.
  const template = values.template === undefined ? undefined : ({ template: values.template, ...given } as Template)
  if (!template && Object.keys(given).length > 0) throw new UsageError('--contracts, … belong to a --template', usage)
  const session = sessionOf(values)
  if (!values.yes && !canAsk())
    throw new CommandError('agent pair asks before it goes on, and there is no terminal to ask at', 'give --yes')
  const { api } = await connectOperator(values)
  const pairing = await api.getPairing({ code })
  requireWaiting(pairing)
  const wallets = await walletsOf(api, values.wallet)
  if (!values.yes) await agreed(await shown(api, { pairing, wallets, template, session }))
  const walletIds = wallets.map(({ id }) => id)
  const approved = await api.approvePairing({ code, walletIds, ...session, ...(template && { policies: template }) })
  if (values.json) printJson(approved)
  else {
    print(printable(`${approved.name} has session ${approved.sessionId}, and gets its token by itself`))
    note(`waiaas session revoke ${approved.sessionId} ends it`)
  }
  return 0
}

/** What was answered stays so: nobody is told that it is what they choose now. */
function requireWaiting({ status, sessionId }: Pairing): void {
  if (status === 'APPROVED')
    throw new CommandError(
      `it was approved before, and is session ${sessionId}; nothing was changed`,
      `to give it something else, run waiaas session revoke ${sessionId} and have the agent ask again`,
    )
  if (status === 'DENIED') throw new CommandError('it was denied before', 'have the agent ask again, with another code')
}

type Session = Omit<Approval, 'code' | 'walletIds' | 'policies'>
type Flag = 'ttl' | 'max-renewals' | 'absolute-lifetime' | 'constraints' | 'labels'

function sessionOf(values: { readonly [Name in Flag]?: string | undefined }): Session {
  const fields = {
    ttl: wholeNumber('ttl', values.ttl, usage),
    maxRenewals: wholeNumber('max-renewals', values['max-renewals'], usage),
    absoluteLifetime: wholeNumber('absolute-lifetime', values['absolute-lifetime'], usage),
    constraints: json('constraints', values.constraints),
    labels: json('labels', values.labels),
  }
  // The daemon checks each of them.
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Session
}

function json(name: string, text: string | undefined): unknown {
  if (text === undefined) return undefined
  try {
    return JSON.parse(text)
  } catch {
    throw new UsageError(`expected --${name} as JSON, got "${text.slice(0, 40)}"`, usage)
  }
}

async function walletsOf(api: WAIaaSClient, names: readonly string[] | undefined): Promise<Wallet[]> {
  if (names === undefined) return [await onlyWallet(api)]
  return Promise.all(names.map((id) => api.getWallet({ id })))
}

type Asked = {
  pairing: Pairing
  wallets: readonly Wallet[]
  template: Template | undefined
  session: Session
}

/** What the operator agrees to. What the agent says of itself stands apart, in quotes. */
async function shown(api: WAIaaSClient, { pairing, wallets, template, session }: Asked): Promise<string> {
  const { name, address, scopes, createdAt, expiresAt } = pairing
  const lines = [
    `An agent at ${address} asks for a session since ${instant(createdAt)}, until ${instant(expiresAt)}.`,
    `It calls itself "${name}".`,
    ...(scopes.length === 0 ? ['It does not say what it would like to do.'] : ['It would like to:']),
    ...scopes.map((scope) => `  "${scope}"`),
    'It would get:',
    ...wallets.map(
      (wallet) => `  wallet "${wallet.name}" (${wallet.chain} ${wallet.environment}), ${wallet.publicKey}`,
    ),
    ...Object.entries({ ttl: 86_400, ...session }).map(([field, value]) => `  ${field}: ${JSON.stringify(value)}`),
  ]
  const changes: string[] = []
  for (const { id, name: wallet } of template ? wallets : []) {
    const change = await api.applyPolicyTemplate({ ...template!, walletId: id, dryRun: true })
    changes.push(`Policies of "${printable(wallet)}" under ${template!.template}:`, policyChangesText(change))
  }
  return [...lines.map(printable), ...changes].join('\n')
}

async function agreed(text: string): Promise<void> {
  const answer = await askText(`${text}\nApprove it only if you started this agent. Type yes to go on: `)
  if (answer.trim().toLowerCase() !== 'yes')
    throw new CommandError('nothing was approved', 'waiaas agent deny <code> refuses it for good')
}

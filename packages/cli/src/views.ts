import { createHash } from 'node:crypto'
import {
  type AllOperations,
  cardText,
  type KnownOwners,
  type Output,
  type OwnersAgreed,
  type WalletHoldings,
} from '@waiaas/contract'
import { dollars } from './balances.ts'
import { columns } from './columns.ts'
import { policyChangesText } from './policy-changes.ts'
import { plainText, printable, table } from './table.ts'

type RpcStatus = Output<AllOperations['getRpcStatus']>
type Endpoint = RpcStatus['networks'][string][number]

/** A line for each endpoint, with what was learnt of it; --json has the known limits of the built-in ones too. */
function rpcStatus({ networks }: RpcStatus): string {
  const rows = Object.entries(networks).flatMap(([network, endpoints]) =>
    endpoints.map((endpoint) => ({ network, ...lineOf(endpoint) })),
  )
  return table(rows)
}

const lineOf = ({ url, status, failureCount, cooldownRemainingMs, ...rest }: Endpoint) => ({
  url,
  status: status === 'cooldown' ? `cooldown, ${Math.ceil(cooldownRemainingMs / 1_000)} s` : status,
  failures: failureCount,
  batches: batchesOf(rest.batchMost),
  rate: typeof rest.callsPerSecond === 'number' ? `${rest.callsPerSecond}/s` : null,
  notOffered: rest.missingMethods?.join(' ') || null,
  lastErrorAt: rest.lastErrorAt,
  lastError: rest.lastError,
})

function batchesOf(most: number | null | undefined): string | null {
  if (typeof most !== 'number') return null
  return most === 1 ? 'none' : `up to ${most}`
}

type Ceiling = Omit<Output<AllOperations['changeWalletCeiling']>, 'id'>

/** A line for each asset on each network, in whole units. */
function ceiling({ networks, recipients, owners }: Ceiling): string {
  const rows = networks.flatMap(({ network, symbol, fee, tokens, otherTokens, deploys, contracts, ...native }) => [
    { network, asset: symbol, ...native, fee, otherTokens, deploys, contracts: contracts.join(' ') || null },
    ...tokens.map(({ address, symbol: name, ...limits }) => ({ network, asset: name ?? address, ...limits })),
  ])
  const to = recipients.length > 0 ? `\npays these alone: ${recipients.join(' ')}` : ''
  return table(rows) + to + (owners ? `\nabove it: ${ownersText(owners)}` : '')
}

/** Whom the signer asks. */
export function ownersText({ threshold, owners }: KnownOwners): string {
  const all = owners.map((accounts) => accounts.map(accountText).join(' or '))
  return all.length === 1 ? `the signature of ${all[0]}` : `signatures of ${threshold} of ${all.join(', ')}`
}

/** Of a passkey the same as in what its owner signed for it. */
function accountText(account: string): string {
  const [, host, publicKey] = /^passkey:([^:]+):[^:]+:([0-9a-f]+)$/.exec(account) ?? []
  if (publicKey === undefined) return account
  const key = createHash('sha256').update(publicKey).digest('hex').slice(0, 16)
  return `the passkey of ${host} with the key ${key}`
}

function walletInfo({ ceiling: most, ...about }: Output<AllOperations['getWallet']>): string {
  return most ? `${plainText(about)}\n\nthe most that is signed for it:\n${ceiling(most)}` : plainText(about)
}
/** A line for each network, in whole units. */
export const holdingsText = ({ balances }: WalletHoldings): string =>
  balances
    .map(({ network, native, tokens, error }) => {
      const all = [...(native ? [native] : []), ...tokens].map(({ balance, symbol }) => `${balance} ${symbol}`)
      return printable(`${network}: ${error === undefined ? all.join(', ') : `not known, ${error}`}`)
    })
    .join('\n')

type Look = Output<AllOperations['getWalletHoldings']>['networks'][number]

/** A line for each network that holds something or did not answer; the others are counted. */
function lookText({ address, networks }: Output<AllOperations['getWalletHoldings']>): string {
  const lines = networks.filter((look) => look.status === 'UNREAD' || look.holdings.length > 0).map(lookLine)
  const empty = networks.length - lines.length
  const isAway = networks.some((look) => look.status === 'READ' && !look.enabled && look.holdings.length > 0)
  return [
    printable(`${address} holds`),
    ...lines,
    ...(empty > 0 ? [`nothing on ${empty} network${empty === 1 ? '' : 's'}`] : []),
    ...(isAway ? ['* the wallet cannot send from there: docs/holdings.md says what can be done'] : []),
  ].join('\n')
}

function lookLine(look: Look): string {
  const place = `${look.network}${look.enabled ? '' : '*'}`
  if (look.status === 'UNREAD') return printable(`${place}: not known, ${look.error}`)
  const held = look.holdings.map(({ balanceFormatted, symbol, listed, address }) =>
    listed ? `${balanceFormatted} ${symbol}` : `${balanceFormatted} of ${address} (in no list, calls itself ${symbol})`,
  )
  return printable(`${place}: ${held.join(', ')}${look.more > 0 ? `, and ${look.more} more tokens` : ''}`)
}

type Exposed = Pick<Output<AllOperations['getWalletExposure']>, 'text' | 'takenOver' | 'unread'>

const WHO = {
  session: (name: string) => `the session ${name} is`,
  sessions: () => 'all sessions are',
  daemon: () => 'the daemon is',
} as const

/** Who is taken over, and a line for each time with what it is made of. */
export function exposureText({ text, takenOver, unread }: Exposed): string {
  const blocks = takenOver.map(({ taken, names, worst }) => {
    const who = WHO[taken](names?.[0] ?? '')
    return [`if ${who} taken over`, ...worst.map(({ text: most, causes }) => `  ${most}${madeOf(causes)}`)]
  })
  const silent = unread.map(({ network }) => network).join(', ')
  const lines = silent === '' ? [] : [`not known is what is on ${silent}; --json says why`]
  return [text, ...blocks.flat(), ...lines].map(printable).join('\n')
}

type Causes = Exposed['takenOver'][number]['worst'][number]['causes']

/** What each part is worth that is worth anything. */
function madeOf(causes: Causes): string {
  const parts = Object.entries(causes).flatMap(([name, usd]) =>
    usd === 0 ? [] : [`${name} ${usd === null ? 'without a bound' : `${usd} USD`}`],
  )
  return parts.length > 0 ? ` (${parts.join(', ')})` : ''
}

type Swept = Output<AllOperations['sweepWallet']>

/** A line for each step, with what stands in its way or what became of it; how to start what is only shown. */
function sweepText(answer: Swept): string {
  if (!('digest' in answer)) {
    const rows = answer.steps.map(({ step, network, symbol, humanAmount, status, transactionId, error }) => ({
      ...{ step, network, asset: symbol, amount: humanAmount, status, transaction: transactionId, error },
    }))
    return `${printable(`sweep ${answer.id} to ${answer.to}: ${answer.status}`)}\n${table(rows)}`
  }
  const rows = answer.steps.map(({ network, symbol, humanAmount, tier, obstacles }) => ({
    ...{ network, asset: symbol, amount: humanAmount, goesOn: tier, inItsWay: obstacles.join('; ') || null },
  }))
  const lines = [
    ...answer.left.map(({ network, symbol, humanAmount, why }) => `${network}: ${humanAmount} ${symbol} stays: ${why}`),
    ...answer.unread.map(({ network, error }) => `${network}: not known, ${error}`),
    `nothing was sent; the same with --digest ${answer.digest} starts it`,
  ]
  return [printable(`to ${answer.to} would go`), table(rows), ...lines.map(printable)].join('\n')
}

/** What an agent may do under a template, what is stopped, and how to apply it. */
function templateText({ name, means, stops, needs, types }: Output<AllOperations['getPolicyTemplate']>): string {
  const flags = needs.map((need) => ` --${need} …`).join('')
  return [
    means,
    ...stops.map((text) => `- ${text}`),
    `policies: ${types.join(', ')}`,
    `waiaas policy template apply ${name} <wallet>${flags}`,
  ].join('\n')
}

/** How far owners have agreed, in a line. */
export function agreedText({ needed, agreed, missing }: OwnersAgreed): string {
  const left = missing.length > 0 ? `still asked: ${missing.join(', ')}` : 'nobody else is asked'
  return `${agreed.length} of ${needed} owners ${agreed.length === 1 ? 'has' : 'have'} agreed; ${left}`
}

type Spending = Output<AllOperations['getWalletSpending']>

const WINDOWS = { daily_limit_usd: 'any 24 hours', monthly_limit_usd: 'any 30 days' } as const

/** A line for each limit, and below why nothing may leave at all. */
function spendingText({ windows, networks }: Spending): string {
  const rows = windows.map(({ limit, of, networks: where, limitUsd, usedUsd, leftUsd, moreAt, resetsAt, above }) => ({
    in: WINDOWS[limit],
    of: of === 'wallet' ? 'the wallet' : where.join(' '),
    spent: dollars(usedUsd),
    limit: dollars(limitUsd),
    left: dollars(leftUsd),
    moreAt,
    resetsAt,
    above: above === 'DENY' ? 'is refused' : 'waits for you',
  }))
  const closed = networks.flatMap(({ network, refused }) =>
    refused.map(({ message }) => printable(`nothing may leave on ${network}: ${message}`)),
  )
  return [rows.length === 0 ? 'no policy limits what leaves over time' : table(rows), ...closed].join('\n')
}

/** Amounts with their symbol, so that how much and to whom fit a terminal. */
const transactionList = ({ items, ...page }: Output<AllOperations['adminListTransactions']>): string => {
  const rows = items.map(({ amountFormatted, amountSymbol, ...row }) => {
    const amount = isShown(amountFormatted) ? [amountFormatted, amountSymbol].filter(isShown).join(' ') : null
    return { ...row, amount }
  })
  return plainText({ items: rows, ...page }, columns.adminListTransactions)
}
const isShown = (text: string | null | undefined): boolean => text !== null && text !== undefined

/** A text of the daemon, line by line. */
const linesOf = (text: string): string => text.trimEnd().split('\n').map(printable).join('\n')

/** Answers that are neither a list nor a record, as a person at a terminal wants them. */
export const views: { readonly [Name in keyof AllOperations]?: (answer: Output<AllOperations[Name]>) => string } = {
  getRpcStatus: rpcStatus,
  listSkills: ({ items }: Output<AllOperations['listSkills']>) =>
    table(items.map(({ name, description }) => ({ skill: name, description }))),
  getSkill: ({ content }: Output<AllOperations['getSkill']>) => linesOf(content),
  createAgentPrompt: ({ prompt }: Output<AllOperations['createAgentPrompt']>) => linesOf(prompt),
  getTransaction: ({ owners, ...about }: Output<AllOperations['getTransaction']>) =>
    plainText({ ...about, ...(owners && { owners: agreedText(owners) }) }),
  adminListTransactions: transactionList,
  getCard: (card: Output<AllOperations['getCard']>) => linesOf(cardText(card)),
  changeWalletCeiling: ceiling,
  getWallet: walletInfo,
  adminGetWalletBalance: holdingsText,
  getWalletHoldings: lookText,
  getWalletExposure: exposureText,
  getWalletSpending: spendingText,
  sweepWallet: sweepText,
  getSweep: sweepText,
  listPolicyTemplates: ({ templates }: Output<AllOperations['listPolicyTemplates']>) =>
    table(templates.map(({ name, summary, needs }) => ({ template: name, summary, needs: needs.join(' ') || null }))),
  getPolicyTemplate: templateText,
  applyPolicyTemplate: policyChangesText,
}

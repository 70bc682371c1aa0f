/** What somebody has to name before a template can be applied. */
export const TEMPLATE_NEEDS = ['contracts', 'domains', 'recipients'] as const
export type TemplateNeed = (typeof TEMPLATE_NEEDS)[number]
export type TemplateNames = Readonly<Record<TemplateNeed, readonly string[]>>

/** Listed tokens that a template means by their symbols; all that are listed with `null`. */
const STABLECOINS = ['USDC', 'USDT', 'DAI'] as const
type Listed = { readonly address: string; readonly symbol: string; readonly assetId: string }
type Given = TemplateNames & {
  /** The listed tokens of the wallet's networks. */
  readonly tokens: readonly Listed[]
}
type Entry = { readonly type: string; readonly rules: Readonly<Record<string, unknown>> }
type Template = {
  readonly summary: string
  /** Whom it is for, and what an agent under it does by itself. */
  readonly means: string
  /** What it stops, a sentence each. */
  readonly stops: readonly string[]
  readonly needs: readonly TemplateNeed[]
  /** The policies by the last part of their names. */
  readonly policies: (given: Given) => Readonly<Record<string, Entry>>
}

/** The names in a list say to people what an address is. */
const tokens = (listed: readonly Listed[], symbols: readonly string[] | null): Entry => ({
  type: 'ALLOWED_TOKENS',
  rules: {
    tokens: listed
      .filter(({ symbol }) => symbols === null || symbols.includes(symbol))
      .map(({ address, symbol, assetId }) => ({ address, symbol, assetId })),
  },
})
const limit = (rules: Entry['rules']): Entry => ({ type: 'SPENDING_LIMIT', rules })
const rate = (max_requests: number): Entry => ({ type: 'RATE_LIMIT', rules: { max_requests, window_seconds: 3_600 } })
const addresses = (list: readonly string[]) => list.map((address) => ({ address }))

/** Of native currency what the account of one recipient costs, and no payment. */
const DEPOSIT = { instant_max: '0.005', notify_max: '0.005', delay_max: '0.005' }

/** Sets of policies in words, for one wallet. The documents, answers and commands follow from this table. */
export const policyTemplates = {
  stablecoins: {
    summary: 'Pays in stablecoins, up to 100 dollars a day.',
    means:
      'For an agent that pays people and services in USDC, USDT or DAI: 25 dollars at once, 50 with a notice, 100 after 5 minutes. The first payments to somebody new give notice. Deposits for the accounts of recipients and fees are covered.',
    stops: [
      'Every token but the listed USDC, USDT and DAI is refused.',
      'More than 0.005 of the native currency in one payment waits for you.',
      'More than 100 dollars in a payment waits for you; more than 100 in 24 hours, fees included, is refused.',
      'Calls of contracts and allowances are refused, as long as you write no lists for them.',
    ],
    needs: [],
    policies: (given) => ({
      limit: limit({
        ...{ instant_max_usd: 25, notify_max_usd: 50, delay_max_usd: 100, daily_limit_usd: 100 },
        ...{ delay_seconds: 300, token_limits: { native: DEPOSIT }, first_recipient: { tier: 'NOTIFY' } },
      }),
      tokens: tokens(given.tokens, STABLECOINS),
    }),
  },
  'trading-bot': {
    summary: 'Trades listed tokens at contracts that you name, up to 1,000 dollars a day.',
    means:
      'For an agent that swaps: 100 dollars at once, 500 with a notice, 1,000 after 5 minutes, at the contracts that you name and nowhere else.',
    stops: [
      'Calls of other contracts, and allowances for others than them, are refused.',
      'Tokens that are in no list are refused, so that nobody can sell it a worthless one that it pays on with.',
      'Allowances without a limit are refused.',
      'More than 1,000 dollars in 24 hours, fees included, and more than 120 requests in an hour are refused.',
    ],
    needs: ['contracts'],
    policies: ({ contracts, ...given }) => ({
      limit: limit({
        ...{ instant_max_usd: 100, notify_max_usd: 500, delay_max_usd: 1_000, daily_limit_usd: 1_000 },
        ...{ delay_seconds: 300 },
      }),
      tokens: tokens(given.tokens, null),
      contracts: { type: 'CONTRACT_WHITELIST', rules: { contracts: addresses(contracts) } },
      spenders: { type: 'APPROVED_SPENDERS', rules: { spenders: addresses(contracts) } },
      allowances: { type: 'APPROVE_AMOUNT_LIMIT', rules: { blockUnlimited: true } },
      rate: rate(120),
    }),
  },
  'pays-apis': {
    summary: 'Pays servers that you name, up to 10 dollars a day.',
    means:
      'For an agent that buys answers of services in small sums of stablecoins: 1 dollar at once, 5 with a notice, 10 after 5 minutes.',
    stops: [
      'x402 payments to other servers are refused.',
      'Every token but the listed USDC, USDT and DAI is refused.',
      'More than 10 dollars in 24 hours, fees included, and more than 600 requests in an hour are refused.',
      'Calls of contracts and allowances are refused.',
    ],
    needs: ['domains'],
    policies: ({ domains, ...given }) => ({
      limit: limit({
        ...{ instant_max_usd: 1, notify_max_usd: 5, delay_max_usd: 10, daily_limit_usd: 10 },
        ...{ delay_seconds: 300, token_limits: { native: DEPOSIT } },
      }),
      tokens: tokens(given.tokens, STABLECOINS),
      servers: { type: 'X402_ALLOWED_DOMAINS', rules: { domains } },
      rate: rate(600),
    }),
  },
  treasury: {
    summary: 'Pays recipients that you name, each payment with your approval.',
    means: 'For money that moves seldom: the agent prepares payments, and you approve each within a day.',
    stops: [
      'Nothing leaves without your approval, whatever it is worth.',
      'Payments to recipients that you did not name are refused.',
      'Every token but the listed USDC, USDT and DAI is refused.',
      'Calls of contracts and allowances are refused.',
    ],
    needs: ['recipients'],
    policies: ({ recipients, ...given }) => ({
      limit: limit({ instant_max_usd: 0, notify_max_usd: 0, delay_max_usd: 0, approval_timeout: 86_400 }),
      tokens: tokens(given.tokens, STABLECOINS),
      recipients: { type: 'WHITELIST', rules: { allowed_addresses: recipients } },
    }),
  },
} as const satisfies Readonly<Record<string, Template>>

export type TemplateName = keyof typeof policyTemplates
// Object.keys is typed as text; the table's own keys are exactly the names.
export const TEMPLATES = Object.keys(policyTemplates) as [TemplateName, ...TemplateName[]]
export const templateOf = (name: TemplateName): Template => policyTemplates[name]

import { formatUnits } from './money.ts'

/** Chain families, in the order of the wire. A new one is a name here, a row below, one in the signer and one in the daemon's chains. */
export const CHAINS = ['solana', 'ethereum', 'ripple'] as const
export type ChainName = (typeof CHAINS)[number]

/** How a family writes things down. */
type Family = {
  /** The pattern of an address, and the same in words. The chain itself checks more, such as a checksum. */
  readonly address: string
  readonly form: string
  /** What nobody compares of an address, since all begin with it. */
  readonly prefix: string
  /** Upper and lower case mean the same address. */
  readonly anyCase: boolean
  /** The CAIP-19 namespace of tokens; an address follows. */
  readonly tokens: string
  /** How people write the price of a unit of gas: in what, and how many decimals that has. */
  readonly gas: { readonly unit: string; readonly decimals: number }
}

const base58 = {
  address: '[1-9A-HJ-NP-Za-km-z]{25,44}',
  form: 'base58',
  prefix: '',
  anyCase: false,
  tokens: 'token',
} as const satisfies Omit<Family, 'gas'>

const FAMILIES: Readonly<Record<ChainName, Family>> = {
  ethereum: {
    address: '0x[0-9a-fA-F]{40}',
    form: '0x and 40 hex digits',
    prefix: '0x',
    anyCase: true,
    tokens: 'erc20',
    gas: { unit: 'gwei', decimals: 9 },
  },
  solana: { ...base58, gas: { unit: 'micro-lamports', decimals: 0 } },
  ripple: { ...base58, gas: { unit: 'drops', decimals: 0 } },
}

const rows = Object.values(FAMILIES)
const patterns = new Map(rows.map((row) => [row, new RegExp(`^${row.address}$`)]))
const formOf = (address: string): Family | undefined => rows.find((row) => patterns.get(row)?.test(address))
const each = (text: (row: Family) => string): string[] => [...new Set(rows.map(text))]

/** Whether some family writes an address so. */
export const isAddress = (text: string): boolean => formOf(text) !== undefined
/** What an address looks like, for people. */
export const ADDRESS_FORMS = each(({ form }) => form).join(', or ')
/** The families that write an address so. */
export const familiesOf = (address: string): ChainName[] =>
  CHAINS.filter((name) => patterns.get(FAMILIES[name])?.test(address))

/** The form in which addresses compare: in lower case where case means nothing, others exactly as they are. */
export const addressKey = (address: string): string => (formOf(address)?.anyCase ? address.toLowerCase() : address)

/**
 * What people, and agents, compare of an address: the first and the last four characters, in one case. Somebody who
 * wants to be paid by mistake makes an address that agrees in those, and sends dust from it to be found in a history.
 */
export const looksOf = (address: string): string =>
  `${address.slice(0, (formOf(address)?.prefix.length ?? 0) + 4)}${address.slice(-4)}`.toLowerCase()

const names = new RegExp(`\\b(?:${each(({ address }) => address).join('|')})\\w*`, 'g')
/** Text for those who must not learn whose it is: nothing that begins like an address, as hashes and keys do too, is left. */
export const withoutNames = (text: string): string => text.replace(names, '…')

/** A CAIP-19 asset: a token, or the native one. */
const assetNames = `(?:${each(({ tokens, address }) => `${tokens}:${address}`).join('|')}|slip44:\\d+)$`
export const CAIP19 = new RegExp(`^[-a-z0-9]{3,8}:[-_a-zA-Z0-9]{1,32}/${assetNames}`)
/** The same, with its chain named like a network anywhere else. */
export const NAMED_ASSET = new RegExp(`^[^/\\s]{1,100}/${assetNames}`)

const anyCaseTokens = rows.flatMap(({ anyCase, tokens }) => (anyCase ? [`/${tokens}:`] : []))
/** The form in which CAIP-19 assets compare. */
export const assetKey = (asset: string): string =>
  anyCaseTokens.some((tokens) => asset.includes(tokens)) ? asset.toLowerCase() : asset

/** The price of a unit of gas, in the network's smallest unit, as people write it. */
export function gasPriceText(chain: ChainName, price: bigint): string {
  const { unit, decimals } = FAMILIES[chain].gas
  return `${formatUnits(price, decimals)} ${unit}`
}

/** The price that a text means, in the network's smallest unit: digits, or an amount with the unit. Undefined when it is none. */
export function gasPriceOf(chain: ChainName, text: string): bigint | undefined {
  const { unit, decimals } = FAMILIES[chain].gas
  const [amount = '', given] = text.split(' ')
  if (given === undefined) return /^\d+$/.test(amount) ? BigInt(amount) : undefined
  const [whole = '', fraction = ''] = amount.split('.')
  return given === unit && fraction.length <= decimals ? BigInt(whole + fraction.padEnd(decimals, '0')) : undefined
}
/** What the price of a unit of gas is given in. */
export const gasUnit = (chain: ChainName): string => FAMILIES[chain].gas.unit

/** CAIP-19 of a fungible token, in the form that compares. */
export function tokenAsset({ chain, caip2 }: { chain: ChainName; caip2: string }, address: string): string {
  const { tokens, anyCase } = FAMILIES[chain]
  return `${caip2}/${tokens}:${anyCase ? address.toLowerCase() : address}`
}

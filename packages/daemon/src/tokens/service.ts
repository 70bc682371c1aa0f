import {
  canonicalAsset,
  Failure,
  findNetwork,
  invalidField,
  isSymbol,
  type Network,
  newId,
  type Output,
  type Parsed,
  type TokenChoice,
  tokenAsset,
  type tokenOperations,
  unknownNetwork,
} from '@waiaas/contract'
import { type Audit, SYSTEM_EVIDENCE } from '../audit/service.ts'
import type { Reader } from '../chains/chain.ts'
import type { Token } from '../chains/intent.ts'
import type { NeedConsent, Needed } from '../consents/types.ts'
import type { By } from '../platform/caller.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database, Handle } from '../platform/db/database.ts'
import { builtinTokens } from './builtin.ts'
import { impostorsAmong } from './impostors.ts'
import { type TokenRow, tokenStore } from './store.ts'

export { builtinTokens } from './builtin.ts'

type Input<Name extends keyof typeof tokenOperations> = Parsed<(typeof tokenOperations)[Name]>
type Answer<Name extends keyof typeof tokenOperations> = Output<(typeof tokenOperations)[Name]>

type Chains = { networks(): readonly Network[]; get(id: string): Promise<Reader> }
export type TokenParts = {
  database: Database
  clock: Clock
  audit: Pick<Audit, 'record'>
  chains: Chains
  /** Owners who have verified agree to what lets more out. Failure OWNER_CONSENT_REQUIRED. */
  needConsent: NeedConsent
}
export type Tokens = ReturnType<typeof tokens>
/** `id` is that of the row; the built-in ones have none. */
type Registered = { readonly token: Token; readonly id: string | null }

/** The registry: well-known tokens, and those that the operator added. Decimals come from the chain or the list, never from a caller. */
export function tokens({ database, clock, audit, chains, needConsent }: TokenParts) {
  const need = (name: string) => needNetwork(chains.networks(), name)

  async function readToken(name: string, address: string): Promise<{ network: Network; token: Token }> {
    const network = need(name)
    const chain = await chains.get(network.id)
    return { network, token: await chain.token(chain.address(address)) }
  }

  return {
    find,
    ofNetwork: listedTokens,

    async list({ network: name, limit, cursor }: Input<'listTokens'>): Promise<Answer<'listTokens'>> {
      const network = need(name)
      const all = await database.read((db) => registered(db, network))
      const rest = cursor === undefined ? all : afterToken(network, all, cursor)
      const page = rest.slice(0, limit)
      const hasMore = page.length < rest.length
      return {
        network: network.id,
        tokens: page.map((entry) => tokenView(network, entry)),
        nextCursor: hasMore ? cursorOf(page.at(-1)!) : null,
        hasMore,
      }
    },

    /** As the chain describes it. Failure TOKEN_NOT_FOUND, TOKEN_UNSUPPORTED. */
    async resolve(input: Input<'resolveToken'>): Promise<Answer<'resolveToken'>> {
      const { network, token } = await readToken(input.network, input.address)
      const { symbol, name, decimals, address, asset } = token
      return { network: network.id, address, symbol, name, decimals, assetId: asset }
    },

    /** Registers a token under the operator's symbol and name, with the chain's decimals. */
    async add(input: Input<'addToken'>, by: By): Promise<Answer<'addToken'>> {
      const { network, token } = await readToken(input.network, input.address)
      if (token.decimals !== input.decimals) throw otherDecimals(token.decimals, input.decimals)
      const id = newId(clock.now())
      const { address, asset, decimals, program = null } = token
      const { symbol, name } = input
      const row: TokenRow = {
        id,
        network: network.id,
        address,
        asset,
        symbol,
        name,
        decimals,
        program,
        created_at: clock.now(),
      }
      await database.work({ exclusive: ['system', SYSTEM_EVIDENCE] }, async (db) => {
        if (await find(db, network, asset))
          throw new Failure('TOKEN_EXISTS', `${address} is already registered on ${network.id}`)
        await needConsent(db, listing(network, row, 'list'))
        await tokenStore.insert(db, row)
        // Nobody takes it for an impostor any more, and lists by symbol may mean it.
        const loosens = true as const
        const details = { network: network.id, address, symbol, decimals, symbolOnChain: token.symbol, loosens }
        await audit.record(db, { event: 'TOKEN_ADDED', ...by, details, raised: 'warning' })
      })
      return { id, network: network.id, address, symbol }
    },

    /** Takes back what the operator registered; the built-in list stays. */
    async remove(input: Input<'removeToken'>, by: By): Promise<Answer<'removeToken'>> {
      const network = need(input.network)
      const address = await database.work({ exclusive: ['system', SYSTEM_EVIDENCE] }, async (db) => {
        const row = await needOwn(db, network, input.address)
        await needConsent(db, listing(network, row, 'take from the list'))
        await tokenStore.remove(db, network.id, row.asset)
        const details = { network: network.id, address: row.address, symbol: row.symbol, loosens: true as const }
        await audit.record(db, { event: 'TOKEN_REMOVED', ...by, details, raised: 'warning' })
        return row.address
      })
      return { removed: true, network: network.id, address }
    },
  }
}

/** What the operator has registered under an address, CAIP-19 name or symbol. Failure TOKEN_NOT_FOUND. */
async function needOwn(db: Handle, network: Network, name: string): Promise<TokenRow> {
  const own = (await tokenStore.ofNetwork(db, network.id)).map(customToken)
  const asset = isSymbol(name) ? called(own, network, name).asset : assetOf(network, name)
  const row = await tokenStore.byAsset(db, network.id, asset)
  if (row) return row
  throw new Failure('TOKEN_NOT_FOUND', `the operator has registered no token ${name} on ${network.id}`)
}

function needNetwork(networks: readonly Network[], name: string): Network {
  const network = findNetwork(networks, name)
  if (network) return network
  const known = networks.map(({ id }) => id)
  throw new Failure(
    'CHAIN_NOT_SUPPORTED',
    `no network ${unknownNetwork(networks, name)}; known are ${known.join(', ')}`,
    {
      details: { networks: known },
    },
  )
}

/** The registered token with this address or CAIP-19 name; undefined when only the chain may know it. */
async function find(db: Handle, network: Network, name: string): Promise<Token | undefined> {
  const asset = assetOf(network, name)
  const row = await tokenStore.byAsset(db, network.id, asset)
  return row ? customToken(row) : builtinTokens(network).find((token) => token.asset === asset)
}

/**
 * A token by its address or CAIP-19 name, as it is registered or as the chain describes it; or by the symbol that the list
 * or the operator gave it: what a contract calls itself is nobody's word. Failure TOKEN_NOT_FOUND with the choices.
 */
export const tokenFinder =
  (database: Database) =>
  async (chain: Reader, { address, assetId, symbol = '' }: TokenChoice): Promise<Token> => {
    const { network } = chain
    const name = assetId ?? address
    if (name === undefined) return called(await database.read((db) => listedTokens(db, network)), network, symbol)
    const known = await database.read((db) => find(db, network, name))
    return known ?? chain.token(chain.address(address ?? name.slice(name.lastIndexOf(':') + 1)))
  }

/** Of tokens that no list has: which listed one each calls itself like. */
export const impostorFinder = (database: Database, findToken: ReturnType<typeof tokenFinder>) =>
  impostorsAmong({ listed: (network) => database.read((db) => listedTokens(db, network)), findToken })

/** The one token with a symbol, whatever the case of its letters. */
function called(listed: readonly Token[], network: Network, symbol: string): Token {
  const matching = listed.filter((token) => symbolKey(token.symbol) === symbolKey(symbol))
  const [token, another] = matching
  if (token && !another) return token
  const choices = token ? matching : listed
  const details = { tokens: choices.slice(0, MOST_CHOICES).map(({ symbol, address }) => ({ symbol, address })) }
  throw new Failure('TOKEN_NOT_FOUND', token ? severalTokens(symbol, matching) : noToken(symbol, network, listed), {
    details,
  })
}

const MOST_CHOICES = 20
const symbolKey = (symbol: string): string => symbol.normalize('NFC').toUpperCase()
const severalTokens = (symbol: string, all: readonly Token[]): string =>
  `${all.length} tokens are called ${symbol}; name one by its address: ${all.map(({ address }) => address).join(', ')}`

function noToken(symbol: string, { id, native }: Network, listed: readonly Token[]): string {
  if (symbolKey(symbol) === symbolKey(native.symbol))
    return `${native.symbol} is the native currency of ${id}; send it as a transfer without a token`
  const known = listed.slice(0, MOST_CHOICES).map((token) => token.symbol)
  return `no token called ${symbol} is listed on ${id}; ${known.length > 0 ? `listed are ${known.join(', ')}` : 'name it by its address'}`
}

/** The listed tokens of a network: the built-in ones, and those that the operator added. */
export const listedTokens = async (db: Handle, network: Network): Promise<Token[]> =>
  (await registered(db, network)).map(({ token }) => token)

async function registered(db: Handle, network: Network): Promise<Registered[]> {
  const rows = await tokenStore.ofNetwork(db, network.id)
  const own = new Set(rows.map(({ asset }) => asset))
  const builtin = builtinTokens(network).filter(({ asset }) => !own.has(asset))
  return [
    ...builtin.map((token) => ({ token, id: null })),
    ...rows.map((row) => ({ token: customToken(row), id: row.id })),
  ]
}

const assetOf = (network: Network, addressOrAsset: string): string =>
  addressOrAsset.includes('/') ? canonicalAsset([network], addressOrAsset) : tokenAsset(network, addressOrAsset)

const customToken = ({ address, asset, symbol, name, decimals, program }: TokenRow): Token => ({
  address,
  asset,
  symbol,
  name,
  decimals,
  ...(program !== null && { program }),
})

const tokenView = ({ caip2 }: Network, { token, id }: Registered): Answer<'listTokens'>['tokens'][number] => {
  const { address, symbol, name, decimals, asset } = token
  const source = id === null ? 'builtin' : 'custom'
  return { address, symbol, name, decimals, source, assetId: asset, chainId: caip2 }
}

const cursorOf = ({ token, id }: Registered): string => id ?? token.asset

/** What comes after a token, whether it is still there or not: the built-in ones in their order, then by id. */
function afterToken(network: Network, all: readonly Registered[], cursor: string): Registered[] {
  if (!cursor.includes('/')) return all.filter(({ id }) => id !== null && id > cursor)
  const builtin = builtinTokens(network).map(({ asset }) => asset)
  const at = builtin.indexOf(cursor)
  if (at < 0) throw invalidField('cursor', 'expected the cursor of a page of this list; begin with the first page')
  const before = new Set(builtin.slice(0, at + 1))
  return all.filter(({ token, id }) => id !== null || !before.has(token.asset))
}

const otherDecimals = (onChain: number, given: number): Failure =>
  invalidField('decimals', `expected ${onChain}, as the token has on its chain, got ${given}`)

/** What the owners of wallets that it is for agree to. */
/** Of one that leaves the list: what calls itself like it is no impostor any more. */
type Listing = 'list' | 'take from the list'
const listing = (network: Network, { address, asset, symbol, decimals }: TokenRow, does: Listing): Needed => ({
  action: 'loosen',
  words: `${does} the token ${JSON.stringify(symbol)} on ${network.id}: ${address}`,
  content: { network: network.id, asset, symbol, decimals },
  wallet: null,
  concerns: ({ chain, environment }) => chain === network.chain && environment === network.environment,
})

import {
  type Base,
  type ceilingOperations,
  Failure,
  type Network,
  type Output,
  type Parsed,
  parseUnits,
} from '@waiaas/contract'
import type { Token } from '../chains/intent.ts'
import type { Ceiling, CeilingText, ChainCeiling, Sealed } from '../keys/service.ts'
import type { By } from '../platform/caller.ts'
import type { Handle } from '../platform/db/database.ts'
import { chainOf } from './ceiling-proposal.ts'
import { ceilingProposals } from './ceiling-proposals.ts'
import { ceilingStore } from './ceiling-store.ts'
import { ceilingView } from './ceiling-view.ts'
import type { WalletDependencies } from './dependencies.ts'
import { keyFailures } from './key-failures.ts'
import { needLiveWallet, needWallet } from './lookup.ts'
import { resolveNetwork } from './networks.ts'
import type { WalletRow } from './store.ts'

type Answer = Output<typeof ceilingOperations.getWalletCeiling>
type Input = Parsed<typeof ceilingOperations.changeWalletCeiling>
type Operator = { by: By; password: string }

/** What the signer signs at most for each wallet: proposed for new ones, shown, and changed by the operator. */
export function walletCeilings(parts: WalletDependencies) {
  const { database, keys, audit, networks, ceilings: sources } = parts

  const proposals = ceilingProposals(parts)

  async function view(db: Handle, row: WalletRow): Promise<Answer> {
    const counts = await ceilingStore.counts(db, row.address)
    const ceiling = ceilingOf(await ceilingStore.byWallet(db, row.id))
    return ceilingView(row.id, { ceiling, own: await proposals.listedFor(db, row), counts })
  }

  async function show(id: string): Promise<Answer> {
    return database.read(async (db) => view(db, await needWallet(db, id)))
  }

  return {
    show,
    first: proposals.first,
    makeMissing: proposals.makeMissing,
    /** The operator has said that all that was signed is known: the day does not count as used up any more. */
    async confirm(id: string, password: string): Promise<void> {
      const { address, now } = await database.read(async (db) => ({
        ...(await needLiveWallet(db, id)),
        now: await ceilingStore.byWallet(db, id),
      }))
      if (!now) return
      const sealed = await keyFailures(keys.changeCeiling({ address, now, next: ceilingOf(now) }, password))
      await database.work({ shared: ['system'], exclusive: [`wallet:${id}`] }, (db) => ceilingStore.set(db, id, sealed))
    },

    /** Failures WALLET_NOT_FOUND, WALLET_TERMINATED, ENVIRONMENT_NETWORK_MISMATCH, TOKEN_NOT_FOUND, INVALID_ADDRESS. */
    async change(input: Input, { by, password }: Operator): Promise<Answer> {
      const { id, network: name, recipients, fromPolicies = false } = input
      if (name === undefined && recipients === undefined && !fromPolicies) return show(id)
      const row = await database.read((db) => needLiveWallet(db, id))
      const network = name === undefined ? undefined : resolveNetwork(networks(), row, name)
      const token = network && input.token !== undefined ? await sources.findToken(network, input.token) : undefined
      const now = await database.read((db) => ceilingStore.byWallet(db, id))
      const before = ceilingOf(now)
      const base = fromPolicies ? await proposals.anew(row, before) : before
      const changed = network ? changedOn(base, network, { input, token }) : base
      const next = { ...changed, ...(recipients && { recipients }) }
      const sealed = await keyFailures(keys.changeCeiling({ address: row.address, now, next }, password))
      return database.work({ shared: ['system'], exclusive: [`wallet:${id}`] }, async (db) => {
        await needLiveWallet(db, id)
        await ceilingStore.set(db, id, sealed)
        const [from, to] =
          network && !fromPolicies
            ? [before.chains[chainOf(network)] ?? null, next.chains[chainOf(network)]]
            : [before, next]
        const details = { network: fromPolicies ? 'all' : (network?.id ?? 'all'), from, to }
        await audit.record(db, { event: 'WALLET_CEILING_CHANGED', walletId: id, ...by, details })
        return view(db, row)
      })
    },
  }
}

const NONE: ChainCeiling = {
  native: { transaction: '0', day: '0' },
  fee: '0',
  tokens: {},
  otherTokens: false,
  contracts: [],
}

function changedOn(
  before: Ceiling,
  network: Network,
  { input, token }: { input: Input; token: Token | undefined },
): Ceiling {
  const chain = chainOf(network)
  const was = before.chains[chain] ?? NONE
  const { decimals } = token ?? network.native
  const base = (text: string | undefined, places: number) =>
    text === undefined ? undefined : String(wholeUnits(text, places))
  const amounts = (present: ChainCeiling['native'] | undefined) => ({
    transaction: base(input.transaction, decimals) ?? present?.transaction ?? '0',
    day: base(input.day, decimals) ?? present?.day ?? base(input.transaction, decimals) ?? '0',
  })
  const next: ChainCeiling = {
    native: token ? was.native : amounts(was.native),
    fee: base(input.fee, network.native.decimals) ?? was.fee,
    tokens: token ? { ...was.tokens, [token.address]: amounts(was.tokens[token.address]) } : was.tokens,
    otherTokens: input.otherTokens ?? was.otherTokens,
    contracts: input.contracts ?? was.contracts,
  }
  return { ...before, chains: { ...before.chains, [chain]: next } }
}

function wholeUnits(text: string, decimals: number): Base {
  try {
    return parseUnits(text, decimals)
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : 'expected a decimal amount'
    throw new Failure('ACTION_VALIDATION_FAILED', message, { cause })
  }
}

/** Sealed by the signer, which alone believes nothing else; here it is only read. */
const ceilingOf = (sealed: Sealed | undefined): Ceiling =>
  sealed ? (JSON.parse(sealed.text) as CeilingText).ceiling : { chains: {}, recipients: [] }

/** The ceiling of a wallet, as the signer sealed it; without one the signer signs nothing. */
export const sealedCeiling = (db: Handle, walletId: string): Promise<Sealed | undefined> =>
  ceilingStore.byWallet(db, walletId)

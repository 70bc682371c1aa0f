import {
  defaultSettings,
  findNetwork,
  LOCAL_NETWORKS,
  type Network,
  newId,
  type SendRequest,
  type Settings,
  type TokenChoice,
  togglesOf,
} from '@waiaas/contract'
import { type EvmNode, type SolanaNode, startEvm, startSolana } from '@waiaas/localnet'
import pino from 'pino'
import { strictAudit } from '../../../test/support/strict-audit.ts'
import { accountFacts } from '../src/account-facts.ts'
import { mayAnswer } from '../src/approvals/service.ts'
import { autostop, type Divergence } from '../src/autostop/service.ts'
import type { Chain, Reader } from '../src/chains/chain.ts'
import { evmChain } from '../src/chains/evm/chain.ts'
import { solanaChain } from '../src/chains/solana/chain.ts'
import { consents, needConsents } from '../src/consents/service.ts'
import { gate } from '../src/gate/service.ts'
import { type KeyringRow, type Keys, startKeys } from '../src/keys/service.ts'
import { nextEpoch } from '../src/killswitch/service.ts'
import { killSwitchStore } from '../src/killswitch/store.ts'
import { migrations } from '../src/migrations/all.ts'
import { owners } from '../src/owners/service.ts'
import { type Clock, systemClock } from '../src/platform/clock.ts'
import type { Database, Handle } from '../src/platform/db/database.ts'
import { heldStops } from '../src/platform/held.ts'
import { appliedPolicies, draftedPolicies, policies, policyVersions } from '../src/policies/service.ts'
import { pricesService } from '../src/prices/service.ts'
import { closedSessions, constraintsOf, forgetSessions, policySession, sessionLabels } from '../src/sessions/service.ts'
import { sessionStore } from '../src/sessions/store.ts'
import { impostorFinder, listedTokens } from '../src/tokens/service.ts'
import type { Parts } from '../src/transactions/job.ts'
import { transactionStore } from '../src/transactions/rows/store.ts'
import { judge, Transactions } from '../src/transactions/service.ts'
import { ceilingStore } from '../src/wallets/ceiling-store.ts'
import { ceilingLifts, ownerHearing, sealedCeiling, walletAsHeld, walletIdOf } from '../src/wallets/service.ts'
import { walletStore } from '../src/wallets/store.ts'
import { suspension } from '../src/wallets/suspension.ts'
import { madeUpChain, madeUpKeys } from './made-up-chain.ts'
import type { MadeUpNode } from './made-up-node.ts'
import { firstCeiling } from './signing.ts'
import { requireCounted } from './waiting-counts.ts'

/** Made once: it is asked for by each payment. */
const DEFAULTS = defaultSettings()

export { migrations }
/** Who asks the service: a session, or the operator. */
export const agent = (sessionId: string) =>
  ({ principal: { kind: 'agent', sessionId, tokenHash: '' }, peer: undefined }) as const
export const operator = { principal: { kind: 'operator', proof: () => ({ password: '' }) }, peer: undefined } as const
export const localEvm = findNetwork(LOCAL_NETWORKS, 'local-evm')!
const localSolana = findNetwork(LOCAL_NETWORKS, 'local-solana')!
const PASSWORD = 'correct horse battery'
export const ETHER = 10n ** 18n

type AccountFacts = ReturnType<typeof accountFacts>
type World = {
  network: Network
  chain: Network['chain']
  connect(facts: AccountFacts): Chain
  fund(address: string): Promise<unknown>
  /** The signer process, unless the family is one that it cannot read. */
  startKeys(): Promise<BedKeys>
}
type BedKeys = Pick<
  Keys,
  | 'createKeyring'
  | 'unlock'
  | 'create'
  | 'import'
  | 'firstCeiling'
  | 'changeCeiling'
  | 'lift'
  | 'hear'
  | 'sign'
  | 'stop'
> &
  Partial<Pick<Keys, 'evidenceKey' | 'signReceipt'>>
type Node = EvmNode | SolanaNode | MadeUpNode

function worldOf(node: Node, clock: Clock, { feed, window }: Oracle): World {
  if ('traits' in node)
    return {
      network: node.network,
      chain: node.network.chain,
      connect: () => madeUpChain(node),
      fund: async (address) => node.fund(address),
      startKeys: async () => madeUpKeys(node),
    }
  const evm = { ...localEvm, ...(feed !== undefined && { nativeFeed: feed }), ...(window && { window }) }
  return 'airdrop' in node
    ? {
        network: localSolana,
        chain: 'solana',
        connect: ({ promised }) =>
          solanaChain({
            ...{ network: localSolana, urls: [node.url], clock: clock.now },
            promised: (account) => promised(localSolana, account),
          }),
        fund: (address) => node.airdrop(address, 10n ** 11n),
        startKeys: cheapKeys,
      }
    : {
        network: evm,
        chain: 'ethereum',
        connect: ({ watched }) =>
          evmChain({
            ...{ network: evm, urls: [node.url], allowForeignGenesis: true },
            watched: (account) => watched(evm, account),
          }),
        fund: (address) => node.fund(address, 100n * ETHER),
        startKeys: cheapKeys,
      }
}

/** At the least that a password may cost. */
const cheapKeys = () => startKeys({ passwordCost: { memoryKib: 19 * 1024, iterations: 2, parallelism: 1 } })

const ofSessions = {
  constraints: constraintsOf,
  sessionLabels,
}

/** Where prices come from: a Chainlink feed on the node, or fixed ones; else 2,000 dollars for a native unit. */
export type Oracle = {
  feed?: string
  fixed?: Record<string, string>
  /** How many attempts wait for a block at once, on a local EVM node. */
  window?: number
}

/** Test support: the money path over a real database, signer and node; wallets and sessions are plain rows. */
export async function startPipeline(
  database: Database,
  node: Node,
  known?: KeyringRow,
  { now, latest = now }: Pick<Clock, 'now'> & Partial<Clock> = systemClock(),
  {
    mostWaiting = () => ({ session: 2_000, wallet: 10_000 }),
    givenMs = () => 600_000,
    confirmations = () => 1,
    floors = () => false,
    stopsItself = {},
    ...oracle
  }: Oracle & { floors?: () => boolean; stopsItself?: Partial<Settings> } & Partial<
      Pick<Parts, 'mostWaiting' | 'givenMs' | 'confirmations'>
    > = {},
) {
  const clock = { now, latest }
  const log = pino({ level: process.env.TEST_LOG ?? 'silent' })
  const { network, connect, ...world } = worldOf(node, clock, oracle)
  const keys = await world.startKeys()
  const keyring = known ?? (await keys.createKeyring(PASSWORD))
  if (known) await keys.unlock(PASSWORD, known)
  const evidence = strictAudit({ clock })
  const networks = [network]
  const applied = appliedPolicies()
  const facts = accountFacts({ database, applied, settings: () => ({ 'security.solana_floors': floors() }) })
  let chain = connect(facts)
  const held = heldStops({ clock, log })
  const rules = policies({
    database,
    held,
    clock,
    networks: () => networks,
    wallet: walletStore.byId,
    walletId: walletIdOf,
    tokens: async () => [],
    session: policySession,
    record: evidence.record,
    systemEvidence: 'evidence:system',
    nextVersion: policyVersions(clock),
    needConsent: needConsents(clock),
    afterChange: (walletId) => service.stops.quiet(walletId === null ? undefined : [walletId]),
  })
  const byDefault = oracle.feed === undefined ? { [`native:${network.id}`]: '2000' } : {}
  const priced = { 'oracle.fixed_prices': { ...byDefault, ...oracle.fixed }, 'oracle.max_age_seconds': 3_900 }
  const prices = pricesService({
    database,
    audit: evidence,
    settings: () => priced,
    networks: () => networks,
    chain: async () => chain,
    clock,
    log,
  })
  const switches = {
    killSwitch: killSwitchStore.read,
    wallet: async (db: Handle, id: string) => walletAsHeld(held, await walletStore.byId(db, id)),
    session: sessionStore.byId,
    isLinked: sessionStore.isLinked,
    policyVersion: applied.version,
  }
  /** What a test does while the signer signs. */
  let meanwhile: (() => Promise<void>) | undefined
  const signing: typeof keys.sign = async (batch) => {
    const todo = meanwhile
    meanwhile = undefined
    await todo?.()
    return keys.sign(batch)
  }
  const diverged: Divergence[] = []
  const stopper = autostop({
    ...{ clock, audit: evidence },
    // Off, unless a test is about it.
    settings: (() => {
      const settings = { ...DEFAULTS, 'autostop.enabled': Object.keys(stopsItself).length > 0, ...stopsItself }
      return () => settings
    })(),
    suspendOnce: (...args) => wallets.suspendOnce(...args),
    throwSwitch: async () => {
      throw new Error('no switch here')
    },
    walletName: async (db, id) => (await walletStore.byId(db, id))?.name,
  })
  const parts = {
    database,
    clock,
    log,
    audit: evidence,
    switches,
    nextEpoch,
    mostWaiting,
    confirmations,
    keptDays: () => ({ refused: 30, details: 90 }),
    forgetSessions: (before: number, count: number) => forgetSessions(database, before, count),
    closedSessions: (db: Handle, ids: readonly string[]) => closedSessions(db, ids, { held, now: clock.latest() }),
    mostWaits: () => ({ caller: 2_000, all: 5_000 }),
    chain: async () => chain,
    mayAnswer,
    key: async (id: string) => {
      const row = await database.read((db) => walletStore.key(db, id))
      return { walletId: id, chain: row!.chain, address: row!.address, curve: row!.curve, ciphertext: row!.ciphertext }
    },
    ceiling: sealedCeiling,
    lift: ceilingLifts({ database, keys }),
    givenMs,
    signatureKey: async () => new Uint8Array(32).fill(7),
    witnessed: async () => undefined,
    gate: gate({ signing: { sign: signing }, now: clock.latest }),
    instance: newId(),
    owners: owners({
      settings: () => ({ 'server.public_url': '' }),
      ...{ database, clock, audit: evidence, networks: () => networks, nextVersion: policyVersions(clock) },
      ...{ findNetwork: () => network, chain: async () => chain, needConsent: needConsents(clock) },
      hear: ownerHearing({ database, keys }),
    }),
    autostop: { ...stopper, diverged: async (divergence: Divergence) => void diverged.push(divergence) },
  }
  const findToken = (on: Reader, { address, assetId = '' }: TokenChoice) =>
    on.token(address ?? assetId.slice(assetId.lastIndexOf(':') + 1))
  const gas = { enabled: true, defaultSeconds: 3_600, mostSeconds: 86_400 }
  const service = new Transactions({
    ...parts,
    judge: judge({
      ...parts,
      policies: applied.applying,
      prices,
      network: () => network,
      settings: async () => ({ ...DEFAULTS, ...priced }),
      ...ofSessions,
    }),
    ...ofSessions,
    toggles: () => togglesOf(DEFAULTS),
    needConsent: needConsents(clock),
    usualDelay: () => DEFAULTS['security.policy_defaults_delay_seconds'],
    gas: () => gas,
    chooseWallet: async (db, _session, { walletId }) => (await walletStore.byId(db, walletId!))!,
    resolveNetwork: (): Network => network,
    findNetwork: () => network,
    drafted: draftedPolicies({ networks: () => networks, walletId: async (_, name) => name }),
    findToken,
    listedTokens,
    impostors: impostorFinder(database, findToken),
    networksOf: () => networks,
    held,
    prices,
    attest: {
      publicKey: () => keys.evidenceKey!(),
      sign: (hash) => keys.signReceipt!(hash),
      cover: async () => undefined,
    },
  })
  const wallets = suspension({ database, clock, audit: evidence, held, stops: service.stops })
  service.start()

  async function addSession(db: Handle, id: string, walletId: string): Promise<void> {
    const now = clock.now()
    await sessionStore.insert(db, {
      id,
      token_hash: id,
      previous_hash: null,
      previous_until: null,
      ttl: 0,
      expires_at: 0,
      absolute_expires_at: 0,
      max_renewals: 0,
      renewal_count: 0,
      last_renewed_at: null,
      constraints: null,
      labels: null,
      source: 'api',
      token_issued_count: 1,
      revoked_at: null,
      is_claimed: 1,
      created_at: now,
    })
    await sessionStore.link(db, { session_id: id, wallet_id: walletId, created_at: now })
  }

  async function wallet(privateKey?: string): Promise<{ id: string; address: string; session: string }> {
    const id = newId()
    const key = privateKey
      ? await keys.import(id, world.chain, { kind: 'private-key', text: privateKey })
      : await keys.create(id, world.chain)
    const ceiling = await firstCeiling(keys, key, PASSWORD)
    const session = newId()
    const now = clock.now()
    await database.work({ exclusive: ['system', `wallet:${id}`] }, async (db) => {
      await walletStore.insert(db, {
        id,
        name: `w ${id}`,
        chain: world.chain,
        environment: 'testnet',
        address: key.address,
        status: 'ACTIVE',
        suspended_at: null,
        suspension_reason: null,
        created_at: now,
        updated_at: now,
        terminated_at: null,
        purged_at: null,
        account: id,
        spends_unknown_before: null,
        ...(await walletStore.predecessor(db, world.chain, key.address)),
      })
      await walletStore.insertKey(db, {
        wallet_id: id,
        chain: world.chain,
        address: key.address,
        curve: key.curve,
        ciphertext: key.ciphertext,
      })
      await ceilingStore.set(db, id, ceiling)
      await addSession(db, session, id)
    })
    await world.fund(key.address)
    return { id, address: key.address, session }
  }

  const send = (from: { id: string; session: string }, request: Partial<SendRequest> & { to: string }, key?: string) =>
    service.send(
      { type: 'TRANSFER', dryRun: false, ...request, walletId: from.id },
      { sessionId: from.session, peer: '127.0.0.1', key, onDelivered: (listener) => listener(true) },
    )

  /** Waits until a transaction's status is one of these; looks again whenever something may have changed. */
  async function until(id: string, ...statuses: string[]): Promise<string> {
    for (;;) {
      const row = await database.read((db) => transactionStore.byId(db, id))
      if (row && statuses.includes(row.status)) return row.status
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  /** Waits until signed bytes of a transaction have arrived at the EVM node; the hash. */
  async function sent(id: string): Promise<string> {
    if (!('chainId' in node)) throw new Error('expected an EVM node')
    for (;;) {
      await until(id, 'SUBMITTED')
      // Asked for each time: bytes that are taken back before they leave take their hash with them.
      const { txHash } = await service.get(id, undefined)
      if (txHash !== null && (await node.rpc('eth_getTransactionByHash', [txHash])) !== null) return String(txHash)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  return {
    service,
    owners: parts.owners,
    consents: consents({ database, clock, audit: evidence, owners: parts.owners }),
    wallets,
    stopper,
    sent,
    database,
    rules,
    held,
    keys,
    keyring,
    evidence,
    /** What would have stopped its wallet. */
    diverged,
    onSign(todo: () => Promise<void>) {
      meanwhile = todo
    },
    wallet,
    /** One more session of a wallet. */
    async session(walletId: string): Promise<string> {
      const id = newId()
      await database.work({ exclusive: ['system', `wallet:${walletId}`] }, (db) => addSession(db, id, walletId))
      return id
    },
    send,
    until,
    /** What the registry does when the operator changes the endpoints. */
    reconnect() {
      chain.close()
      chain = connect(facts)
    },
    /** What the operator does when a price changes; undefined takes it away. */
    setPrice(asset: string, price: string | undefined) {
      const { [asset]: _, ...others } = priced['oracle.fixed_prices']
      priced['oracle.fixed_prices'] = price === undefined ? others : { ...others, [asset]: price }
    },
    limit: (walletId: string, limits: Record<string, unknown>) =>
      rules.create({ walletId, type: 'SPENDING_LIMIT', rules: limits, priority: 0, enabled: true } as never),
    async stop() {
      await service.stop()
      await keys.stop()
      chain.close()
      await requireCounted(database)
    },
  }
}

export { startEvm, startSolana }

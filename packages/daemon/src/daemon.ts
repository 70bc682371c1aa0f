import { dirname, join, resolve } from 'node:path'
import { type AllOperations, type Handlers, operations, stopOperations, tokenNamed } from '@waiaas/contract'
import manifest from '../package.json' with { type: 'json' }
import { accountFacts, ownWallet } from './account-facts.ts'
import { adminHandlers } from './admin/handlers.ts'
import { adminService } from './admin/service.ts'
import { approvalFeature } from './approving.ts'
import { auditHandlers } from './audit/handlers.ts'
import { audit, checkpoints, SYSTEM_EVIDENCE } from './audit/service.ts'
import { authentication } from './authentication.ts'
import { autostopHandlers } from './autostop/handlers.ts'
import { backupsOf } from './backing-up.ts'
import { backupHandlers } from './backup/handlers.ts'
import { calldataHandlers } from './chains/handlers.ts'
import { chainRegistry } from './chains/registry.ts'
import { clockHandlers } from './clock/handlers.ts'
import { clockService } from './clock/service.ts'
import { connectHandlers } from './connect/handlers.ts'
import { connectInfo } from './connect/service.ts'
import { askingOwners, consentHandlers } from './consents/handlers.ts'
import { consents, needConsents, ofOwners } from './consents/service.ts'
import { contactHandlers } from './contacts/handlers.ts'
import { eventHandlers } from './events/handlers.ts'
import { exposureOf, passwordWithin } from './exposing.ts'
import { exposureHandlers } from './exposure/handlers.ts'
import type { Keys } from './keys/service.ts'
import { killSwitchHandlers } from './killswitch/handlers.ts'
import { killSwitch } from './killswitch/service.ts'
import { eraOf, logins } from './logins/service.ts'
import { mcpRoutes } from './mcp-http/service.ts'
import { migrations } from './migrations/all.ts'
import { moneyPath, toldOf } from './money-path.ts'
import { operatorHandlers } from './operator/handlers.ts'
import { isPassword, operatorService } from './operator/service.ts'
import { ownerHandlers } from './owners/handlers.ts'
import { owners } from './owners/service.ts'
import { pairingHandlers } from './pairings/handlers.ts'
import { pairings } from './pairings/service.ts'
import { type Principal, sessionOf } from './platform/caller.ts'
import type { SystemClock } from './platform/clock.ts'
import type { ClockMark } from './platform/clock-mark.ts'
import type { Config } from './platform/config.ts'
import type { DataDir } from './platform/data-dir.ts'
import type { Database } from './platform/db/database.ts'
import { handlersOf, inOrder } from './platform/feature.ts'
import { heldStops } from './platform/held.ts'
import { doorsOf } from './platform/http/doors.ts'
import { httpApp, operationsApp } from './platform/http/serve.ts'
import type { Calls } from './platform/http/types.ts'
import { endAll } from './platform/jobs.ts'
import type { Log } from './platform/log.ts'
import { policyHandlers } from './policies/handlers.ts'
import { appliedPolicies, policies, policyVersions, spendingDollars } from './policies/service.ts'
import { priceHandlers } from './prices/handlers.ts'
import { displays, priceFixing, pricesService, webSources } from './prices/service.ts'
import { sessionHandlers } from './sessions/handlers.ts'
import { policySession, sessions } from './sessions/service.ts'
import { settingsHandlers } from './settings/handlers.ts'
import { settingsService } from './settings/service.ts'
import { stopTokenHandlers } from './stop-tokens/handlers.ts'
import { stopTokens } from './stop-tokens/service.ts'
import { stoppingItself } from './stopping-itself.ts'
import { noticesOf } from './telling.ts'
import { tokenHandlers } from './tokens/handlers.ts'
import { tokenFinder, tokens } from './tokens/service.ts'
import { messageHandlers, planHandlers, readHandlers, transactionHandlers } from './transactions/handlers.ts'
import { refusalCounts, voidLifts } from './transactions/service.ts'
import { walletHandlers } from './wallets/handlers.ts'
import {
  findWallet,
  keyFailures,
  ownerHearing,
  sharedNames,
  walletIdOf,
  walletKeys,
  wallets,
} from './wallets/service.ts'
import { walletViewHandlers } from './wallets/view-handlers.ts'
import { walletViewService } from './wallets/view-service.ts'

const { version } = manifest

/** What exists before the daemon is put together: a locked directory, an open database, a running signer. */
export type Ground = {
  dataDir: DataDir
  config: Config
  database: Database
  clock: SystemClock
  mark: Pick<ClockMark, 'raise'>
  log: Log
  keys: Keys
  /** Names this daemon in lane leases, across restarts on the same directory. */
  instance: string
  shutdown: () => void
  /** Where the password lies that this process reads at its start; undefined where somebody typed it. */
  passwordIn: string | undefined
}
type Base = Awaited<ReturnType<typeof baseOf>>
type Services = ReturnType<typeof servicesOf>
type Features = ReturnType<typeof featuresOf>
export type Composition = Awaited<ReturnType<typeof compose>>

/** Builds every part in order: base, services, features, HTTP. The only place that knows them all. */
export async function compose(ground: Ground) {
  const base = await baseOf(ground)
  const services = servicesOf(ground, base)
  const features = featuresOf(ground, base, services)
  let isStopping = false
  const shared = {
    handlers: askingOwners(allHandlers(features), services.consents),
    settings: base.settings.get,
    log: ground.log,
    isStopping: () => isStopping,
    idOf: (_wallet: 'wallet', name: string, principal: Principal<'agent' | 'operator' | 'stopper'>) =>
      ground.database.read((db) => walletIdOf(db, name, sessionOf(principal))),
  }
  return {
    app: httpApp({
      ...shared,
      operations,
      authenticate: authentication({ ...services, operator: base.operator }),
      version,
      connections: base.doors.connections,
      raw: [
        mcpRoutes({ settings: base.settings.get, log: ground.log }),
        features.approvals.pages,
        services.notices.pages,
      ],
    }),
    ...base.doors,
    /** For a socket that is the operator's by its file mode: stops and nothing else, without a credential. */
    stopApp: operationsApp({
      ...shared,
      operations: stopOperations,
      authenticate: async () => ({ kind: 'stopper', actor: 'operator' }),
    }),
    operator: base.operator,
    /** Gives wallets of before there were ceilings one; called when the password has unlocked the keystore. */
    makeMissingCeilings: services.wallets.ceilings.makeMissing,
    settings: base.settings,
    /** Takes up what an earlier run left; called once the keystore is unlocked. */
    async start(): Promise<void> {
      for (const each of inStartingOrder(features)) await each.start()
    },
    /** Refuses new requests from now on. */
    drain() {
      isStopping = true
      services.transactions.waits.drain()
      services.events.drain()
    },
    async stop(): Promise<void> {
      await endAll(ground.log, inStoppingOrder(features))
      base.chains.close()
    },
  }
}

const allHandlers = (features: Features): Handlers<AllOperations, Calls> => handlersOf(features)

const inStartingOrder = (features: Features) =>
  inOrder(features, 'start', ['settings', 'clock', 'killSwitch', 'transactions', 'sessions', 'held', 'evidence'])

/** First what sends, then what stops it, then what is written of both; the last checkpoint covers all evidence. */
const inStoppingOrder = (features: Features) =>
  inOrder(features, 'stop', [
    'transactions',
    'exposure',
    'sessions',
    'killSwitch',
    'held',
    'clock',
    'settings',
    'operator',
    'evidence',
  ])

/** Settings, chains, prices and the operator: what features stand on. */
async function baseOf({ database, clock, log, keys, config, dataDir }: Ground) {
  const signing = checkpoints({
    database,
    clock,
    log,
    isUnlocked: keys.isUnlocked,
    witness: { publicKey: keys.evidenceKey, sign: keys.signCheckpoint },
    file: () => dataDir.place(join('audit', 'checkpoints.jsonl')),
  })
  const evidence = audit({ clock, onRecord: signing.noteRow })
  const nextVersion = policyVersions(clock)
  const needConsent = needConsents(clock)
  const settings = await settingsService({
    database,
    clock,
    log,
    audit: evidence,
    configured: config.settings,
    origins: config.origins,
    subkey: () => keys.subkey('settings'),
    ...{ nextVersion: (db) => nextVersion(db, null), needConsent },
  })
  const watching = settings.watch()
  const applied = appliedPolicies()
  const chains = chainRegistry({
    settings: settings.get,
    log,
    ...accountFacts({ database, settings: settings.get, applied }),
    onDisputed: (details) =>
      database.work({ exclusive: [SYSTEM_EVIDENCE] }, (db) =>
        evidence.record(db, { event: 'ENDPOINTS_DISAGREE', actor: 'system', details }),
      ),
  })
  const web = webSources({ settings: settings.get, clock })
  const prices = pricesService({
    ...{ database, clock, log, audit: evidence },
    ...{ settings: settings.get, networks: chains.networks, chain: chains.get },
    web,
  })
  const shown = displays({ settings: settings.get, web, clock })
  const operator = operatorService({
    database,
    clock,
    log,
    audit: evidence,
    keys,
    recoveryKey: dataDir.recoveryKey,
    onUnlocked: () => watching.wake(),
    voidApprovals: voidLifts,
  })
  const held = heldStops({ clock, log })
  const doors = doorsOf(dataDir.path, settings.get, log)
  return {
    ...{ evidence, signing, held, nextVersion, needConsent, settings },
    ...{ watching, applied, chains, prices, shown, operator, doors },
  }
}

function servicesOf(ground: Ground, base: Base) {
  const { database, clock, keys, log, dataDir } = ground
  const { evidence, held, nextVersion, needConsent, chains, operator, prices, settings } = base
  const keyRows = walletKeys({ database })
  const registry = tokens({ database, clock, audit: evidence, chains, needConsent })
  const findToken = tokenFinder(database)
  const parts = () => ({ wallets: walletService, killSwitch: killSwitchService })
  const { stopper, autostopRules } = stoppingItself({ ...ground, ...base }, parts)
  const chainsOf = { networks: chains.networks, findNetwork: chains.find, chain: chains.get }
  const asked = { ...chainsOf, settings: settings.get, needConsent, hear: ownerHearing({ database, keys }) }
  const ownerService = owners({ database, clock, audit: evidence, ...asked })
  const transactions = moneyPath({ ...ground, ...base, keyRows, findToken, owners: ownerService, autostop: stopper })
  const { events, stops } = toldOf({ ...ground, ...base }, transactions)
  settings.waitFor(() => stops.quiet())
  const shared = { database, clock, held, networks: chains.networks }
  const rules = policies({
    ...shared,
    ...{ wallet: findWallet, walletId: walletIdOf, tokens: registry.ofNetwork },
    session: policySession,
    record: evidence.record,
    systemEvidence: SYSTEM_EVIDENCE,
    ...{ nextVersion, needConsent },
    afterChange: (walletId) => stops.quiet(walletId === null ? undefined : [walletId]),
  })
  const sessionService = sessions({
    ...shared,
    audit: evidence,
    stops,
    secret: () => keyFailures(keys.subkey('sessions')),
    refusalsNotKept: refusalCounts.notKept,
    log,
    idleMs: stopper.idleMs,
    maxPerWallet: () => settings.get()['security.max_sessions_per_wallet'],
    dataDir: dataDir.path,
  })
  const walletService = wallets({
    ...shared,
    log,
    keys,
    keyRows,
    audit: evidence,
    sessions: sessionService,
    stops,
    ceilings: {
      tokens: registry.ofNetwork,
      findToken: async (network, name) => findToken(await chains.get(network.id), tokenNamed(name)),
      priceOf: (network, key) => prices.current(network, [key])[key],
      dollars: spendingDollars,
    },
    installDefaultPolicy: rules.installDefault,
    ...{ ...ofOwners(clock), purgePolicies: rules.purge },
    verifyPassword: (password) => isPassword(operator, password),
    refusesMainnet: () => settings.get()['security.refuse_mainnet_with_recovery_key'] && dataDir.recoveryKey.exists(),
  })
  const killSwitchService = killSwitch({ ...shared, audit: evidence, log, stops, sessions: sessionService })
  return {
    events,
    ...{ autostopRules, rules, registry },
    fixing: priceFixing({ database, chains, settings, tokens: registry, findToken, prices }),
    transactions,
    sessions: sessionService,
    pairings: pairings({
      ...{ database, clock, held, audit: evidence, sessions: sessionService, policies: rules },
      isRemoteAllowed: () => settings.get()['security.remote_pairing'],
    }),
    stopTokens: stopTokens({ database, clock, audit: evidence }),
    logins: logins({ database, clock, audit: evidence, era: eraOf(killSwitchService.read) }),
    ...{ owners: ownerService, wallets: walletService },
    consents: consents({ ...shared, audit: evidence, owners: ownerService }),
    clock: clockService({
      ...{ database, clock, log, mark: ground.mark, audit: evidence },
      ...{ findNetwork: chains.find, chain: chains.get },
    }),
    view: walletViewService({ database, chains, tokens: registry, prices, display: base.shown.in }),
    exposure: exposureOf({ ...ground, ...base, registry, transactions }),
    killSwitch: killSwitchService,
    notices: noticesOf({ ...ground, ...base }, transactions),
  }
}

/** What answers and what works in the background, by name. */
function featuresOf(ground: Ground, base: Base, services: Services) {
  const { database } = ground
  const { settings, evidence, operator, signing, watching } = base
  const { transactions, killSwitch, clock } = services
  const approving = approvalFeature({ ...services, ...ground, ...base })
  const walletName = async (id: string) => (await database.read((db) => findWallet(db, id)))?.name ?? null
  return {
    settings: { handlers: settingsHandlers(settings), start: settings.refresh, stop: watching.stop },
    clock: { handlers: clockHandlers(clock), start: clock.start, stop: clock.stop },
    killSwitch: {
      handlers: killSwitchHandlers(killSwitch, services.owners),
      start: killSwitch.start,
      stop: killSwitch.stop,
    },
    transactions: {
      handlers: transactionHandlers(transactions, {
        ...{ walletName, display: base.shown.in, approving: services.exposure.approving },
      }),
      ...approving.around(transactions, services.events),
    },
    events: { handlers: eventHandlers(services.events) },
    messages: { handlers: messageHandlers(transactions) },
    plans: { handlers: planHandlers(transactions) },
    reads: { handlers: readHandlers(transactions, walletName) },
    held: { start: base.held.start, stop: base.held.stop },
    evidence: { handlers: auditHandlers(evidence, signing, database), ...services.notices.around(signing) },
    notices: { handlers: services.notices.handlers },
    operator: { handlers: operatorHandlers(operator), stop: operator.stop },
    admin: { handlers: adminHandlers(adminOf(ground, base, services)) },
    backups: { handlers: backupHandlers(backupsOf({ ...ground, audit: evidence, settings, version })) },
    calldata: { handlers: calldataHandlers },
    connect: { handlers: connectHandlers(connectOf(ground, base, services)) },
    policies: {
      handlers: policyHandlers(services.rules, {
        walletOf: (sessionId, walletId) => ownWallet(database, sessionId, walletId),
        telling: services.exposure.changed,
      }),
    },
    sessions: { handlers: sessionHandlers(services.sessions), ...services.sessions.idle },
    pairings: { handlers: pairingHandlers(services.pairings) },
    stopTokens: { handlers: stopTokenHandlers(services.stopTokens) },
    logins: { handlers: services.logins.handlers },
    owners: { handlers: ownerHandlers(services.owners) },
    autostop: { handlers: autostopHandlers(services.autostopRules) },
    consents: { handlers: consentHandlers(services.consents) },
    prices: { handlers: priceHandlers(services.fixing, base.prices.status, base.shown) },
    tokens: { handlers: tokenHandlers(services.registry) },
    contacts: { handlers: contactHandlers({ ...ground, ...base, audit: evidence }) },
    wallets: { handlers: walletHandlers(services.wallets) },
    exposure: { handlers: exposureHandlers(services.exposure), stop: services.exposure.stop },
    approvals: { handlers: approving.handlers, pages: approving.pages },
    walletViews: { handlers: walletViewHandlers(services.view) },
  }
}

function adminOf(ground: Ground, { chains, settings, evidence, held, operator, doors }: Base, services: Services) {
  const { database, clock, log, keys, config, dataDir } = ground
  return adminService({
    ...{ database, clock, log, version },
    standing: () => [services.clock, doors.stopSocket].flatMap((each) => each.warning() ?? []),
    advice: () => [services.notices.warning() ?? []].flat(),
    audit: evidence,
    schemaVersion: migrations.at(-1)!.id,
    settings: settings.get,
    warnings: [...config.warnings, ...dataDir.warnings],
    recoveryKey: dataDir.recoveryKey,
    isUnlocked: keys.isUnlocked,
    rpc: chains.status,
    passwordWithin: () => passwordWithin({ ...ground, operator }),
    ceilings: services.wallets.ceilings.watch,
    troubles: () => services.transactions.troubles(),
    killSwitch: services.killSwitch,
    heldStops: held.names,
    sharedNames,
    folder:
      config.settings['database.url'] === ''
        ? dirname(resolve(dataDir.path, config.settings['database.path']))
        : undefined,
    shutdown: ground.shutdown,
  })
}

const connectOf = ({ database }: Ground, { chains, settings }: Base, { rules }: Services) =>
  connectInfo({ database, policies: rules, networks: chains.networks, settings: settings.get, version })

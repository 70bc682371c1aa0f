import { dirname, resolve } from 'node:path'
import manifest from '../package.json' with { type: 'json' }
import { ownWallet } from './account-facts.ts'
import { actionHandlers } from './actions/handlers.ts'
import { adminHandlers } from './admin/handlers.ts'
import { adminService } from './admin/service.ts'
import { approvalFeature } from './approving.ts'
import { auditHandlers } from './audit/handlers.ts'
import { autostopHandlers } from './autostop/handlers.ts'
import { backupsOf, placeOf } from './backing-up.ts'
import { backupHandlers } from './backup/handlers.ts'
import { calldataHandlers } from './chains/handlers.ts'
import { checklistHandlers } from './checklist/handlers.ts'
import { type ChecklistParts, checklist } from './checklist/service.ts'
import { clockHandlers } from './clock/handlers.ts'
import { connectHandlers } from './connect/handlers.ts'
import { connectInfo } from './connect/service.ts'
import { consentHandlers } from './consents/handlers.ts'
import { contactHandlers } from './contacts/handlers.ts'
import { eventHandlers } from './events/handlers.ts'
import { passwordWithin } from './exposing.ts'
import { exposureHandlers } from './exposure/handlers.ts'
import type { Base, Ground } from './ground.ts'
import { killSwitchHandlers } from './killswitch/handlers.ts'
import { migrations } from './migrations/all.ts'
import { operatorHandlers } from './operator/handlers.ts'
import { ownerHandlers } from './owners/handlers.ts'
import { pairingHandlers } from './pairings/handlers.ts'
import { policyHandlers } from './policies/handlers.ts'
import { spendingDollars } from './policies/service.ts'
import { priceHandlers } from './prices/handlers.ts'
import { proving } from './proving.ts'
import { rpcUrlHandlers } from './rpc-proxy/handlers.ts'
import type { Services } from './services.ts'
import { sessionHandlers } from './sessions/handlers.ts'
import { settingsHandlers } from './settings/handlers.ts'
import { skillHandlers } from './skills/handlers.ts'
import { skillService } from './skills/service.ts'
import { stopTokenHandlers } from './stop-tokens/handlers.ts'
import { tokenHandlers } from './tokens/handlers.ts'
import { messageHandlers, planHandlers, readHandlers, transactionHandlers } from './transactions/handlers.ts'
import { walletHandlers } from './wallets/handlers.ts'
import { findWallet, sharedNames } from './wallets/service.ts'
import { walletViewHandlers } from './wallets/view-handlers.ts'

const { version } = manifest

export type Features = ReturnType<typeof featuresOf>

/** What answers and what works in the background, by name. */
export function featuresOf(ground: Ground, base: Base, services: Services) {
  const { database } = ground
  const { settings, evidence, operator, signing, watching } = base
  const { transactions, killSwitch, clock } = services
  const approving = approvalFeature({ ...services, ...ground, ...base })
  const admin = adminOf(ground, base, services)
  const backups = backupsOf({ ...ground, audit: evidence, settings, version })
  const checks = checklist({ ...checkedOf(ground, base, services), ...admin, backups })
  const skills = skillService(version)
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
    proofs: proving({ clock: ground.clock, signing, place: placeOf(ground) }),
    notices: { handlers: services.notices.handlers },
    operator: { handlers: operatorHandlers(operator), stop: operator.stop },
    admin: { handlers: adminHandlers(admin) },
    backups: { handlers: backupHandlers(backups) },
    checklist: { handlers: checklistHandlers(checks), look: checks.look },
    calldata: { handlers: calldataHandlers },
    actions: { handlers: actionHandlers },
    skills: { handlers: skillHandlers(skills), pages: skills.pages },
    connect: { handlers: connectHandlers(connectOf(ground, base, services), services.sessions) },
    policies: {
      handlers: policyHandlers(services.rules, {
        walletOf: (sessionId, walletId) => ownWallet(database, sessionId, walletId),
        telling: services.exposure.changed,
      }),
    },
    sessions: { handlers: sessionHandlers(services.sessions), ...services.sessions.idle },
    pairings: { handlers: pairingHandlers(services.pairings) },
    rpcUrls: { handlers: rpcUrlHandlers(services.rpcUrls) },
    stopTokens: { handlers: stopTokenHandlers(services.stopTokens) },
    logins: { handlers: services.logins.handlers, stop: services.lookers.stop },
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
    folder: databaseFolder(ground),
    shutdown: ground.shutdown,
  })
}

/** Where SQLite's file lies; undefined for a server. */
const databaseFolder = ({ config, dataDir }: Ground): string | undefined =>
  config.settings['database.url'] === '' ? dirname(resolve(dataDir.path, config.settings['database.path'])) : undefined

function checkedOf(
  ground: Ground,
  { chains }: Base,
  { killSwitch, notices }: Services,
): Omit<ChecklistParts, 'ready' | 'concerns' | 'backups'> {
  return {
    ...{ database: ground.database, clock: ground.clock, databaseFolder: databaseFolder(ground) },
    killSwitch: killSwitch.read,
    hasRecoveryKey: () => ground.dataDir.recoveryKey.exists(),
    channels: notices.status,
    limits: spendingDollars,
    ...{ networks: chains.networks, rpc: chains.status },
  }
}

const connectOf = ({ database }: Ground, { chains, settings }: Base, { rules }: Services) =>
  connectInfo({ database, policies: rules, networks: chains.networks, settings: settings.get, version })

import { tokenNamed } from '@waiaas/contract'
import { SYSTEM_EVIDENCE } from './audit/service.ts'
import { clockService } from './clock/service.ts'
import { consents, ofOwners } from './consents/service.ts'
import { exposureOf } from './exposing.ts'
import type { Base, Ground } from './ground.ts'
import { type KillSwitch, killSwitch } from './killswitch/service.ts'
import { sessionTotal } from './ledger/service.ts'
import { eraOf, logins, viewPassword } from './logins/service.ts'
import { moneyPath, toldOf } from './money-path.ts'
import { isPassword } from './operator/service.ts'
import { owners } from './owners/service.ts'
import { pairings } from './pairings/service.ts'
import { policies, spendingDollars, unlessEndless } from './policies/service.ts'
import { priceFixing } from './prices/service.ts'
import { rpcUrls } from './rpc-proxy/service.ts'
import { policySession, sessions } from './sessions/service.ts'
import { stopTokens } from './stop-tokens/service.ts'
import { stoppingItself } from './stopping-itself.ts'
import { noticesOf } from './telling.ts'
import { tokenFinder, tokens } from './tokens/service.ts'
import { refusalCounts } from './transactions/service.ts'
import { findWallet, keyFailures, ownerHearing, walletIdOf, walletKeys, wallets } from './wallets/service.ts'
import { walletViewService } from './wallets/view-service.ts'

export type Services = ReturnType<typeof servicesOf>

/** The use cases of each feature, in the order in which they need each other. */
export function servicesOf(ground: Ground, base: Base) {
  const { database, clock, keys, log, dataDir } = ground
  const { evidence, held, nextVersion, needConsent, chains, operator, prices, settings } = base
  const keyRows = walletKeys({ database })
  const registry = tokens({ database, clock, audit: evidence, chains, needConsent })
  const findToken = tokenFinder(database)
  const parts = () => ({ wallets: walletService, killSwitch: killSwitchService })
  const { stopper, autostopRules } = stoppingItself({ ...ground, ...base }, parts)
  const chainsOf = { networks: chains.networks, findNetwork: chains.find, chain: chains.get }
  const asked = { ...chainsOf, settings: settings.get, needConsent, hear: ownerHearing({ database, keys }) }
  const ownerService = owners({ database, clock, audit: evidence, nextVersion, ...asked })
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
    ...{ log, refusalsNotKept: refusalCounts.notKept, idleMs: stopper.idleMs },
    spentUsd: async (db, id) =>
      unlessEndless(await sessionTotal(db, { sessionId: id, worth: prices.under(settings.get()).worth })),
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
    rpcUrls: rpcUrls({ database, clock, audit: evidence, networks: chains.networks, settings: settings.get }),
    stopTokens: stopTokens({ database, clock, audit: evidence }),
    ...loginsOf(ground, base, killSwitchService),
    ...{ owners: ownerService, wallets: walletService },
    consents: consents({ ...shared, audit: evidence, owners: ownerService }),
    clock: clockService({
      ...{ database, clock, log, mark: ground.mark, audit: evidence },
      ...{ findNetwork: chains.find, chain: chains.get },
    }),
    view: walletViewService({ database, clock, chains, tokens: registry, prices, display: base.shown.in }),
    exposure: exposureOf({ ...ground, ...base, registry, transactions }),
    killSwitch: killSwitchService,
    notices: noticesOf({ ...ground, ...base }, transactions),
  }
}

/** Logins, and the password of those that look alone. */
function loginsOf(
  { database, clock, log }: Ground,
  { evidence: audit, operator, settings }: Base,
  killSwitch: KillSwitch,
) {
  const lookers = viewPassword({ database, clock, log, audit, isMaster: operator.isMaster })
  const idleSeconds = () => settings.get()['security.login_idle_seconds']
  const era = eraOf(killSwitch.read)
  return { lookers, logins: logins({ database, clock, audit, era, idleSeconds, view: lookers }) }
}

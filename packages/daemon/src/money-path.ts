import { Failure, togglesOf } from '@waiaas/contract'
import { mayAnswer } from './approvals/service.ts'
import type { Audit, Checkpoints } from './audit/service.ts'
import type { Autostop } from './autostop/service.ts'
import type { chainRegistry } from './chains/registry.ts'
import type { NeedConsent } from './consents/types.ts'
import { eventsService } from './events/service.ts'
import { gate } from './gate/service.ts'
import { nextEpoch, readKillSwitch } from './killswitch/service.ts'
import type { Owners } from './owners/service.ts'
import type { SystemClock } from './platform/clock.ts'
import { type Database, groupReader } from './platform/db/database.ts'
import type { Held } from './platform/held.ts'
import type { Log } from './platform/log.ts'
import { mostWaits } from './platform/wait-table.ts'
import { type appliedPolicies, draftedPolicies } from './policies/service.ts'
import type { pricesService } from './prices/service.ts'
import {
  closedSessions,
  constraintsOf,
  findSession,
  forgetSessions,
  isLinked,
  sessionAsHeld,
  sessionLabels,
} from './sessions/service.ts'
import type { settingsService } from './settings/service.ts'
import { impostorFinder, listedTokens, type tokenFinder } from './tokens/service.ts'
import { followed, judge, type ServiceParts, type Switches, Transactions } from './transactions/service.ts'
import {
  actsOn,
  ceilingLifts,
  findWallet,
  keyFailures,
  networksOf,
  resolveNetwork,
  sealedCeiling,
  walletAsHeld,
  walletIdOf,
  type walletKeys,
  walletOfSession,
} from './wallets/service.ts'

type EvidenceKeys = {
  evidenceKey(): Promise<string>
  signReceipt(hash: string): Promise<{ signature: string }>
}
type SignatureKeys = { subkey(purpose: 'signatures'): Promise<Uint8Array> }
type MoneyParts = {
  database: Database
  clock: SystemClock
  keys: Parameters<typeof gate>[0]['signing'] &
    Parameters<typeof ceilingLifts>[0]['keys'] &
    SignatureKeys &
    EvidenceKeys
  log: Log
  /** Names this daemon in lane leases. */
  instance: string
  evidence: Audit
  signing: Pick<Checkpoints, 'named' | 'cover'>
  held: Held
  chains: ReturnType<typeof chainRegistry>
  prices: ReturnType<typeof pricesService>
  settings: Awaited<ReturnType<typeof settingsService>>
  applied: ReturnType<typeof appliedPolicies>
  keyRows: ReturnType<typeof walletKeys>
  findToken: ReturnType<typeof tokenFinder>
  needConsent: NeedConsent
  owners: Owners
  autostop: Autostop
}

const ofSessions = {
  constraints: constraintsOf,
  sessionLabels,
}

/** Puts together what decides on, signs and sends transactions, and all that may stop it. */
export function moneyPath(parts: MoneyParts): Transactions {
  const { database, clock, keys, log, instance, evidence, signing, held, chains, prices, settings } = parts
  const { applied, keyRows, findToken } = parts
  const network = (id: string) => {
    const found = chains.find(id)
    if (!found) throw new Failure('CHAIN_NOT_SUPPORTED', `${id} is not configured any more`)
    return found
  }
  const walletRow = groupReader(findWallet)
  const sessionRow = groupReader(findSession)
  // Whatever is about to sign or send reads these; a stop that is held and not written yet counts in each.
  const switches: Switches = {
    killSwitch: (db) => readKillSwitch(db, held),
    wallet: async (db, id) => walletAsHeld(held, await walletRow(db, id)),
    session: async (db, id) => sessionAsHeld(held, await sessionRow(db, id)),
    isLinked,
    policyVersion: applied.version,
  }
  const shared = { database, clock, log, audit: evidence, switches }
  return new Transactions({
    ...shared,
    nextEpoch,
    keptDays: () => ({
      refused: settings.get()['retention.refused_days'],
      details: settings.get()['retention.details_days'],
    }),
    forgetSessions: (before, count) => forgetSessions(database, before, count),
    closedSessions: (db, ids) => closedSessions(db, ids, { held, now: clock.latest() }),
    mostWaits: mostWaits(settings.get),
    mostWaiting: () => ({
      session: settings.get()['security.max_waiting_per_session'],
      wallet: settings.get()['security.max_waiting_per_wallet'],
    }),
    confirmations: (id) => {
      const of = settings.get()['rpc.confirmations']
      return of[id] ?? of[network(id).caip2] ?? 1
    },
    gas: () => ({
      enabled: settings.get()['gas_condition.enabled'],
      defaultSeconds: settings.get()['gas_condition.default_timeout_sec'],
      mostSeconds: settings.get()['gas_condition.max_timeout_sec'],
    }),
    chain: chains.get,
    mayAnswer,
    key: keyRows.key,
    ceiling: sealedCeiling,
    lift: ceilingLifts({ database, keys }),
    givenMs: () => 1_000 * settings.get()['security.sign_only_seconds'],
    signatureKey: () => keys.subkey('signatures'),
    witnessed: signing.named,
    attest: attestedBy(keys, signing),
    gate: gate({ signing: keys, now: clock.latest }),
    instance,
    autostop: parts.autostop,
    judge: judge({
      ...shared,
      policies: applied.applying,
      prices,
      network,
      settings: settings.at,
      ...ofSessions,
    }),
    ...ofSessions,
    toggles: () => togglesOf(settings.get()),
    needConsent: parts.needConsent,
    usualDelay: () => settings.get()['security.policy_defaults_delay_seconds'],
    chooseWallet: (db, sessionId, { walletId, network }) =>
      walletOfSession(db, sessionId, { walletId, acts: actsOn(chains.networks(), network) }),
    resolveNetwork: (wallet, name) => resolveNetwork(chains.networks(), wallet, name),
    findNetwork: chains.find,
    owners: parts.owners,
    held,
    drafted: draftedPolicies({ networks: chains.networks, walletId: walletIdOf }),
    findToken,
    listedTokens,
    impostors: impostorFinder(database, findToken),
    networksOf: (wallet) => networksOf(chains.networks(), wallet),
    prices,
  })
}

/** Receipts are signed by the key of the evidence. */
const attestedBy = (keys: EvidenceKeys, signing: Pick<Checkpoints, 'cover'>): ServiceParts['attest'] => ({
  publicKey: () => keyFailures(keys.evidenceKey()),
  sign: (hash) => keyFailures(keys.signReceipt(hash)),
  cover: signing.cover,
})

/** What happens, as it is told to whoever follows it, and the stops with what they end of that. */
export function toldOf(
  { database, clock, log, held, settings }: Pick<MoneyParts, 'database' | 'clock' | 'log' | 'held' | 'settings'>,
  { stops }: Transactions,
) {
  const events = eventsService({
    ...{ database, log },
    facts: (db, ids) => followed(db, ids, []),
    closedSessions: (db, ids) => closedSessions(db, ids, { held, now: clock.latest() }),
    mostWaits: mostWaits(settings.get),
  })
  return {
    events,
    stops: {
      ...stops,
      halt() {
        events.release()
        return stops.halt()
      },
    },
  }
}

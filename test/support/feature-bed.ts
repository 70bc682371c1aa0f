import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { NETWORKS, walletOperations } from '@waiaas/contract'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { SYSTEM_EVIDENCE } from '../../packages/daemon/src/audit/service.ts'
import { consents, needConsents, ofOwners } from '../../packages/daemon/src/consents/service.ts'
import { type Keys, startKeys } from '../../packages/daemon/src/keys/service.ts'
import { killSwitch } from '../../packages/daemon/src/killswitch/service.ts'
import { migrations } from '../../packages/daemon/src/migrations/all.ts'
import { owners } from '../../packages/daemon/src/owners/service.ts'
import { pairings } from '../../packages/daemon/src/pairings/service.ts'
import type { By } from '../../packages/daemon/src/platform/caller.ts'
import type { Database } from '../../packages/daemon/src/platform/db/database.ts'
import { heldStops } from '../../packages/daemon/src/platform/held.ts'
import { jsonLog } from '../../packages/daemon/src/platform/log.ts'
import { policies, policyVersions, spendingDollars } from '../../packages/daemon/src/policies/service.ts'
import { policySession, sessions } from '../../packages/daemon/src/sessions/service.ts'
import { builtinTokens } from '../../packages/daemon/src/tokens/service.ts'
import {
  findWallet,
  keyFailures,
  ownerHearing,
  type Stops,
  walletIdOf,
  walletKeys,
  wallets,
} from '../../packages/daemon/src/wallets/service.ts'
import type { Location, Open } from './for-each-engine.ts'
import { strictAudit } from './strict-audit.ts'

export const MASTER_PASSWORD = 'a master password of a test'
export const operator: By = { actor: 'operator', ip: '127.0.0.1' }
const START = Date.UTC(2026, 0, 1)

/** A clock that moves by hand. */
export function handClock(now = START) {
  let heldBack = 0
  const clock = {
    now: () => now,
    latest: () => now + heldBack,
    /** Holds it back by seconds, from the present on. */
    hold(seconds: number) {
      heldBack = seconds * 1000
    },
    /** Moves on by seconds. */
    pass(seconds: number) {
      now += seconds * 1000
    },
  }
  return clock
}

/** The pipeline's side of a stop: writes down what it was asked, in order. */
function recordedStops() {
  const calls: string[] = []
  const stops: Stops = {
    async begin(_db, { code, walletId, sessionId }) {
      calls.push(`stop ${[walletId, sessionId].filter((id) => id !== undefined).join(' of ') || 'all'}: ${code}`)
    },
    async halt() {
      calls.push('halt all')
    },
    resume: (walletId) => void calls.push(`resume ${walletId ?? 'all'}`),
    quiet: async (walletIds) => void calls.push(`quiet ${walletIds?.join(' ') ?? 'all'}`),
  }
  return { stops, calls }
}

/** One signer for a test file, with a keyring of its own. */
export function sharedKeys(): { keys: () => Keys } {
  let keys: Keys
  beforeAll(async () => {
    keys = await startKeys()
    await keys.createKeyring(MASTER_PASSWORD)
  })
  afterAll(() => keys.stop())
  return { keys: () => keys }
}

const folders: string[] = []
/** A folder that is removed after the test; call it once per file at the top to register that. */
export function removeFoldersAfterEach(): void {
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
  })
}

const findNetwork = (id: string) => NETWORKS.find((network) => network.id === id)
const noChain = () => Promise.reject(new Error('there are no nodes here'))

const PAGE = { url: 'https://wallets.example.org' }

export type Bed = Awaited<ReturnType<typeof openBed>>
export type BedOptions = {
  keys: Keys
  location?: Location
  maxPerWallet?: number
  /** After how long without a call a session is over. */
  idleMs?: number
  clock?: ReturnType<typeof handClock>
  isRemoteAllowed?: boolean
  /** Where people reach the daemon; it may move. */
  page?: { url: string }
}

const withDefaults = ({ page = PAGE, ...given }: BedOptions) => ({
  ...{ maxPerWallet: 5, clock: handClock(), isRemoteAllowed: false },
  ...given,
  settings: () => ({ 'server.public_url': page.url }),
})

const ceilings = {
  tokens: async () => [],
  findToken: () => Promise.reject(new Error('there are no tokens here')),
  priceOf: () => undefined,
  dollars: spendingDollars,
}

/** Wallets, sessions and the kill switch on one database, with the real signer and recorded stops. */
export async function openBed(open: Open, bedOptions: BedOptions) {
  const { keys, location, maxPerWallet, idleMs, clock, isRemoteAllowed, settings } = withDefaults(bedOptions)
  const database: Database = await open(migrations, location)
  const dataDir = mkdtempSync(join(tmpdir(), 'waiaas-bed-'))
  folders.push(dataDir)
  const evidence = strictAudit({ clock })
  const recorded = recordedStops()
  const { stops } = recorded
  const held = heldStops({ clock, log: jsonLog('silent') })
  const common = { database, clock, audit: evidence, held, networks: () => NETWORKS, stops, log: jsonLog('silent') }
  const sessionService = sessions({
    ...common,
    secret: () => keyFailures(keys.subkey('sessions')),
    refusalsNotKept: async () => 0,
    spentUsd: async () => 0,
    maxPerWallet: () => maxPerWallet,
    idleMs: () => idleMs,
    dataDir,
  })
  const keyRows = walletKeys({ database })
  const [needConsent, nextVersion] = [needConsents(clock), policyVersions(clock)]
  const policyService = policies({
    ...{ database, held, clock, networks: () => NETWORKS },
    ...{ wallet: findWallet, walletId: walletIdOf },
    tokens: async (_, network) => builtinTokens(network),
    session: policySession,
    record: evidence.record,
    afterChange: async () => {},
    systemEvidence: SYSTEM_EVIDENCE,
    ...{ nextVersion, needConsent },
  })
  const walletService = wallets({
    ...common,
    keys,
    keyRows,
    ceilings,
    sessions: sessionService,
    installDefaultPolicy: policyService.installDefault,
    ...{ ...ofOwners(clock), purgePolicies: policyService.purge },
    verifyPassword: async (password) => password === MASTER_PASSWORD,
    refusesMainnet: () => false,
  })
  const switchService = killSwitch({ ...common, sessions: sessionService })
  const hear = ownerHearing({ database, keys })
  const ownerService = owners({ ...common, findNetwork, chain: noChain, settings, needConsent, nextVersion, hear })
  let made = 0

  return {
    ...recorded,
    database,
    clock,
    dataDir,
    keyRows,
    held,
    policies: policyService,
    sessions: sessionService,
    pairings: pairings({
      ...{ ...common, sessions: sessionService, policies: policyService, monotonic: clock.now },
      isRemoteAllowed: () => isRemoteAllowed,
    }),
    wallets: walletService,
    killSwitch: switchService,
    owners: ownerService,
    consents: consents({ ...common, owners: ownerService }),
    /** Events in the order of their recording; `only` picks one wallet's. */
    async events(only?: string): Promise<string[]> {
      const rows = await database.read((db) => evidence.list(db, { walletId: only }, 1_000))
      return rows.map(({ event }) => event).reverse()
    },
    evidence: (event: string) =>
      database.read(async (db) => (await evidence.list(db, {}, 1_000)).filter((row) => row.event === event)),
    verifyEvidence: () => database.read((db) => evidence.verify(db)),
    /** A wallet without a session, unless the input says otherwise. */
    createWallet(input: Record<string, unknown> = {}) {
      made += 1
      const given = { name: made === 1 ? 'one' : `one of ${made}`, chain: 'ethereum', createSession: false, ...input }
      return walletService.create(walletOperations.createWallet.input.parse(given), operator)
    },
  }
}

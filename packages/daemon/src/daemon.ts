import { type AllOperations, type Handlers, operations, stopOperations } from '@waiaas/contract'
import manifest from '../package.json' with { type: 'json' }
import { adminPage } from './admin-page/service.ts'
import { authentication, ofSession } from './authentication.ts'
import { askingOwners } from './consents/handlers.ts'
import { type Features, featuresOf } from './features.ts'
import { baseOf, type Ground } from './ground.ts'
import { mcpRoutes } from './mcp-http/service.ts'
import { type Principal, sessionOf } from './platform/caller.ts'
import { handlersOf, inOrder } from './platform/feature.ts'
import { httpApp, operationsApp } from './platform/http/serve.ts'
import type { Calls } from './platform/http/types.ts'
import { endAll } from './platform/jobs.ts'
import { rpcProxyRoutes } from './rpc-proxy/service.ts'
import { servicesOf } from './services.ts'
import { resolveNetwork, walletIdOf } from './wallets/service.ts'

const { version } = manifest

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
  const authenticate = authentication({ ...services, operator: base.operator })
  return {
    app: httpApp({
      ...shared,
      operations,
      authenticate,
      version,
      connections: base.doors.connections,
      raw: [
        mcpRoutes({ settings: base.settings.get, log: ground.log, secret: () => ground.keys.subkey('sessions') }),
        rpcProxyRoutes({
          ...{ database: ground.database, clock: ground.clock, log: ground.log, settings: base.settings.get },
          ...{ version, authenticate, chain: base.chains.get },
          resolveNetwork: (wallet, name) => resolveNetwork(base.chains.networks(), wallet, name),
          ...{ transactions: services.transactions, urls: services.rpcUrls, ofSession: ofSession(services) },
        }),
        adminPage,
        features.skills.pages,
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
    checklist: features.checklist.look,
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
    'proofs',
    'exposure',
    'sessions',
    'killSwitch',
    'held',
    'clock',
    'settings',
    'operator',
    'logins',
    'evidence',
  ])

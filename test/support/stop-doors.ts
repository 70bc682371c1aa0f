import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defaultSettings, type Handlers, newId, stopOperations } from '@waiaas/contract'
import { authentication } from '../../packages/daemon/src/authentication.ts'
import { killSwitchHandlers } from '../../packages/daemon/src/killswitch/handlers.ts'
import { doorsOf, openDoors } from '../../packages/daemon/src/platform/http/doors.ts'
import { httpApp, operationsApp } from '../../packages/daemon/src/platform/http/serve.ts'
import type { Calls } from '../../packages/daemon/src/platform/http/types.ts'
import { jsonLog } from '../../packages/daemon/src/platform/log.ts'
import { sessionHandlers } from '../../packages/daemon/src/sessions/handlers.ts'
import { stopTokens } from '../../packages/daemon/src/stop-tokens/service.ts'
import { walletHandlers } from '../../packages/daemon/src/wallets/handlers.ts'
import type { Method } from './daemon.ts'
import { operator } from './feature-bed.ts'
import type { Buttons, StoppedBed } from './stop-buttons.ts'
import { throughSocket } from './stop-socket.ts'

export type StopDoors = Awaited<ReturnType<typeof stopDoors>>

/** The doors for stops as a daemon opens them, over the real stops of a bed: of its port, no connection is left but the reserve. */
export async function stopDoors({ database, evidence }: StoppedBed, buttons: Buttons) {
  const folder = mkdtempSync(join(tmpdir(), 'waiaas-doors-'))
  const settings = () => ({ ...defaultSettings(), 'security.max_connections': 0 })
  const log = jsonLog('silent')
  const tokens = stopTokens({ database, clock: { now: Date.now, latest: Date.now }, audit: evidence })
  const { token } = await tokens.create(`pager ${newId()}`, operator)
  const doors = doorsOf(folder, settings, log)
  // A stop asks nothing of what is not here.
  const none = {} as never
  const handlers = {
    ...killSwitchHandlers(buttons.killSwitch, none),
    ...walletHandlers(buttons.walletService as never),
    ...sessionHandlers(buttons.sessionService),
  } as Handlers<typeof stopOperations, Calls>
  const shared = { operations: stopOperations, handlers, settings, log }
  const known = { stopTokens: tokens, killSwitch: buttons.killSwitch }
  const authenticate = authentication({ ...known, operator: none, sessions: none, owners: none, logins: none })
  const { url, close, closeStops } = await openDoors(
    {
      ...doors,
      app: httpApp({ ...shared, authenticate, connections: doors.connections, version: '0' }),
      stopApp: operationsApp({ ...shared, authenticate: async () => ({ kind: 'stopper', actor: 'operator' }) }),
    },
    { port: 0, hostname: '127.0.0.1' },
  )
  return {
    /** Without a credential. */
    async bySocket(path: string, method: Method = 'POST'): Promise<void> {
      requireDone((await throughSocket(folder, method, path)).status)
    },
    /** With a stop token, over a connection that the port has for stops alone. */
    async byToken(path: string, method: Method = 'POST'): Promise<void> {
      const headers = { authorization: `Bearer ${token}`, 'content-length': '0' }
      const asked = request(`${url}${path}`, { method, agent: false, headers }).end()
      const [answer] = await once(asked, 'response')
      await answer.toArray()
      requireDone(answer.statusCode)
    },
    async close(): Promise<void> {
      await Promise.all([close(0), closeStops(0)])
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function requireDone(status: number): void {
  if (status !== 200) throw new Error(`expected the stop to be taken, got ${status}`)
}

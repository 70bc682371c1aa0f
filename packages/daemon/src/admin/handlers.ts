import {
  type adminOperations,
  BUILTIN_ENDPOINTS,
  type Handlers,
  NETWORKS,
  type systemOperations,
} from '@waiaas/contract'
import type { Calls } from '../platform/http/types.ts'
import type { AdminService } from './service.ts'

type Operations = Pick<typeof adminOperations, 'getAdminStatus' | 'getRpcStatus' | 'shutdown'> &
  Pick<typeof systemOperations, 'getHealth' | 'getReady'>

export const adminHandlers = (admin: AdminService): Handlers<Operations, Calls> => ({
  getHealth: () => admin.health(),
  getReady: () => admin.ready(),
  getAdminStatus: ({ principal }) => (principal.kind === 'agent' ? admin.statusForAgents() : admin.status()),
  getRpcStatus: () => ({ networks: admin.rpcStatus(), builtinUrls, builtinLimits }),
  async shutdown({ peer, onDelivered }) {
    await admin.recordShutdown(peer)
    onDelivered(() => admin.shutdown())
    return { message: 'the daemon stops when running work has ended' }
  },
})

const builtinUrls = Object.fromEntries(NETWORKS.map(({ id, rpc }) => [id, [...rpc]]))
const builtinLimits = Object.fromEntries(
  Object.values(BUILTIN_ENDPOINTS)
    .flat()
    .map(({ url, limits, basis, source, asOf }) => [url, `${limits} (${basis}; ${asOf}: ${source})`]),
)

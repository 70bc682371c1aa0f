import type { adminOperations, Handlers } from '@waiaas/contract'
import { by } from '../platform/caller.ts'
import type { Calls } from '../platform/http/types.ts'
import type { KillSwitch } from './service.ts'

type KillSwitchOperations = Pick<
  typeof adminOperations,
  'getKillSwitch' | 'activateKillSwitch' | 'escalateKillSwitch' | 'recoverKillSwitch'
>

/** Kill-switch operations to calls of the service. */
export const killSwitchHandlers = (killSwitch: KillSwitch): Handlers<KillSwitchOperations, Calls> => ({
  getKillSwitch: () => killSwitch.view(),
  activateKillSwitch: (call) => killSwitch.activate(by(call)),
  escalateKillSwitch: (call) => killSwitch.escalate(by(call)),
  recoverKillSwitch: (call) => killSwitch.recover(by(call)),
})

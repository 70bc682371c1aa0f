import type { adminOperations, Handlers } from '@waiaas/contract'
import type { Call } from '../platform/http/types.ts'
import type { By } from '../wallets/service.ts'
import type { KillSwitch } from './service.ts'

type KillSwitchOperations = Pick<
  typeof adminOperations,
  'getKillSwitch' | 'activateKillSwitch' | 'escalateKillSwitch' | 'recoverKillSwitch'
>

const by = ({ peer }: Call): By => ({ actor: 'operator', ip: peer })

/** Kill-switch operations to calls of the service. */
export const killSwitchHandlers = (killSwitch: KillSwitch): Handlers<KillSwitchOperations, Call> => ({
  getKillSwitch: () => killSwitch.view(),
  activateKillSwitch: (call) => killSwitch.activate(by(call)),
  escalateKillSwitch: (call) => killSwitch.escalate(by(call)),
  recoverKillSwitch: (call) => killSwitch.recover(by(call)),
})

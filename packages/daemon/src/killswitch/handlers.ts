import type { adminOperations, Handlers, ownerStopOperations } from '@waiaas/contract'
import type { Owners } from '../owners/service.ts'
import { by } from '../platform/caller.ts'
import type { Call, Calls } from '../platform/http/types.ts'
import type { KillSwitch } from './service.ts'

type KillSwitchOperations = typeof ownerStopOperations &
  Pick<typeof adminOperations, 'getKillSwitch' | 'activateKillSwitch' | 'escalateKillSwitch' | 'recoverKillSwitch'>

/** Kill-switch operations to calls of the service; what owners say in them is asked of the owners. */
export const killSwitchHandlers = (killSwitch: KillSwitch, owners: Owners): Handlers<KillSwitchOperations, Calls> => {
  const activate = async (call: Call<'operator' | 'owner' | 'stopper'>) => {
    const { principal } = call
    const wish = principal.kind === 'owner' ? await owners.wish('kill-switch', principal.signed) : undefined
    return killSwitch.activate(by(call), wish)
  }
  return {
    getKillSwitch: () => killSwitch.view(),
    activateKillSwitch: activate,
    ownerKillSwitch: activate,
    escalateKillSwitch: (call) => killSwitch.escalate(by(call)),
    async recoverKillSwitch(call) {
      const { signed } = call.principal
      return killSwitch.recover(by(call), signed && (await owners.wish('recover', signed)))
    },
    startRecovery: (call) => killSwitch.startRecovery(by(call)),
    cancelRecovery: async (call) =>
      killSwitch.cancelRecovery(by(call), await owners.wish('cancel-recovery', call.principal.signed)),
    cutOffCredential: (call, input) => owners.cutOff(input, call.principal.signed),
    getOwnerActionChallenge: ({ baseUrl }, input) => owners.actionChallenge(input, baseUrl),
    getNonce: (_call, input) => owners.nonce(input),
  }
}

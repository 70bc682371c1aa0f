import { type consentOperations, failuresOf, type Handlers, type Operation, operations } from '@waiaas/contract'
import { by } from '../platform/caller.ts'
import type { Calls } from '../platform/http/types.ts'
import type { Consents } from './service.ts'

/** What owners agree to, to calls of the service. */
export const consentHandlers = (consents: Consents): Handlers<typeof consentOperations, Calls> => ({
  listConsents: () => consents.list(),
  getConsent: (_call, { id }) => consents.read(id),
  getConsentChallenge: (call, input) => consents.challenge(input, call.baseUrl),
  giveConsent: (call, { id, walletId }) => consents.give(id, walletId, { by: by(call), signed: call.principal.signed }),
})

type Calling = (call: Calls['operator'], input: never) => Promise<unknown> | unknown

/** All handlers, of which those that owners may have to agree to ask them where they do. */
export function askingOwners<All extends object>(handlers: All, consents: Pick<Consents, 'asking'>): All {
  const asks = (name: string): boolean => {
    const op: Operation | undefined = operations[name as keyof typeof operations]
    return op !== undefined && failuresOf(op).includes('OWNER_CONSENT_REQUIRED') && op.access.includes('operator')
  }
  // Each keeps its name and form.
  return Object.fromEntries(
    Object.entries(handlers as Record<string, Calling>).map(([name, handler]) => [
      name,
      asks(name)
        ? (call: Calls['operator'], input: never) => consents.asking(by(call), () => handler(call, input))
        : handler,
    ]),
  ) as All
}

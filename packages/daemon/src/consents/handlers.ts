import {
  type Consent,
  type consentOperations,
  Failure,
  failuresOf,
  type Handlers,
  type Operation,
  operations,
} from '@waiaas/contract'
import { by, maySee, type Principal, signedBy } from '../platform/caller.ts'
import type { Calls } from '../platform/http/types.ts'
import type { Consents } from './service.ts'

/** What owners agree to, to calls of the service. */
export const consentHandlers = (consents: Consents): Handlers<typeof consentOperations, Calls> => ({
  listConsents: () => consents.list(),
  getConsent: async ({ principal }, { id }) => seenBy(principal, await consents.read(id)),
  async getConsentChallenge({ principal, baseUrl }, input) {
    const { id, walletId } = input
    seenBy(principal, await consents.read(id))
    if (!maySee(principal, walletId)) throw new Failure('WALLET_NOT_FOUND', `no wallet ${walletId} is yours`)
    return consents.challenge(signedBy(principal, input), baseUrl)
  },
  giveConsent: (call, { id, walletId }) => consents.give(id, walletId, { by: by(call), signed: call.principal.signed }),
})

/** With the wallets that its caller may look at. Failure CONSENT_NOT_FOUND where there are none. */
function seenBy(principal: Principal<'operator' | 'viewer'>, consent: Consent): Consent {
  const wallets = consent.wallets.filter(({ walletId }) => maySee(principal, walletId))
  if (wallets.length > 0) return { ...consent, wallets }
  throw new Failure('CONSENT_NOT_FOUND', `nothing is asked of owners under ${consent.id}, or no more`)
}

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

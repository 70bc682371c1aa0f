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
  async listConsents({ principal }) {
    const all = (await consents.list()).consents
    return { consents: all.flatMap((one) => ofWallets(principal, one) ?? []) }
  },
  getConsent: async ({ principal }, { id }) => seenBy(principal, await consents.read(id)),
  async getConsentChallenge({ principal, baseUrl }, input) {
    const { id, walletId } = input
    seenBy(principal, await consents.read(id))
    if (!maySee(principal, walletId)) throw new Failure('WALLET_NOT_FOUND', `no wallet ${walletId} is yours`)
    return consents.challenge(signedBy(principal, input), baseUrl)
  },
  giveConsent: (call, { id, walletId }) => consents.give(id, walletId, { by: by(call), signed: call.principal.signed }),
})

/** With the wallets that its caller may look at; undefined where there are none. */
function ofWallets(principal: Principal<'operator' | 'viewer'>, consent: Consent): Consent | undefined {
  const wallets = consent.wallets.filter(({ walletId }) => maySee(principal, walletId))
  return wallets.length > 0 ? { ...consent, wallets } : undefined
}

/** Failure CONSENT_NOT_FOUND of what its caller may not look at. */
function seenBy(principal: Principal<'operator' | 'viewer'>, consent: Consent): Consent {
  const seen = ofWallets(principal, consent)
  if (seen) return seen
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

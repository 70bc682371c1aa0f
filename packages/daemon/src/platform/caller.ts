import type { Caller } from '@waiaas/contract'

/** What is known of each kind of caller beside its kind. */
type Facts = {
  public: unknown
  agent: {
    readonly sessionId: string
    /** SHA-256 of the token that was shown, hex: renewal replaces this one and no other. */
    readonly tokenHash: string
  }
  /** The master password of this call, which the signer asks for once more before a key leaves or the password changes. */
  operator: { readonly masterPassword: () => string }
  owner: { readonly address: string }
  /** In whose name it stops. */
  stopper: { readonly actor: Actor }
}
export type CallerKind = Caller | 'public'

/** Who calls, as authentication found out: one kind of caller, several, or any. */
export type Principal<Kind extends CallerKind = CallerKind> = {
  [Each in Kind]: { readonly kind: Each } & Facts[Each]
}[Kind]

/** Who did something, as evidence names it. */
export type Actor = 'system' | 'operator' | `session:${string}` | `stop-token:${string}` | `owner:${string}`
/** Who asked for a change, for the evidence, and from what address. */
export type By = { readonly actor: Actor; readonly ip?: string | undefined }

export const sessionActor = (sessionId: string): Actor => `session:${sessionId}`

/** What evidence says of a caller. */
export const by = ({ principal, peer }: { principal: Principal<Caller>; peer: string | undefined }): By => ({
  actor: actorOf(principal),
  ip: peer,
})

function actorOf(principal: Principal<Caller>): Actor {
  switch (principal.kind) {
    case 'agent':
      return sessionActor(principal.sessionId)
    case 'owner':
      return `owner:${principal.address}`
    case 'operator':
      return 'operator'
    case 'stopper':
      return principal.actor
  }
}

/** The session that asks; undefined for the operator, who sees what is of all, and for who may only stop. */
export const sessionOf = (principal: Principal<'agent' | 'operator' | 'stopper'>): string | undefined =>
  principal.kind === 'agent' ? principal.sessionId : undefined

import type { Caller } from '@waiaas/contract'

/**
 * How the operator showed the master password: in the open, or sealed to the signer for this call alone. Whoever has a
 * sealed one learns nothing from it; the signer asks for it once more before a key leaves or the password changes.
 */
type MasterProof =
  | { readonly password: string; readonly sealed?: never }
  | {
      readonly sealed: string
      /** What the body must have: SHA-256, hex. */
      readonly bodyHash: string
      /** The body, once it is read. */
      readonly body: string
      readonly password?: never
    }

/**
 * A text with the signature of an owner, which was looked at: whose it is, and of a contract the network that it is on. Of a
 * passkey the address is `passkey:` with its id.
 */
export type OwnerSignature = {
  readonly address: string
  readonly network: string | null
  readonly message: string
  /** As it came. */
  readonly signature: string
  /** From where it came. */
  readonly ip: string | undefined
}

/** What is known of each kind of caller beside its kind. */
type Facts = {
  public: unknown
  agent: {
    readonly sessionId: string
    /** SHA-256 of the token that was shown, hex: renewal replaces this one and no other. */
    readonly tokenHash: string
  }
  operator: {
    /** A function, so that no dump of a caller shows it. */
    readonly proof: () => MasterProof
    /** A login shows who it is, and no password: it looks and stops alone. */
    readonly isLogin?: true
    /** A login that reads and does nothing else, but end itself. */
    readonly onlyLooks?: { readonly loginId: string }
    /** For the client to keep; it shows none that is good. */
    readonly mark?: string | undefined
    /** What an owner signed, who agrees to the call. */
    readonly signed?: OwnerSignature | undefined
  }
  owner: { readonly address: string; readonly signed: OwnerSignature }
  /** An owner who looks: at what wallets of theirs wait for; `named` has those beside that have yet to become theirs. */
  viewer: { readonly address: string; readonly sees: readonly string[]; readonly named: readonly string[] }
  /** In whose name it stops. */
  stopper: { readonly actor: Actor }
}
export type CallerKind = Caller | 'public'

/** Who calls, as authentication found out: one kind of caller, several, or any. */
export type Principal<Kind extends CallerKind = CallerKind> = {
  [Each in Kind]: { readonly kind: Each } & Facts[Each]
}[Kind]

/** Who did something, as evidence names it. */
export type Actor =
  | 'system'
  | 'operator'
  | `session:${string}`
  | `stop-token:${string}`
  | `owner:${string}`
  | `telegram:${string}`
  | 'link'
  | 'viewer'
/** Who asked for a change, for the evidence, and from what address. */
export type By = { readonly actor: Actor; readonly ip?: string | undefined }

export const sessionActor = (sessionId: string): Actor => `session:${sessionId}`

/** As the keys take it. */
export const shownBy = ({
  principal,
}: {
  principal: Principal<'operator'>
}): string | { sealed: string; body: string } => {
  const proof = principal.proof()
  return proof.sealed === undefined ? proof.password : { sealed: proof.sealed, body: proof.body }
}

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
    case 'viewer':
      return `owner:${principal.address}`
    case 'operator':
      return 'operator'
    case 'stopper':
      return principal.actor
  }
}

/** Whether a caller may look at what waits of a wallet: the operator of any, an owner of theirs. */
export const maySee = (principal: Principal<'operator' | 'viewer'>, walletId: string): boolean =>
  principal.kind === 'operator' || principal.sees.includes(walletId)

/** Who looks is who signs, unless it is said otherwise. */
export const signedBy = <Input extends { readonly signer?: string | undefined }>(
  principal: Principal<'operator' | 'viewer'>,
  input: Input,
): Input => (principal.kind === 'operator' ? input : { ...input, signer: input.signer ?? principal.address })

/** The session that asks; undefined for the operator, who sees what is of all, and for who may only stop. */
export const sessionOf = (principal: Principal<'agent' | 'operator' | 'stopper'>): string | undefined =>
  principal.kind === 'agent' ? principal.sessionId : undefined

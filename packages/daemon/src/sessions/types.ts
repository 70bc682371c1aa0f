/** An agent, as its token proved. */
export type SessionPrincipal = {
  readonly kind: 'agent'
  readonly sessionId: string
  /** SHA-256 of the token that was shown, hex: renewal replaces this one and no other. */
  readonly tokenHash: string
}

/** What an owner can sign for. */
export type Action =
  | 'approve'
  | 'reject'
  | 'verify'
  | 'replace'
  | 'remove'
  | 'kill-switch'
  | 'recover'
  | 'withdraw'
  | 'export'
  | 'loosen'
  | 'add-credential'
  | 'cancel-recovery'
  | 'see'
  | 'change-owners'
  | 'cut-off'

/** What an action is about, as the owner reads it and as it is bound. */
export type Subject = {
  /** A transaction or a wallet. */
  readonly id: string
  /** SHA-256, hex, of all that is agreed to. */
  readonly digest: string
  /** The same for people: amount, asset and full recipient, or what changes. */
  readonly words: string
  /** The same for the signer, which compares these lines with what it is asked for; none where it does not ask owners. */
  readonly signs?: readonly string[] | undefined
}

type Row = {
  /** The sentence that is signed. */
  says(words: string): string
  /** An owner who has not verified yet may sign it too: the signature shows the same. */
  readonly byUnverified?: true
  /** It lets nothing out: an owner whose word does not count may say it too. */
  readonly bySilent?: true
  /** It names how many owners have to agree, so that a receipt of it proves that by what they signed. */
  readonly namesNeeded?: true
  /** Whoever signs it has shown to be the owner. */
  readonly verifies?: true
  /** Older clients sign a nonce alone for it, whose mark says this: it can only stop something. */
  readonly byNonce?: (subject: Pick<Subject, 'id'>) => string
}

/** One row for each thing that an owner signs. */
export const actions: Readonly<Record<Action, Row>> = {
  approve: {
    says: (words) => `Approve this transaction: ${words}`,
    byUnverified: true,
    verifies: true,
    namesNeeded: true,
  },
  reject: {
    says: (words) => `Reject this transaction: ${words}`,
    byUnverified: true,
    bySilent: true,
    byNonce: ({ id }) => `reject ${id}`,
  },
  verify: { says: (words) => `Verify that you are the owner: ${words}`, byUnverified: true, verifies: true },
  replace: { says: (words) => `Let somebody else be the owner: ${words}` },
  remove: { says: (words) => `Stop being the owner: ${words}` },
  'kill-switch': {
    says: (words) => `Stop everything now: ${words}`,
    byUnverified: true,
    bySilent: true,
    byNonce: () => 'kill-switch',
  },
  recover: { says: (words) => `Let everything run again: ${words}` },
  withdraw: { says: (words) => `Send out all that a wallet holds: ${words}`, namesNeeded: true },
  export: { says: (words) => `Give out the private key of a wallet: ${words}` },
  loosen: { says: (words) => `Let more out than before: ${words}` },
  'add-credential': { says: (words) => `Add another way to sign as the owner: ${words}` },
  'change-owners': { says: (words) => `Change who owns a wallet: ${words}` },
  'cancel-recovery': { says: (words) => `Stop a recovery without the owner: ${words}`, bySilent: true },
  see: { says: (words) => `Show me what waits for me: ${words}`, byUnverified: true, bySilent: true },
  'cut-off': {
    says: (words) => `Cut off a way to sign as the owner: ${words}`,
    byUnverified: true,
    bySilent: true,
  },
}

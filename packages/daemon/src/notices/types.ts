import type { EventName, Severity } from '@waiaas/contract'

/** What is kept of an event that is still to be told: what the table of notices lets out, and no more. */
export type NoticeBody = {
  readonly event: EventName
  readonly severity: Severity
  /** Unix milliseconds. */
  readonly at: number
  readonly walletId: string | null
  readonly transactionId: string | null
  readonly sessionId: string | null
  readonly status: string | null
  readonly txHash: string | null
  readonly details: Readonly<Record<string, unknown>>
}
/** Many events, told at once: how often each happened. */
export type DigestBody = {
  readonly counts: Readonly<Record<string, number>>
  readonly severity: Severity
  /** Unix milliseconds of the first and the last of them. */
  readonly from: number
  readonly until: number
}
/** What one channel tells at once. */
export type Notice = {
  /** The same at each try. */
  readonly id: string
  /** An event, DIGEST, or TEST. */
  readonly event: string
  readonly severity: Severity
  /** Unix milliseconds. */
  readonly at: number
  /** For people, in the language of the settings: one line, and those below it. */
  readonly title: string
  readonly lines: readonly string[]
  /** For programs. */
  readonly data: Readonly<Record<string, unknown>>
}

/** What became of one try. What is refused is not tried again; what comes later is, and not before `retryMs`. */
export type Told = { readonly httpStatus?: number | undefined } & (
  | { readonly is: 'sent' }
  | { readonly is: 'refused'; readonly why: string }
  | { readonly is: 'later'; readonly why: string; readonly retryMs?: number | undefined }
)
/** A way to people, or to a program. Says nothing of where it leads in an error: that may hold a credential. */
export type NoticeChannel = {
  readonly name: string
  /** May be repeated, with the same notice. Ends in time; throws nothing that can be expected. */
  tell(notice: Notice, signal: AbortSignal): Promise<Told>
}
/** A channel, with what it is told. */
export type Target = {
  readonly channel: NoticeChannel
  wants(event: Pick<NoticeBody, 'event' | 'severity' | 'walletId'>): boolean
  /** It is told of many at once; a program is told each. */
  readonly isForPeople: boolean
  /** It keeps the checkpoints of the evidence. */
  readonly keepsCheckpoints: boolean
}

import type { Card, Channel } from '@waiaas/contract'
import type { Actor } from '../platform/caller.ts'
import type { NoticeReason } from '../transactions/types.ts'

/** What one person on a channel is told. */
export type Notice = {
  readonly why: NoticeReason
  readonly card: Card
  /** How many others are new for them: then they are told of them all at once. */
  readonly others: number
}
/** A way to people that tells them by itself. What it shows is a card, whole; what it sends back is an answer. */
export type PushChannel = {
  readonly name: Channel
  /** Whom it reaches now. */
  addresses(): Promise<readonly string[]>
  /** May be repeated. False: this person cannot be reached at all, and is not tried again. */
  tell(address: string, notice: Notice): Promise<boolean>
}

/** What somebody says to a card that they were shown. */
export type CardAnswer = {
  readonly id: string
  readonly code: string
  readonly says: 'approve' | 'reject'
  readonly channel: Channel
  readonly actor: Actor
  readonly ip?: string | undefined
}

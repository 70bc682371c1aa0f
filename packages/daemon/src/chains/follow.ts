import { add, type Base, type Effect, ZERO_BASE } from '@waiaas/contract'
import type { Draft, Lifetime } from './build.ts'

/**
 * What became of sending bytes. Only `refused` says that the node will not pass them on, and only `unsent` that no node
 * was reached and they have not left; nothing but the chain proves them void.
 */
export type Sent =
  | { readonly outcome: 'accepted' | 'known' | 'unclear' | 'unsent' }
  | {
      readonly outcome: 'refused'
      readonly reason: Refusal
      readonly message: string
      /** EVM: the least price of one unit of gas that the node named, in wei. The next draft offers it. */
      readonly least?: bigint
    }
export type Refusal =
  | 'nonce-used'
  | 'nonce-gap'
  | 'underpriced'
  | 'insufficient-funds'
  | 'expired'
  | 'pool-full'
  | 'invalid'

/** Signed bytes whose fate is not final. `block` is where they were last seen included, and with what end. */
export type Attempt = {
  readonly id: string
  readonly hash: string
  readonly sender: string
  readonly lifetime: Lifetime
  /** The most that the bytes can be charged, in native base units: booked where no node tells what was. */
  readonly maxFee?: Base
  readonly block?: { readonly height: number; readonly hash: string; readonly succeeded: boolean }
  /** The nodes are just being given the bytes: nobody asks them for this one alone. */
  readonly isLeaving?: boolean
}

/** What the chain shows of an attempt. `fee` is what was paid, in native base units. */
export type Sighting = { readonly id: string } & (
  | {
      readonly state: 'included'
      readonly height: number
      /** How many blocks there are from its own on, itself counted. */
      readonly depth: number
      readonly blockHash: string
      readonly succeeded: boolean
      readonly error?: string
      readonly fee: Base
      readonly final: boolean
    }
  /** `reason`, for people: why nothing, or nothing certain, is known of it. */
  | { readonly state: 'pending'; readonly reason?: string }
  | { readonly state: 'missing'; readonly reason?: string }
  /** Proven never to land: its expiry has passed, or another transaction (`by`) has taken its place in the order. */
  | { readonly state: 'void'; readonly cause: 'expired' | 'overtaken'; readonly proof: string; readonly by?: string }
)

/** The most that an attempt which is in no block yet can take, in native base units. */
export type Promised = { readonly hash: string | null; readonly nonce: number | null; readonly cost: Base }
export const totalOf = (promised: readonly Promised[]): Base =>
  promised.reduce((sum, { cost }) => add(sum, cost), ZERO_BASE)
/** Why a draft would fail; CHAIN_ERROR: no node can tell of this one now. */
export type Precheck = {
  readonly code: 'INSUFFICIENT_BALANCE' | 'INVALID_TRANSACTION' | 'CHAIN_ERROR'
  readonly message: string
  /** Why it may be otherwise: nobody has said it of the newest block. */
  readonly doubt?: string
}
/** What a node tells of bytes that it runs and keeps nothing of. */
export type Ran = {
  /** Of gas, or compute units. */
  readonly units: bigint
  /** What programs print, where the chain has that. */
  readonly logs: readonly string[]
}
/** A fault that only a first look has shown, with what kept it from being looked at again. */
export const doubted = (fault: Precheck | null, doubt: string): Precheck | null => fault && { ...fault, doubt }

/** For the operator, when endpoints contradict each other. */
export const disagreement = (hash: string): string =>
  `the endpoints do not agree whether ${hash} has failed, and it counts as pending until they do: remove the wrong one`

/** Bytes in a block; `alone`: what one endpoint tells is enough. */
export type Landing = {
  readonly hash: string
  readonly sender: string
  readonly alone?: boolean | undefined
  /** What they were judged to do, which says where to look. */
  readonly judged?: readonly Effect[] | undefined
  /** What bytes tell that a token alone carries out: where its logs say no more, nobody looks further. */
  readonly plain?: readonly Effect[] | undefined
}

/** Bytes on their way to the chain, and what became of them. */
export type Follower = {
  /**
   * Why each draft would fail if it were sent now (null: nothing known against it), beside what is promised to attempts
   * that were in no block when it was last looked. What is found is of the newest block that a node has shown, or doubted.
   */
  precheck(sender: string, drafts: readonly Draft[], promised: readonly Promised[]): Promise<(Precheck | null)[]>
  /** Runs a draft on a node, for people. Undefined where no node tells. */
  run?(sender: string, draft: Draft): Promise<Ran | undefined>
  /** Sends in the given order, in one round trip where the node allows it. */
  broadcast(signed: readonly Uint8Array[]): Promise<Sent[]>
  /**
   * Looks at the chain. Reports every attempt once per call; included ones again when they become final or leave the chain.
   * Left out are those in a `block` of which nothing can be read now and that did not leave it for certain. What a node
   * tells of one attempt never keeps the others from being reported.
   */
  observe(attempts: readonly Attempt[]): Promise<Sighting[]>
  /**
   * Of chains whose contracts can do what bytes do not tell: what bytes in a block did to the tokens of their sender, as far
   * as the state of that block bears it out; of two endpoints where two are configured, unless one's word `alone` is enough.
   * Undefined where no node remembers that.
   */
  landed?(landing: Landing): Promise<readonly Effect[] | undefined>
  /** Whether tokens are contracts of their own, so that `landed` tells of plain payments and allowances as well. */
  readonly hasTokenCode?: boolean
}

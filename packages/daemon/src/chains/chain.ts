import type { Base, GivenInstruction, Network } from '@waiaas/contract'
import type { Builder } from './build.ts'
import type { Follower } from './follow.ts'
import type { LookedUp, ProgramInstruction, Token } from './intent.ts'
import type { Messages } from './messages.ts'
import type { EndpointStatus } from './rpc.ts'
import type { Serialized } from './serialized.ts'

type AbiCall = {
  readonly abi: readonly Readonly<Record<string, unknown>>[]
  readonly functionName: string
  readonly args: readonly unknown[]
}
/** Without nonce and price, which are the daemon's to set; `gas` is the most units that it may use. */
type TakenApart = {
  readonly to: string
  readonly value: string
  readonly data: string
  readonly gas: string
  readonly chainId: number
}
/** A transaction whose sender has settled all of it: amounts in wei, fees for a unit of gas. */
export type Settled = {
  /** Undefined of what makes a contract. */
  readonly to: string | undefined
  readonly value: bigint
  readonly data: string
  readonly nonce: number
  readonly gas: bigint
  readonly fees:
    | { readonly type: 'legacy'; readonly gasPrice: bigint }
    | { readonly type: 'eip1559'; readonly maxFeePerGas: bigint; readonly maxPriorityFeePerGas: bigint }
}
type Contracts = {
  /** Failure ABI_ENCODING_FAILED. */
  encode(call: AbiCall): { readonly calldata: string }
  /** Failure ABI_ENCODING_FAILED where calldata is no call of a function of the ABI. */
  requireDescribed(abi: AbiCall['abi'], calldata: string): void
  /** The call of an unsigned transaction in hex. Failure INVALID_TRANSACTION of anything else, and of what makes a contract. */
  takeApart(text: string): TakenApart
  /** Such a transaction in hex, unsigned. Failure INVALID_ADDRESS. */
  putTogether(tx: Settled): string
  /** Failure INVALID_TRANSACTION of a gas limit above what a transaction may use. */
  requireGas(limit: bigint): void
  /** Addresses of the tokens that a call moves or lets others move, as far as it is understood. */
  tokensIn(sender: string, call: { readonly to: string; readonly value: Base; readonly data: string }): string[]
}

type ProgramCall = { readonly instructions: readonly ProgramInstruction[]; readonly owners: readonly string[] }
type Named = { readonly instructions: readonly ProgramInstruction[]; readonly tables: readonly string[] }
export type Programs = {
  /** Failures INVALID_ADDRESS and INVALID_TRANSACTION of what cannot be sent. */
  instructions(sender: string, given: readonly GivenInstruction[]): ProgramInstruction[]
  /**
   * Of a planner's instructions those that do something: what they say of compute units and their price is the daemon's to
   * say. Failure INVALID_TRANSACTION of a durable nonce.
   */
  withoutTerms(given: readonly GivenInstruction[]): GivenInstruction[]
  /**
   * The instructions of a message or transaction of any version, in base64, and the lookup tables that it names. Failures
   * INVALID_TRANSACTION, and WALLET_NOT_SIGNER, of what the wallet alone cannot sign and pay.
   */
  takeApart(
    sender: string,
    text: string,
  ): Promise<{ readonly given: readonly GivenInstruction[]; readonly tables: readonly string[] }>
  /** Owners of the token accounts that are named, for hints: bytes that do not bear them out do not count. */
  owners(instructions: readonly ProgramInstruction[]): Promise<string[]>
  /** Addresses of the tokens that it moves or lets others move, as far as it is understood. */
  tokensIn(sender: string, call: ProgramCall): string[]
  /**
   * Where these lookup tables have the accounts of the instructions: of two endpoints where two are configured. Failures
   * INVALID_ADDRESS and INVALID_TRANSACTION of what is no table that stays as it is, CHAIN_ERROR of endpoints that differ.
   */
  lookups(call: Named): Promise<LookedUp[]>
}

/** Somebody who may have been allowed to take a token; of NFTs one by its number, or all of a contract. */
export type Grantee = { readonly token: string; readonly spender: string; readonly nft?: bigint | 'all' }
/** What may be taken still, and what might have been until its time was over. */
export type OpenAllowance = { readonly open: Base; readonly lapsed: Base }

/** The account from which payments of a token are made. */
export type TokenSource = {
  readonly amount: Base
  /** Whoever may freeze it has. */
  readonly isFrozen: boolean
  /** It can be closed when it is empty, so that its rent comes back. */
  readonly isClosable: boolean
}

/** Which network it is, and what people, prices and the clock read of it. */
export type Reader = {
  readonly network: Network
  /** Canonical form, or Failure INVALID_ADDRESS (bad checksum, wrong length, zero address). */
  address(text: string): string
  /** Verified identity of the configured endpoints; Failure CHAIN_ERROR names the mismatch. Memoised after success. */
  connect(): Promise<void>
  /** Unix milliseconds of the newest block; of two endpoints where two are configured, the lower. Failure CHAIN_ERROR. */
  blockTime(): Promise<number>
  balance(address: string): Promise<Base>
  /** Balances of known tokens plus, where the chain lists them, of any other token with a balance. */
  tokenBalances(address: string, tokens: readonly Token[]): Promise<{ token: Token; amount: Base }[]>
  /** What each of these spenders may still take from the owner (of NFTs 1, or nothing), by two endpoints where two are configured; undefined where they do not tell it alike. */
  allowances(owner: string, asked: readonly Grantee[]): Promise<(OpenAllowance | undefined)[]>
  /** Of chains where tokens are in accounts of their own. */
  tokenSource?(owner: string, token: Token): Promise<TokenSource>
  /** With it: the tokens whose accounts are there and hold nothing, as far as nodes list them. */
  emptySources?(owner: string): Promise<Token[]>
  /** Reads a token from the chain: Failure TOKEN_NOT_FOUND, or TOKEN_UNSUPPORTED naming what is not handled. */
  token(address: string): Promise<Token>
  /** The latest answer of a Chainlink aggregator, where the chain has them; `isAlone` when of two endpoints one tells it. */
  readFeed?(
    address: string,
  ): Promise<{ answer: bigint; decimals: number; updatedAt: number; witnesses: number; isAlone: boolean }>
  /**
   * Of chains where an account can be a contract (ERC-1271): whether it accepts this as its signature of a text, by two
   * endpoints where two are configured. Failure CHAIN_ERROR.
   */
  acceptsSignature?(account: string, text: string, signature: Uint8Array): Promise<boolean>
  /** Of chains whose nodes speak to others as they do to the daemon: the answer as it came. Throws RpcError as it came, Failure CHAIN_ERROR. */
  ask?(method: string, params: readonly unknown[]): Promise<unknown>
  /** Of chains whose contracts are called by an ABI. */
  readonly contracts?: Contracts
  /** Of chains whose programs are called by instructions. */
  readonly programs?: Programs
  status(): EndpointStatus[]
  close(): void
}

/**
 * One network. Everything that talks to nodes fails over between the configured endpoints and throws
 * Failure CHAIN_ERROR when none answers. Nothing here knows wallets, sessions or policies, or sees a key.
 */
export type Chain = Reader & Builder & Follower & { readonly messages?: Messages; readonly serialized?: Serialized }

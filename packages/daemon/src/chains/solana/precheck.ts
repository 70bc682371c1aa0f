import type { Address } from '@solana/kit'
import { Failure, isFailure, type Network } from '@waiaas/contract'
import { countOf, fieldsOf, shown, wholeNumber } from '../answers.ts'
import type { Draft } from '../build.ts'
import { doubted, type Precheck, type Promised, type Ran, totalOf } from '../follow.ts'
import { isUnsupported } from '../refusals.ts'
import { type Rpc, RpcError } from '../rpc.ts'
import { accountsCall, accountsIn, contentOf, type Since } from './accounts.ts'
import { planBytes, planMessage } from './body.ts'
import { minimumBalance } from './fees.ts'
import { BELOW_FLOOR, isFloor } from './floors.ts'
import { type Funds, type Need, needOf, shortfalls } from './funds.ts'
import type { Message } from './message.ts'
import { holdingOf, tokenAccountOwner } from './mint.ts'
import { isTokenProgram, systemProgram } from './programs.ts'
import { balanceBeside, balanceCall, resultOf } from './statuses.ts'
import { FROZEN_ACCOUNT } from './token-source.ts'
import { unsignedWire } from './wire.ts'

export type PrecheckParts = {
  readonly network: Network
  readonly rpc: Rpc
  /** The newest slot that a node has shown. */
  readonly head: () => Promise<number>
}
type Parts = PrecheckParts & { readonly sender: Address; readonly since?: Since }
type Simulated = { readonly err: unknown; readonly logs: readonly string[] }
type Item = Awaited<ReturnType<Rpc['batch']>>[number]
type Found = (Precheck | null)[]

const simulation = { encoding: 'base64', sigVerify: false, replaceRecentBlockhash: true, commitment: 'confirmed' }

/** Finds drafts that would fail if they were sent now. Failure CHAIN_ERROR when the node cannot tell. */
export const prechecker =
  (parts: PrecheckParts) =>
  async (sender: Address, drafts: readonly Draft[], promised: readonly Promised[]): Promise<Found> => {
    if (drafts.length === 0) return []
    const needs = drafts.map((draft) => needOf(sender, draft))
    const first = await look({ ...parts, sender }, needs, promised)
    if (first.every((fault) => fault === null || fault.code === 'CHAIN_ERROR')) return first
    try {
      return await look({ ...parts, sender, since: { minContextSlot: await parts.head() } }, needs, promised)
    } catch (error) {
      if (!(error instanceof RpcError || isFailure(error, 'CHAIN_ERROR'))) throw error
      return first.map((fault) => doubted(fault, `the newest slot cannot be read: ${error.message.slice(0, 300)}`))
    }
  }

/**
 * Adds up what the drafts need, in the given order, beside what is promised, and simulates each against the chain as
 * it is: all in one round trip. Where no node offers simulations at all, the sums alone are checked, and a transaction
 * that fails costs its fee.
 */
async function look(
  { network, rpc, sender, since }: Omit<Parts, 'head'>,
  needs: readonly Need[],
  promised: readonly Promised[],
): Promise<Found> {
  const sources = [...new Set(needs.flatMap(({ tokens }) => tokens.map(({ source }) => source)))]
  const accounts = accountsCall(sources, since)
  const simulating = { ...simulation, ...since }
  const [balance, ...rest] = await rpc.batch([
    balanceCall(sender, since),
    ...accounts,
    ...needs.map(({ bytes }) => ({ method: 'simulateTransaction', params: [unsignedWire(bytes), simulating] })),
  ])
  const held = accountsIn(rest.slice(0, accounts.length).map(resultOf), sources.length)
  const funds: Omit<Funds, 'inflight'> = {
    lamports: wholeNumber(contentOf(resultOf(balance)), 'a balance'),
    tokens: new Map(
      sources.map((source, index) => {
        const account = held[index]
        return [source, account && tokenAccountOwner(account) ? holdingOf(account.data).amount : null]
      }),
    ),
  }
  const short = await shortfallsNow({ network, rpc, sender, ...(since && { since }) }, { needs, funds, promised })
  return needs.map(({ message }, index) => {
    return short[index] ?? faultIn(sender, message, rest[accounts.length + index])
  })
}

/** Before anything is refused, what is in the balance already is promised no longer. */
async function shortfallsNow(
  { network, rpc, sender, since }: Omit<Parts, 'head'>,
  { needs, funds, promised }: { needs: readonly Need[]; funds: Omit<Funds, 'inflight'>; promised: readonly Promised[] },
): Promise<(Precheck | null)[]> {
  const short = shortfalls(network, needs, { ...funds, inflight: totalOf(promised) })
  if (promised.length === 0 || short.every((fault) => fault === null)) return short
  const hashes = promised.flatMap(({ hash }) => (hash === null ? [] : [hash]))
  const { lamports, landed } = await balanceBeside(rpc, balanceCall(sender, since), hashes)
  const open = promised.filter(({ hash }) => hash === null || !landed.has(hash))
  return shortfalls(network, needs, { ...funds, lamports, inflight: totalOf(open) })
}

/** What a node tells of a draft that it runs now, also where that fails. */
export async function run(rpc: Rpc, { body }: Draft): Promise<Ran | undefined> {
  const [item] = await rpc.batch([
    { method: 'simulateTransaction', params: [unsignedWire(planBytes(body)), simulation] },
  ])
  const simulated = simulationIn(item)
  if (!simulated) return undefined
  const { unitsConsumed = 0 } = fieldsOf(contentOf(resultOf(item)), 'a simulation')
  return { units: wholeNumber(unitsConsumed, 'compute units'), logs: simulated.logs }
}

/** How many compute units a body uses now; undefined where no node simulates. Failures of what fails, as `precheck` has them. */
export async function unitsUsed(rpc: Rpc, sender: Address, body: string): Promise<number | undefined> {
  const params = [unsignedWire(planBytes(body)), simulation]
  const [item] = await rpc.batch([{ method: 'simulateTransaction', params }])
  const simulated = simulationIn(item)
  const fault = simulated && simulationFault(sender, planMessage(body), simulated)
  if (fault) throw new Failure(fault.code, fault.message)
  const { unitsConsumed } = fieldsOf(simulated ? contentOf(resultOf(item)) : {}, 'a simulation')
  return unitsConsumed === undefined ? undefined : countOf(unitsConsumed, 'compute units')
}

/** An answer that cannot be read concerns its own draft alone. */
function faultIn(sender: Address, message: Message, item: Item | undefined): Precheck | null {
  try {
    const simulated = simulationIn(item)
    return simulated && simulationFault(sender, message, simulated)
  } catch (error) {
    if (!(error instanceof RpcError || isFailure(error, 'CHAIN_ERROR'))) throw error
    return { code: 'CHAIN_ERROR', message: `no node can simulate it now: ${error.message.slice(0, 300)}` }
  }
}

/** Null where the node does not simulate. */
function simulationIn(item: Item | undefined): Simulated | null {
  if (item && 'error' in item && isUnsupported(item.error)) return null
  const { err, logs } = fieldsOf(contentOf(resultOf(item)), 'a simulation')
  const lines = Array.isArray(logs) ? logs.filter((line): line is string => typeof line === 'string') : []
  return { err, logs: lines }
}

// https://github.com/solana-program/token/blob/main/interface/src/error.rs
const FROZEN = 17

function simulationFault(sender: Address, message: Message, { err, logs }: Simulated): Precheck | null {
  if (err === null || err === undefined) return null
  if (err === 'AccountNotFound' || err === 'InsufficientFundsForFee')
    return insufficient('expected the sender to have the lamports for the fee, the simulation found fewer')
  if (err === 'ProgramAccountNotFound' || err === 'InvalidProgramForExecution')
    return invalid('a program that it runs is not on this cluster')
  const poor = field(err, 'InsufficientFundsForRent')
  if (poor !== undefined) return rentFault(sender, message, field(poor, 'account_index'))
  const failed = field(err, 'InstructionError')
  if (!Array.isArray(failed)) return invalid(`the simulation failed with ${text(err)}`)
  if (isFloor(message, err)) return invalid(BELOW_FLOOR)
  const program = message.instructions[Number(failed[0])]?.program
  // Both the system program and the token programs answer 1 when the source has too little.
  if (field(failed[1], 'Custom') === 1 && program && (program === systemProgram || isTokenProgram(program)))
    return insufficient(`expected the sender to have what it sends, the simulation found less (${ownWords(logs)})`)
  if (field(failed[1], 'Custom') === FROZEN && program && isTokenProgram(program)) return invalid(FROZEN_ACCOUNT)
  return invalid(ownWords(logs) ?? `the simulation failed with ${text(err)}`)
}

function rentFault(sender: Address, message: Message, index: unknown): Precheck {
  const account = message.accounts[Number(index)]?.address
  if (account === sender)
    return insufficient(`would leave the sender less than ${minimumBalance} lamports, but more than nothing`)
  return invalid(`would leave ${account} with less than the ${minimumBalance} lamports that a new account needs`)
}

/** The last thing that a program itself said about its failure. */
function ownWords(logs: readonly string[]): string | null {
  const told =
    logs.findLast((line) => /^Program log: .*error/i.test(line)) ?? logs.findLast((line) => /failed/.test(line))
  return told ? told.slice(0, 300) : null
}

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && name in value ? (value as Record<string, unknown>)[name] : undefined
const text = (err: unknown): string => (typeof err === 'string' ? err : shown(err, 300))
const insufficient = (message: string): Precheck => ({ code: 'INSUFFICIENT_BALANCE', message })
const invalid = (message: string): Precheck => ({ code: 'INVALID_TRANSACTION', message })

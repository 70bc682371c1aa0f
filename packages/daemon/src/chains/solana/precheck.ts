import type { Address } from '@solana/kit'
import { type Effect, Failure, type Network, nativeAsset } from '@waiaas/contract'
import type { Draft, Precheck, Rpc } from '../chain.ts'
import { readAccounts, wholeNumber } from './accounts.ts'
import { planBytes } from './body.ts'
import { decodeMessage } from './decode.ts'
import { minimumBalance } from './fees.ts'
import { type Message, readMessage } from './message.ts'
import { isTokenProgram, systemProgram } from './programs.ts'

type Planned = { readonly message: Message; readonly bytes: Uint8Array; readonly cost: bigint; readonly maxFee: bigint }
type Simulated = { readonly err: unknown; readonly logs: readonly string[] | null }
type Item = Awaited<ReturnType<Rpc['batch']>>[number]

const simulation = { encoding: 'base64', sigVerify: false, replaceRecentBlockhash: true, commitment: 'confirmed' }

/**
 * Simulates every draft and adds up what they need, in the given order, beside what is in flight (lamports):
 * each draft's worst fee, rent and outflow must be there, and what stays behind must be nothing or rent-exempt.
 */
export async function precheckAll(
  { network, rpc }: { network: Network; rpc: Rpc },
  sender: Address,
  drafts: readonly Draft[],
  inflight: bigint,
): Promise<(Precheck | null)[]> {
  if (drafts.length === 0) return []
  const planned = drafts.map((draft) => plan(network, sender, draft))
  const calls = planned.map(({ bytes }) => ({
    method: 'simulateTransaction',
    params: [unsignedWire(bytes), simulation],
  }))
  const balanceCall = { method: 'getBalance', params: [sender, { commitment: 'confirmed' }] }
  const [balance, ...simulated] = await rpc.batch([balanceCall, ...calls])
  let available = wholeNumber(answered<number>(balance), 'a balance') - inflight
  const found: (Precheck | null)[] = []
  for (const [index, one] of planned.entries()) {
    const short = shortfall(one, available)
    found.push(short ?? (await simulationFault(rpc, sender, one, simulated[index])))
    if (!short) available -= one.cost
  }
  return found
}

function plan(network: Network, sender: Address, draft: Draft): Planned {
  // Without a lifetime: the simulation puts in a recent blockhash.
  const bytes = planBytes(draft.body)
  const { effects } = decodeMessage(network, sender, bytes, {})
  return {
    message: readMessage(bytes),
    bytes,
    cost: draft.maxFee + nativeOutflow(network, effects.effects),
    maxFee: draft.maxFee,
  }
}

const nativeOutflow = (network: Network, effects: readonly Effect[]): bigint =>
  effects.reduce(
    (sum, effect) =>
      effect.kind === 'outflow' && effect.asset === nativeAsset(network) ? sum + BigInt(effect.amount) : sum,
    0n,
  )

const unsignedWire = (message: Uint8Array): string =>
  Buffer.concat([Uint8Array.of(1), new Uint8Array(64), message]).toString('base64')

function shortfall({ cost, maxFee }: Planned, available: bigint): Precheck | null {
  const rest = available - cost
  if (rest < 0n)
    return insufficient(
      `needs ${cost} lamports, ${maxFee} of them for fees and rent, and ${positive(available)} are free`,
    )
  if (rest > 0n && rest < minimumBalance)
    return insufficient(
      `would leave the sender ${rest} lamports; an account keeps nothing or at least ${minimumBalance}`,
    )
  return null
}

async function simulationFault(
  rpc: Rpc,
  sender: Address,
  { message }: Planned,
  item: Item | undefined,
): Promise<Precheck | null> {
  const { err, logs } = answered<Simulated>(item)
  if (err === null || err === undefined) return null
  if (err === 'AccountNotFound' || err === 'InsufficientFundsForFee')
    return insufficient('the sender has not the lamports for the fee')
  const poor = field(err, 'InsufficientFundsForRent')
  if (poor !== undefined) return rentFault(sender, message, field(poor, 'account_index'))
  const failed = field(err, 'InstructionError')
  if (!Array.isArray(failed)) return invalid(`the simulation failed with ${text(err)}`)
  const instruction = message.instructions[Number(failed[0])]
  const program = instruction?.program
  const code = field(failed[1], 'Custom')
  // Both the system program and the token programs answer 1 when the source has too little.
  if (code === 1 && program === systemProgram) return insufficient('the sender has fewer lamports than it sends')
  if (program && isTokenProgram(program)) {
    const source = instruction?.accounts[0]?.address
    if (code === 1) return insufficient(`the sender's token account ${source} has fewer tokens than it sends`)
    if (source && (await readAccounts(rpc, [source]))[0] === null)
      return insufficient(`the sender has no token account ${source}, so none of this token`)
  }
  return invalid(ownWords(logs) ?? `the simulation failed with ${text(err)}`)
}

function rentFault(sender: Address, message: Message, index: unknown): Precheck {
  const account = message.accounts[Number(index)]?.address
  if (account === sender)
    return insufficient(`would leave the sender less than ${minimumBalance} lamports, but more than nothing`)
  return invalid(`would leave ${account} with less than the ${minimumBalance} lamports that a new account needs`)
}

/** The last thing that a program itself said about its failure. */
function ownWords(logs: readonly string[] | null): string | null {
  const told =
    logs?.findLast((line) => /^Program log: .*error/i.test(line)) ?? logs?.findLast((line) => /failed/.test(line))
  return told ? told.slice(0, 300) : null
}

/** The value of a node's answer; Failure CHAIN_ERROR when it answered an error in place of a balance or a simulation. */
function answered<T>(item: Item | undefined): T {
  if (item && 'result' in item) return (item.result as { value: T }).value
  const message = item ? item.error.message : 'nothing'
  throw new Failure('CHAIN_ERROR', `expected a balance or a simulation, got: ${message}`, { cause: item?.error })
}

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && name in value ? (value as Record<string, unknown>)[name] : undefined
const text = (err: unknown): string => (typeof err === 'string' ? err : JSON.stringify(err))
const positive = (amount: bigint): bigint => (amount > 0n ? amount : 0n)
const insufficient = (message: string): Precheck => ({ code: 'INSUFFICIENT_BALANCE', message })
const invalid = (message: string): Precheck => ({ code: 'INVALID_TRANSACTION', message })

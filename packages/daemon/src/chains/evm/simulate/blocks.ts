import { randomBytes } from 'node:crypto'
import { fieldsOf, OddAnswer } from '../../answers.ts'
import type { Rpc } from '../../rpc.ts'
import { numberResult } from '../erc20.ts'
import { quantity, readQuantity, toHex } from '../hex.ts'
import * as logs from './logs.ts'

/** One call of a simulated block: what it answered, said and used. */
export type Run = {
  readonly succeeded: boolean
  readonly result: unknown
  readonly logs: readonly logs.Log[]
  readonly gas: bigint
}
type Block = { readonly baseFee: bigint; readonly calls: readonly object[] }
/** Where a block is in its chain, and its time in seconds. */
export type Place = { readonly height: bigint; readonly time: bigint }

/** Runs blocks one upon the other and the newest one, each of which looks like any other block. */
export const run = (rpc: Rpc, blocks: readonly Block[]): Promise<Run[][]> =>
  runUpon(
    { rpc, parent: 'latest' },
    blocks.map(({ baseFee, calls }) => ({
      blockOverrides: { baseFeePerGas: quantity(baseFee), prevRandao: toHex(randomBytes(32)) },
      calls,
    })),
  )

/** Runs calls as if they were the first of a block that there is. */
export async function runFirst(rpc: Rpc, { height, time }: Place, calls: readonly object[]): Promise<Run[]> {
  const blockOverrides = { number: quantity(height), time: quantity(time) }
  const [runs] = await runUpon({ rpc, parent: quantity(height - 1n) }, [{ blockOverrides, calls }])
  return runs! // as many as blocks
}

type Upon = { readonly rpc: Rpc; readonly parent: string }
type Simulated = { readonly blockOverrides: object; readonly calls: readonly object[] }

async function runUpon({ rpc, parent }: Upon, blockStateCalls: readonly Simulated[]): Promise<Run[][]> {
  const answer = await rpc.call<unknown>('eth_simulateV1', [
    { blockStateCalls, traceTransfers: true, validation: false },
    parent,
  ])
  if (!Array.isArray(answer) || answer.length !== blockStateCalls.length)
    throw new OddAnswer('simulated blocks', answer)
  return answer.map((block, at) => runsIn(block, blockStateCalls[at]!.calls.length))
}

function runsIn(block: unknown, count: number): Run[] {
  const { calls } = fieldsOf(block, 'a simulated block')
  if (!Array.isArray(calls) || calls.length !== count) throw new OddAnswer('simulated calls', calls)
  return calls.map((one) => {
    const { status, returnData, logs: told, gasUsed } = fieldsOf(one, 'a simulated call')
    const succeeded = readQuantity(status) === 1n
    return { succeeded, result: returnData, logs: logs.readLogs(told ?? []), gas: readQuantity(gasUsed) }
  })
}

/** The number that a contract answered. */
export const numberOf = ({ succeeded, result }: Run): bigint | undefined =>
  succeeded ? numberResult(result) : undefined

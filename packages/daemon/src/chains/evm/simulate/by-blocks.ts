import { randomBytes } from 'node:crypto'
import { fieldsOf, OddAnswer } from '../../answers.ts'
import type { Rpc } from '../../rpc.ts'
import { numberResult } from '../erc20.ts'
import { quantity, readQuantity, toHex } from '../hex.ts'
import * as logs from './logs.ts'
import { isKnown, type Question, toCall } from './questions.ts'
import { type Planned, txOf, type Way } from './way.ts'

type Run = { readonly succeeded: boolean; readonly result: unknown; readonly logs: readonly logs.Log[] }

/** `eth_simulateV1`: https://ethereum.github.io/execution-apis/eth/eth_simulateV1 */
export const byBlocks: Way = async (rpc, planned, asking) => {
  const [first] = await run(rpc, planned, [txOf(planned)])
  const asked = first?.succeeded ? asking(first.logs) : undefined
  if (!asked) return undefined
  const calls = asked.map(toCall)
  const again = await run(rpc, planned, [...calls, txOf(planned), ...calls])
  const done = again[asked.length]!
  const now = done.succeeded ? asking(done.logs) : undefined
  // A block may have come between: nobody was asked about what happens only now.
  if (!now || !isKnown(now, asked)) return undefined
  return { logs: done.logs, ...numbers(asked, again) }
}

const numbers = (questions: readonly Question[], runs: readonly Run[]) => ({
  questions,
  before: runs.slice(0, questions.length).map(numberOf),
  after: runs.slice(questions.length + 1).map(numberOf),
})

const numberOf = ({ succeeded, result }: Run): bigint | undefined => (succeeded ? numberResult(result) : undefined)

/** Runs calls one after the other in a block upon the newest one, which looks like any other block. */
async function run(rpc: Rpc, { baseFee }: Planned, calls: readonly object[]): Promise<Run[]> {
  const blockOverrides = { baseFeePerGas: quantity(baseFee), prevRandao: toHex(randomBytes(32)) }
  const answer = await rpc.call<unknown>('eth_simulateV1', [
    { blockStateCalls: [{ blockOverrides, calls }], traceTransfers: true, validation: false },
    'latest',
  ])
  const found = fieldsOf(Array.isArray(answer) ? answer[0] : undefined, 'a simulated block')
  if (!Array.isArray(found.calls) || found.calls.length !== calls.length)
    throw new OddAnswer('simulated calls', found.calls)
  return found.calls.map((one) => {
    const { status, returnData, logs: told } = fieldsOf(one, 'a simulated call')
    return { succeeded: readQuantity(status) === 1n, result: returnData, logs: logs.readLogs(told ?? []) }
  })
}

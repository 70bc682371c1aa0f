import { requireEnd } from '../endless.ts'
import { numberOf, type Run, run } from './blocks.ts'
import { isKnown, type Question, toCall } from './questions.ts'
import { touchedBy } from './touched.ts'
import { txOf, type Way } from './way.ts'

/** `eth_simulateV1`: https://ethereum.github.io/execution-apis/eth/eth_simulateV1 */
export const byBlocks: Way = async (rpc, planned, asking) => {
  const { baseFee } = planned
  const [[alone], touched] = await Promise.all([
    run(rpc, [{ baseFee, calls: [txOf(planned)] }]),
    touchedBy(rpc, planned),
  ])
  const [first] = alone!
  if (first && !first.succeeded && planned.isGiven)
    requireEnd({ used: first.gas, gas: planned.gas, said: first.result })
  const asked = first?.succeeded && touched.isAll ? asking(first.logs, touched.accounts) : undefined
  if (!asked) return undefined
  const calls = asked.map(toCall)
  const [again] = await run(rpc, [{ baseFee, calls: [...calls, txOf(planned), ...calls] }])
  const done = again![asked.length]!
  const now = done.succeeded ? asking(done.logs, touched.accounts) : undefined
  // A block may have come between: nobody was asked about what happens only now.
  if (!now || !isKnown(now, asked)) return undefined
  return { logs: done.logs, ...numbers(asked, again!) }
}

const numbers = (questions: readonly Question[], runs: readonly Run[]) => ({
  questions,
  before: runs.slice(0, questions.length).map(numberOf),
  after: runs.slice(questions.length + 1).map(numberOf),
})

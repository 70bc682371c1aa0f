import type { Rpc } from './rpc.ts'

type Batch = Rpc['batch']
type Asked = {
  readonly calls: Parameters<Batch>[0]
  readonly resolve: (answers: Awaited<ReturnType<Batch>>) => void
  readonly reject: (error: unknown) => void
}

const MOST_UNDER_WAY = 4

/**
 * For what many ask for one by one: a request leaves at once, and while a few are under way, what is asked for meanwhile
 * leaves together with the next. A thousand requests would meet a thousand times whatever an endpoint does now and then.
 */
export function gathering({ batch }: Pick<Rpc, 'batch'>): Batch {
  let underWay = 0
  let waiting: Asked[] = []

  async function leave(): Promise<void> {
    while (waiting.length > 0 && underWay < MOST_UNDER_WAY) {
      const together = waiting
      waiting = []
      underWay += 1
      try {
        const answers = await batch(together.flatMap(({ calls }) => calls))
        let from = 0
        for (const { calls, resolve } of together) {
          resolve(answers.slice(from, from + calls.length))
          from += calls.length
        }
      } catch (error) {
        for (const { reject } of together) reject(error)
      } finally {
        underWay -= 1
      }
    }
  }

  return (calls) =>
    new Promise((resolve, reject) => {
      waiting.push({ calls, resolve, reject })
      // It hands each what came of it, and throws nothing.
      void leave()
    })
}

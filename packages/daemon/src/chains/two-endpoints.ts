import { Failure, isFailure } from '@waiaas/contract'
import type { Rpc } from './rpc.ts'

/**
 * What two endpoints say by themselves of what scales a limit, or one where no other is configured. Failure CHAIN_ERROR
 * when fewer answer.
 */
export async function ofTwo<T>(singles: readonly Rpc[], read: (rpc: Rpc) => Promise<T>): Promise<[T, ...T[]]> {
  const said: T[] = []
  let silent: unknown = new Failure('CHAIN_ERROR', 'no endpoint is configured')
  for (const single of singles) {
    try {
      said.push(await read(single))
    } catch (error) {
      if (!isFailure(error, 'CHAIN_ERROR')) throw error
      silent = error
    }
    const [first, second] = said
    if (first !== undefined && (second !== undefined || singles.length === 1)) return [first, ...said.slice(1)]
  }
  throw silent
}

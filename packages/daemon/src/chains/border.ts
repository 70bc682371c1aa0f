import { Failure, isFailure, type Network } from '@waiaas/contract'
import { RpcError } from './rpc.ts'

/** Declares errors of nodes that no part could read as the transaction's own fault. */
export const bordered =
  (network: Network) =>
  <A extends readonly unknown[], R>(fn: (...args: A) => Promise<R>) =>
  async (...args: A): Promise<R> => {
    try {
      return await fn(...args)
    } catch (error) {
      if (!(error instanceof RpcError)) throw error
      const message = `a node of ${network.id} answered with error ${error.code}: ${error.message.slice(0, 300)}`
      throw new Failure('CHAIN_ERROR', message, { cause: error })
    }
  }

/** Of what is only asked for people: undefined where no node tells. */
export function untold(error: unknown): undefined {
  if (!(error instanceof RpcError || isFailure(error))) throw error
}

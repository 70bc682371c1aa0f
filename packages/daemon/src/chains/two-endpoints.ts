import { Failure, isFailure } from '@waiaas/contract'
import type { Rpc } from './rpc.ts'

/** What scales a limit is told in two ways that cannot both be right. */
export class Contradiction extends Failure {
  constructor(message: string) {
    super('CHAIN_ERROR', message)
  }
}

type Words<T> = {
  readonly said: readonly [T, ...T[]]
  /** Why nobody bears it out, where other endpoints are configured and none of them answers. */
  readonly alone: unknown
}

/**
 * What two endpoints say by themselves of what scales a limit, or one where no other is configured or answers. Failure
 * CHAIN_ERROR when none does.
 */
export async function wordsOfTwo<T>(singles: readonly Rpc[], read: (rpc: Rpc) => Promise<T>): Promise<Words<T>> {
  const said: T[] = []
  let silent: unknown
  for (const single of singles) {
    try {
      said.push(await read(single))
    } catch (error) {
      if (!isFailure(error, 'CHAIN_ERROR')) throw error
      silent = error
    }
    if (said.length === 2) break
  }
  const [first, ...others] = said
  if (first === undefined) throw silent ?? new Failure('CHAIN_ERROR', 'no endpoint is configured')
  return { said: [first, ...others], alone: others.length === 0 ? silent : undefined }
}

/** The same where one alone is not believed when others are configured: Failure CHAIN_ERROR. */
export async function ofTwo<T>(singles: readonly Rpc[], read: (rpc: Rpc) => Promise<T>): Promise<readonly [T, ...T[]]> {
  const { said, alone } = await wordsOfTwo(singles, read)
  if (alone !== undefined) throw alone
  return said
}

/** Amounts that two endpoints tell alike; undefined where they differ, or one does not know. */
export async function agreed<T>(
  singles: readonly Rpc[],
  read: (rpc: Rpc) => Promise<(T | undefined)[]>,
): Promise<(T | undefined)[]> {
  const [first, ...others] = await ofTwo(singles, read)
  return first.map((one, at) => (others.every((other) => other[at] === one) ? one : undefined))
}

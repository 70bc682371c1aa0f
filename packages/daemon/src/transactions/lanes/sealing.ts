import { seal } from '../../platform/sealed-text.ts'
import type { Parts } from '../job.ts'
import type { Issued } from './build.ts'

/** Keeps a text so that nobody but who asked for it reads it. */
export type Seal = (id: string, text: string) => string

/** Runs with what seals that which is given out; the key is asked for where there is something. */
export async function withSeal<T>(
  { signatureKey }: Pick<Parts, 'signatureKey'>,
  issued: readonly Issued[],
  run: (seal: Seal) => Promise<T>,
): Promise<T> {
  if (!issued.some(({ row }) => row.purpose === 'sign-only')) return run(nothingToSeal)
  const key = await signatureKey()
  try {
    return await run((id, text) => seal(key, id, text))
  } finally {
    key.fill(0)
  }
}

function nothingToSeal(): never {
  throw new Error('expected nothing that is given out')
}

import { createHash } from 'node:crypto'
import type { HeadRow } from '../rows/transaction-row.ts'

/** Without letters and digits that look like others. */
const SIGNS = '23456789ABCDEFGHJKMNPQRSTVWXYZ'
const LENGTH = 8

/** The digest of what waits: of its effects, or of all effects of its plan in their order. */
export function digestOf(steps: readonly Pick<HeadRow, 'digest'>[]): string {
  const digests = steps.map(({ digest }) => digest ?? '')
  return digests.length === 1 ? digests[0]! : createHash('sha256').update(digests.join(' ')).digest('hex')
}

/**
 * The digest in eight signs, which people compare between channels. It goes by the id too, which nobody knows before the
 * request is stored: whoever asks cannot look for two requests with the same code.
 */
export function codeOf(id: string, digest: string): string {
  const number = BigInt(`0x${createHash('sha256').update(`${id} ${digest}`).digest('hex')}`)
  let [left, code] = [number, '']
  for (let at = 0; at < LENGTH; at++) {
    code += SIGNS[Number(left % BigInt(SIGNS.length))]
    left /= BigInt(SIGNS.length)
  }
  return `${code.slice(0, LENGTH / 2)}-${code.slice(LENGTH / 2)}`
}

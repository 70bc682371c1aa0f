import { type Answered, type Outgoing, type Post, RefusedAddress } from '../outgoing.ts'
import type { Told } from '../types.ts'

/** What says of one notice that it is not taken, whoever asks again. */
const REFUSALS = [400, 410, 413, 422]

/** What an answer means for the notice. */
export function toldBy({ status, retryMs }: Answered): Told {
  if (status >= 200 && status < 300) return { is: 'sent', httpStatus: status }
  const why = status >= 300 && status < 400 ? `answered ${status}; redirects are not followed` : `answered ${status}`
  if (REFUSALS.includes(status)) return { is: 'refused', why, httpStatus: status }
  return { is: 'later', why, httpStatus: status, retryMs }
}

/** Posts, and says what became of it. What went wrong is told without the address. */
export async function posted(
  { send }: Pick<Post, 'send'>,
  outgoing: Outgoing,
  { signal, read = toldBy }: { signal: AbortSignal; read?: (answer: Answered) => Told },
): Promise<Told> {
  try {
    return read(await send(outgoing, signal))
  } catch (error) {
    return { is: 'later', why: faultOf(error) }
  }
}

/** Texts of other errors may hold the address. */
function faultOf(error: unknown): string {
  if (error instanceof RefusedAddress) return error.message
  if (error instanceof DOMException && error.name === 'TimeoutError') return 'did not answer in time'
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? ` (${error.code})` : ''
  return `cannot be reached${code}`
}

/** A value in the JSON of an answer, at a path of fields. */
export function fieldOf(body: string, ...path: readonly string[]): unknown {
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    return undefined
  }
  for (const field of path)
    value = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[field] : undefined
  return value
}

export const jsonOf = (url: string, body: unknown, headers: Record<string, string> = {}): Outgoing => ({
  url,
  headers: { 'content-type': 'application/json', 'user-agent': 'WAIaaS/1.0', ...headers },
  body: JSON.stringify(body),
})

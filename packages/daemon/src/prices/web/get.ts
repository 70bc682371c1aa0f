import { Failure } from '@waiaas/contract'
import { assertOutsideWork } from '../../platform/db/guard.ts'

/** Nobody waits longer for a price than two seconds, and feeds are asked at the same time. */
const TIMEOUT_MS = 1_500
const MOST_BYTES = 65_536

type Get = { readonly who: string; readonly url: URL; readonly headers: Readonly<Record<string, string>> }

/** The text of a short answer. Failure CHAIN_ERROR otherwise; it names no part of the URL, which may hold a key. */
export async function getText({ who, url, headers }: Get): Promise<string> {
  assertOutsideWork(`a call of ${who}`)
  const signal = AbortSignal.timeout(TIMEOUT_MS)
  try {
    // To follow a redirect would take the key to another host.
    const response = await fetch(url, {
      headers: { accept: 'application/json', ...headers },
      redirect: 'manual',
      signal,
    })
    if (response.status !== 200) {
      await response.body?.cancel()
      throw new Failure('CHAIN_ERROR', `${who} answered ${whatMeans(response.status)}`)
    }
    return await within(response, who)
  } catch (error) {
    if (error instanceof Failure) throw error
    const why =
      error instanceof Error && error.name === 'TimeoutError'
        ? `did not answer within ${TIMEOUT_MS} ms`
        : 'could not be reached'
    throw new Failure('CHAIN_ERROR', `${who} ${why}`)
  }
}

function whatMeans(status: number): string {
  if (status === 401 || status === 403) return `${status}: it does not take the key`
  if (status === 429) return '429: it is asked too often for this key'
  return String(status)
}

async function within(response: Response, who: string): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  let size = 0
  for await (const piece of response.body ?? []) {
    size += piece.byteLength
    if (size > MOST_BYTES) throw new Failure('CHAIN_ERROR', `${who} answered more than ${MOST_BYTES} bytes`)
    text += decoder.decode(piece, { stream: true })
  }
  return text + decoder.decode()
}

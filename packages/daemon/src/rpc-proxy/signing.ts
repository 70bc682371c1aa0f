import { underWay, WAIaaSError } from '@waiaas/contract'
import { CODES, ProxyError } from './errors.ts'
import { heard } from './heard.ts'
import { isObject } from './message.ts'
import { notYet, settled } from './outcome.ts'
import type { Place } from './place.ts'
import { requireOwn } from './quantities.ts'
import type { Once } from './repeats.ts'

const refused = (what: string): ProxyError => new ProxyError(CODES.invalidParams, what)

/** A text that people can read, as its bytes or as itself. */
export async function personalSign(place: Place, params: readonly unknown[]): Promise<string> {
  const [text, address] = params
  requireOwn(address, place.wallet.address, 'the second parameter of personal_sign')
  if (typeof text !== 'string') throw refused('expected a text as the first parameter of personal_sign')
  return signed(place, { signType: 'personal', message: wordsOf(text) })
}

/** Bytes that are no text are signed for nobody: nobody could read what they are for. */
function wordsOf(text: string): string {
  if (!text.startsWith('0x')) return text
  if (!/^0x(?:[0-9a-fA-F]{2})+$/.test(text)) throw refused('expected a text, or its bytes as 0x and hex')
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(text.slice(2), 'hex'))
  } catch {
    throw refused('expected the bytes of a text in UTF-8: others are not signed, since nobody can read them')
  }
}

/** What EIP-712 describes, such as a permit; it is judged by what it lets others do. */
export async function signTypedData(place: Place, params: readonly unknown[]): Promise<string> {
  const [address, given] = params
  requireOwn(address, place.wallet.address, 'the first parameter of eth_signTypedData_v4')
  const data: unknown = typeof given === 'string' ? parsed(given) : given
  if (!isObject(data)) throw refused('expected typed data as an object, or as its JSON')
  // The operation's own schema reads it.
  return signed(place, { signType: 'typedData', typedData: data as never })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw refused('expected typed data as an object, or as its JSON')
  }
}

type Input = NonNullable<Parameters<Place['own']['signMessage']>[0]>
type Message = Partial<Pick<Input, 'message' | 'signType' | 'typedData'>>

function signed(place: Place, message: Message): Promise<string> {
  const input = { ...message, walletId: place.wallet.id, network: place.network.id }
  return heard(place, { asked: ['sign', message], isPlaced: false }, async (once) => {
    const { signature } = await whenDecided(place, once, (idempotencyKey) =>
      place.own.signMessage(input, { idempotencyKey }),
    )
    return signature
  })
}

/** What is asked for, once somebody or the time has let it go on. */
async function whenDecided<T>(place: Place, { key, note }: Once, ask: (key: string) => Promise<T>): Promise<T> {
  try {
    return await ask(key)
  } catch (error) {
    const id = waitingIn(error)
    if (id === undefined) throw error
    await note(id)
    await settled(place, id)
    try {
      return await ask(key)
    } catch (again) {
      if (waitingIn(again) === undefined) throw again
      throw notYet(id, await place.fate(id, { wait: 0 }))
    }
  }
}

/** The id of what waits, as its refusal says. */
function waitingIn(error: unknown): string | undefined {
  if (!(error instanceof WAIaaSError)) return undefined
  const { status, id } = error.details ?? {}
  return status === 'QUEUED' && typeof id === 'string' ? id : underWay(error.details)
}

import { underWay, WAIaaSError } from '@waiaas/contract'
import type { Settled } from '../chains/chain.ts'
import { CODES, ProxyError } from './errors.ts'
import { heard } from './heard.ts'
import { isObject } from './message.ts'
import { notYet, settled } from './outcome.ts'
import type { Place } from './place.ts'
import { objectAt, requireOwn } from './quantities.ts'
import type { Once } from './repeats.ts'
import { type NodeTransaction, readTransaction } from './sending.ts'

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

/**
 * A transaction that its caller sends. They settle all of it, as nodes want it too: asked for again it has the same bytes,
 * and so one signature, which counts once.
 */
export async function signTransaction(place: Place, params: readonly unknown[]): Promise<string> {
  const transaction = place.unsigned(settledOf(readTransaction(place, objectAt(params, 0, 'a transaction'))))
  const input = { transaction, walletId: place.wallet.id, network: place.network.id }
  return heard(place, { asked: ['eth_signTransaction', transaction], isPlaced: true }, async (once) => {
    const { id, signedTransaction } = await whenDecided(place, once, (idempotencyKey) =>
      place.own.signTransaction(input, { idempotencyKey }),
    )
    await once.note(id)
    return signedTransaction
  })
}

function settledOf({ to, value, data, terms, type }: NodeTransaction): Settled {
  const { nonce, gas } = terms
  const fees = feesOf(terms)
  if (nonce === undefined || gas === undefined || fees === undefined)
    throw refused(
      'expected nonce, gas, and gasPrice or both maxFeePerGas and maxPriorityFeePerGas: all of what you send yourself is yours to set; eth_sendTransaction sets it for you',
    )
  if (type !== undefined && type !== (fees.type === 'legacy' ? 0n : 2n))
    throw refused('expected the fees of its type: gasPrice of 0x0, the others of 0x2; type 0x1 is only sent')
  return { to, value, data, nonce, gas: BigInt(gas), fees }
}

function feesOf({ gasPrice, maxFeePerGas, maxPriorityFeePerGas }: NodeTransaction['terms']) {
  if (gasPrice !== undefined) return { type: 'legacy' as const, gasPrice: BigInt(gasPrice) }
  if (maxFeePerGas === undefined || maxPriorityFeePerGas === undefined) return undefined
  const [cap, tip] = [BigInt(maxFeePerGas), BigInt(maxPriorityFeePerGas)]
  return { type: 'eip1559' as const, maxFeePerGas: cap, maxPriorityFeePerGas: tip }
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
    const id = undecidedIn(error)
    if (id === undefined) throw error
    await note(id)
    await settled(place, id)
    try {
      return await ask(key)
    } catch (again) {
      if (undecidedIn(again) === undefined) throw again
      throw notYet(id, await place.fate(id, { wait: 0 }))
    }
  }
}

/** The id of what waits, or was ended by somebody or the time before a signature, as its refusal says. */
function undecidedIn(error: unknown): string | undefined {
  if (!(error instanceof WAIaaSError)) return undefined
  const { status, id } = error.details ?? {}
  const isUnsigned = UNSIGNED.includes(String(status)) && error.code !== 'TX_ALREADY_PROCESSED'
  return isUnsigned && typeof id === 'string' ? id : underWay(error.details)
}
const UNSIGNED: readonly string[] = ['QUEUED', 'CANCELLED', 'EXPIRED']

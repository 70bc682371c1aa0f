import {
  type AllOperations,
  type CallOptions,
  type Client,
  type Input,
  NetworkName,
  operations,
  type TransactionSent,
  WAIaaSError,
  type Wire,
} from '@waiaas/contract'
import { hasCode } from './failures.ts'
import { leavesOpen, pause } from './retry.ts'
import { waitFor } from './wait-for.ts'

type Api = Client<AllOperations>
type Transaction = Wire<AllOperations['getTransaction']>
type SendInput = Input<AllOperations['sendToken']>

/** A payment as a person says it. */
export type Payment = Pick<SendInput, 'memo' | 'labels'> & {
  readonly to: string
  /** In whole units: '2', '0.05'. */
  readonly amount: string
  /** Symbol of a listed token such as USDC, its address or CAIP-19 asset; without it the network's own currency. */
  readonly token?: string
  /** Left out where the wallet has one network alone. */
  readonly network?: string
  /** Name or id; left out where the session has one wallet, or one on that network. */
  readonly walletId?: string
}
export type SendOptions = CallOptions & {
  /** In all; ten minutes unless given. */
  readonly seconds?: number
  /** Waits for what a delay, or a person, lets become of it too; otherwise QUEUED is an answer. */
  readonly untilDecided?: boolean
}

/** The end of a payment that did not land. */
const LOST: readonly Transaction['status'][] = ['FAILED', 'CANCELLED', 'EXPIRED']
const AGAIN_MS = 1_000

/**
 * Pays once, and waits until it is in a block or a person has to decide. It has one Idempotency-Key, under which it is asked
 * again for as long as nobody knows what became of it. Fails with `WAIaaSError`: the code of the refusal; the status
 * of a payment that did not land (FAILED, CANCELLED, EXPIRED); or PAYMENT_UNKNOWN, with the key in its details under which the same call finds out.
 */
export async function send(api: Api, payment: Payment, options: SendOptions = {}): Promise<Transaction> {
  const { seconds = 600, untilDecided = false, ...call } = options
  const until = performance.now() + 1_000 * seconds
  const idempotencyKey = options.idempotencyKey ?? crypto.randomUUID()
  const input = await inputOf(api, payment, call)
  const ask = () => api.sendToken(input, { ...call, idempotencyKey }) as Promise<TransactionSent>
  const { id } = await asked(ask, { idempotencyKey, until, signal: call.signal })
  const left = () => Math.max(0, (until - performance.now()) / 1_000)
  const read = (seen?: 'QUEUED') =>
    waitFor(api.getTransaction, id, { ...call, seconds: left(), ...(seen && { seen }) }).catch((error: unknown) => {
      // It was taken: whoever takes this for a failure would pay again.
      throw error instanceof WAIaaSError ? unknown(error, { idempotencyKey, transactionId: id }) : error
    })
  let found = await read()
  if (untilDecided && found.status === 'QUEUED') found = await read('QUEUED')
  if (LOST.includes(found.status)) throw lost(found)
  return found
}

type Asking = { readonly idempotencyKey: string; readonly until: number; readonly signal?: AbortSignal | undefined }

/** As often as nobody knows what became of it: under one key it is made once. */
async function asked<Answer>(ask: () => Promise<Answer>, { idempotencyKey, until, signal }: Asking): Promise<Answer> {
  let isLost = false
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof WAIaaSError)) throw error
      isLost ||= leavesOpen(error)
      const isAway = error.retryable && (isLost || error.status >= 500)
      if (!isAway || performance.now() + AGAIN_MS > until)
        throw isLost && !isDecided(error) ? unknown(error, { idempotencyKey }) : error
      await pause(AGAIN_MS, signal)
    }
  }
}

/** The daemon has decided on it, whichever of its askings this answers. */
const isDecided = ({ details }: WAIaaSError): boolean => details?.transactionId !== undefined

const unknown = (cause: WAIaaSError, details: { idempotencyKey: string; transactionId?: string }) =>
  new WAIaaSError(
    {
      ...{ code: 'PAYMENT_UNKNOWN', status: 0, retryable: true, details },
      message: `nobody knows whether it was paid: ${cause.message}`,
      hint: 'send the same payment with this idempotencyKey: it is made at most once',
    },
    cause,
  )

const lost = ({ id, status, error }: Transaction) =>
  new WAIaaSError({
    ...{ code: status, status: 0, retryable: false, details: { transactionId: id, status } },
    message: error ?? `the payment is ${status}`,
  })

/** As the wire has it, on the only wallet of the session that is meant. */
async function inputOf(api: Api, { amount, token, walletId, ...more }: Payment, call: CallOptions): Promise<SendInput> {
  const wallet = walletId ?? (await walletOn(api, more.network, call))
  const what = token === undefined ? { type: 'TRANSFER' as const } : { type: 'TOKEN_TRANSFER' as const, token }
  return { ...more, ...what, humanAmount: amount, ...(wallet !== undefined && { walletId: wallet }) } as SendInput
}

/** Of several wallets of a session, the only one on a network; undefined where the daemon has to say what is left open. */
async function walletOn(api: Api, name: string | undefined, call: CallOptions): Promise<string | undefined> {
  const network = NetworkName.safeParse(name)
  if (!network.success) return undefined
  const single = await api.getAddress({}, call).catch((error: unknown) => {
    if (hasCode(error, 'WALLET_ID_REQUIRED')) return undefined
    throw error
  })
  if (single) return single.walletId
  const { wallets } = operations.getConnectInfo.output.parse(await api.getConnectInfo({}, call))
  const [only, ...others] = wallets.filter(({ availableNetworks }) => availableNetworks.includes(network.data))
  return others.length === 0 ? only?.id : undefined
}

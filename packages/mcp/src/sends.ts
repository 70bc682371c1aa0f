import { WAIaaSError } from '@waiaas/sdk'
import { plainText } from './plain-text.ts'

type Fields = Record<string, unknown>
/** How a call went out: under which key, where it has one that its repeat has too. */
export type SentHow = { readonly key?: string | undefined }
const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null

/** Statuses of transactions and plans that something still becomes of. */
const OPEN: readonly unknown[] = ['PENDING', 'QUEUED', 'GAS_WAITING', 'EXECUTING', 'SUBMITTED', 'RUNNING']
/** The wait for what may become of it, as a tool's arguments. */
const WAIT_S = 40

const isOpen = (status: unknown): boolean => OPEN.includes(status)

/** Nothing more becomes of what was sent, or nothing was. */
export const isOver = (answer: unknown): boolean => !isFields(answer) || !isOpen(answer.status)

/** What refuses a request for good, by policy. */
const BY_POLICY: readonly string[] = ['POLICY_DENIED', 'RATE_LIMIT_EXCEEDED', 'CONSTRAINT_VIOLATED']

/** The daemon has decided on the call, and has no other answer under its key any more. */
export function isDecided(error: unknown): boolean {
  if (!(error instanceof WAIaaSError)) return false
  const { code, details: { status, transactionId } = {} } = error
  // A signature that waits, or is held back while signing is stopped, is given out under the same key later.
  if (isOpen(status) || status === 'SIGNED') return false
  return BY_POLICY.includes(code) || transactionId !== undefined
}

/** What a model is told beside an answer that is not the last word: what to call next, and the code that a human compares. */
export async function whatIsNext(
  answer: unknown,
  { key }: SentHow,
  card: (id: string) => Promise<unknown>,
): Promise<Fields> {
  if (!isFields(answer) || typeof answer.id !== 'string' || !isOpen(answer.status)) return {}
  const { id, status, tier, steps } = answer
  const isPlan = Array.isArray(steps)
  const shown = status === 'QUEUED' && tier === 'APPROVAL' ? await cardOf(isPlan ? idIn(steps[0]) : id, card) : {}
  const same =
    key === undefined
      ? ''
      : '; the same call again tells it too, and is never made twice: another like it needs another idempotencyKey'
  const seen = status === 'QUEUED' ? ` and seen "QUEUED"` : ''
  const next = `call ${isPlan ? 'get_plan' : 'get_transaction'} with this id, wait ${WAIT_S}${seen}${same}`
  return { ...shown, next }
}

const idIn = (step: unknown): string => (isFields(step) ? String(step.id) : '')

/** What the human sees too; a card that cannot be shown now keeps nobody from the answer. */
async function cardOf(id: string, read: (id: string) => Promise<unknown>): Promise<Fields> {
  const card = await read(id).catch((error: unknown) => {
    if (error instanceof WAIaaSError) return undefined
    throw error
  })
  if (!isFields(card) || typeof card.code !== 'string') return {}
  return { approvalCode: plainText(card.code), approvalExpiresAt: card.expiresAt }
}

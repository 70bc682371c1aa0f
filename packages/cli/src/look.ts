/** How an answer is shown: at a terminal so that it fits and can be read at a glance, elsewhere whole and plain. */
export type Look = {
  /** Columns of the terminal; undefined where nobody looks. */
  readonly width: number | undefined
  readonly colours: boolean
}
type Shown = { readonly isTTY?: boolean | undefined; readonly columns?: number | undefined }

/** How a stream is looked at. NO_COLOR is obeyed (https://no-color.org). */
export function lookOf({ isTTY, columns }: Shown, { NO_COLOR, TERM }: NodeJS.ProcessEnv): Look {
  if (!isTTY) return { width: undefined, colours: false }
  // Some terminals say 0 where they do not know.
  return { width: columns || 80, colours: !NO_COLOR && TERM !== 'dumb' }
}

const codes = { good: 32, wait: 33, bad: 31, head: 1 } as const

/** What a word says of how it stands, wherever it is in a table. */
const tones: Readonly<Record<string, Exclude<keyof typeof codes, 'head'>>> = {
  ...{
    ok: 'good',
    'to do': 'bad',
    ACTIVE: 'good',
    CONFIRMED: 'good',
    SIGNED: 'good',
    INSTANT: 'good',
    available: 'good',
  },
  ...{ QUEUED: 'wait', PENDING: 'wait', SUBMITTED: 'wait', GAS_WAITING: 'wait', EXECUTING: 'wait', DELAY: 'wait' },
  ...{ APPROVAL: 'wait', SUSPENDED: 'wait', PARTIAL_FAILURE: 'bad', FAILED: 'bad', DENY: 'bad', REVOKED: 'bad' },
  ...{ EXPIRED: 'bad', CANCELLED: 'bad', TERMINATED: 'bad', critical: 'bad', warning: 'wait' },
}

/** A heading, in bold where there are colours. */
export const heading = (text: string, { colours }: Look): string => (colours ? painted(text, codes.head) : text)

/** A cell, in the colour of the word that it is. */
export function toned(text: string, { colours }: Look): string {
  const tone = colours ? tones[text.trim()] : undefined
  return tone ? painted(text, codes[tone]) : text
}

const painted = (text: string, code: number): string => `\u001b[${code}m${text}\u001b[0m`

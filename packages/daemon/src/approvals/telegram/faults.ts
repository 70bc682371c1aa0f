import { BotError, GrammyError, HttpError } from 'grammy'

/** What went wrong at Telegram, and after how long it is worth another try. */
export type Fault = { readonly why: string; readonly retryMs: number }

const LATER_MS = 3_000
/** The token is not good, or another program polls for the same bot. */
const REFUSED = [401, 404, 409]
const REFUSED_MS = 30_000

/** Errors of the library hold requests, whose addresses have the token in them: this says nothing of those. */
export function faultOf(error: unknown): Fault {
  if (error instanceof BotError) return faultOf(error.error)
  if (error instanceof GrammyError) return { why: error.description, retryMs: retryOf(error) }
  if (error instanceof HttpError) return { why: 'Telegram cannot be reached', retryMs: LATER_MS }
  return { why: error instanceof Error ? `${error.name}: ${error.message}` : 'no error', retryMs: LATER_MS }
}

function retryOf({ error_code, parameters }: GrammyError): number {
  if (parameters.retry_after !== undefined) return parameters.retry_after * 1_000
  return REFUSED.includes(error_code) ? REFUSED_MS : LATER_MS
}

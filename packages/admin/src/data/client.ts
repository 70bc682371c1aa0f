import {
  type AllOperations,
  type Client,
  client,
  type HttpCall,
  mayCall,
  operations,
  PAGE_SECRET_HEADER,
  WAIaaSError,
} from '@waiaas/contract'
import { keepLogin, loginNow } from './login.ts'

const TIMEOUT_MS = 30_000
const MARK = 'x-master-mark'
/** Comes with a right password; who shows it with the next one waits for nobody's guesses. Gone with the page. */
let mark: string | undefined

/** A method per operation of the daemon that serves the page: as the login, or with the password that a call is given. */
export const daemon: Client<AllOperations> = client(operations, send)

async function send(call: HttpCall): Promise<Response> {
  const { method, path, body, wait, options } = call
  const deadline = AbortSignal.timeout(TIMEOUT_MS + wait * 1_000)
  const signal = options.signal ? AbortSignal.any([options.signal, deadline]) : deadline
  const shown = credentials(call)
  const init = { method, headers: { ...call.headers, ...shown }, signal, ...(body !== undefined && { body }) }
  const response = await fetch(path, init).catch((cause: unknown) => {
    options.signal?.throwIfAborted()
    throw unreachable(cause)
  })
  mark = response.headers.get(MARK) ?? mark
  // What another tab has begun meanwhile is another login.
  if (response.status === 401 && shown[PAGE_SECRET_HEADER] === loginNow()?.secret) keepLogin(undefined)
  return response
}

/** What a call of the page shows of who asks. */
function credentials({ operation, options }: HttpCall): Record<string, string> {
  if (operation.access === 'public') return {}
  if (options.masterPassword !== undefined && mayCall(operation, 'operator'))
    return { 'x-master-password': asHeader(options.masterPassword), ...(mark !== undefined && { [MARK]: mark }) }
  return pageHeaders()
}

/** What shows that the page calls, beside the cookie. */
export const pageHeaders = (): Record<string, string> => {
  const login = loginNow()
  return login === undefined ? {} : { [PAGE_SECRET_HEADER]: login.secret }
}

/** A header takes bytes, which fetch wants as Latin-1; the daemon reads them as UTF-8. */
const asHeader = (password: string): string => String.fromCharCode(...new TextEncoder().encode(password))

const unreachable = (cause: unknown): WAIaaSError =>
  new WAIaaSError({ code: 'NETWORK_ERROR', message: 'the daemon does not answer', retryable: true, status: 0 }, cause)

import {
  type AllOperations,
  admitsLogin,
  type CallOptions,
  type Client,
  client,
  type DaemonEvent,
  type HttpCall,
  httpCall,
  type Input,
  isStop,
  mayCall,
  type OwnerWord,
  operations,
  type Simulation,
  type TransactionSent,
  type Transport,
  WAIaaSError,
  type Wire,
} from '@waiaas/contract'
import { type EventOptions, eventsOf, type OpenStream } from './event-stream.ts'
import { type PairedSession, type PairOptions, pair } from './pair.ts'
import { DEFAULT_RETRY, type RetryOptions, withRetry } from './retry.ts'
import { type Payment, type SendOptions, send } from './send.ts'
import { type WaitForOptions, waitFor } from './wait-for.ts'

export type ClientOptions = {
  /** Where the daemon listens, such as http://127.0.0.1:3100. */
  readonly baseUrl: string
  /** `wai_sess_…`, for what an agent may call. */
  readonly sessionToken?: string
  /** For what the operator may call. */
  readonly masterPassword?: string
  /** In place of `masterPassword`: makes X-Master-Proof for each call, as `sealMasterProof` does, so that the daemon learns no password. */
  readonly masterProof?: (call: HttpCall) => Promise<string>
  /** Keeps X-Master-Mark, which comes with a right password: who shows it with the next one waits for nobody's guesses. */
  readonly masterMark?: MasterMark
  /** `wai_stop_…`, for what stops: the kill switch, a wallet, a session. */
  readonly stopToken?: string
  /** `wai_login_…`, for what looks and stops as the operator. */
  readonly loginToken?: string
  /** Milliseconds that one try may take; 30 s unless given. */
  readonly timeout?: number
  readonly retryOptions?: Partial<RetryOptions>
}

export type MasterMark = {
  readonly read: () => Promise<string | undefined>
  readonly keep: (mark: string) => Promise<void>
}

const MARK = 'x-master-mark'
const AGENT = 'waiaas-sdk/0.1.0'

type Operations = Client<AllOperations>
type SendInput = Input<AllOperations['sendToken']>
type Answer<Name extends keyof AllOperations> = Promise<Wire<AllOperations[Name]>>
type Changed = 'sendToken' | 'getTransaction' | 'createSession' | 'renewSession' | 'rotateSessionToken' | 'listSessions'

/** Beside the contract's methods: shorter forms that existing programs use. */
type Methods = Omit<Operations, Changed> & {
  sendToken(input: SendInput & { dryRun: true }, options?: CallOptions): Promise<Simulation>
  sendToken(input: SendInput & { dryRun?: false }, options?: CallOptions): Promise<TransactionSent>
  getTransaction(id: string | Input<AllOperations['getTransaction']>, options?: CallOptions): Answer<'getTransaction'>
  /** Pays so much to somebody, once, and waits until that is in a block or a person has to decide (QUEUED). */
  send(payment: Payment, options?: SendOptions): Answer<'getTransaction'>
  /** A transaction, once it is over or a human has to decide; it waits as often as that takes. */
  waitFor(id: string | { id: string }, options?: WaitForOptions): Answer<'getTransaction'>
  /** The same under the name that other libraries give it. */
  waitForTransaction(id: string | { id: string }, options?: WaitForOptions): Answer<'getTransaction'>
  createSession(input: Input<AllOperations['createSession']>, options?: CallOptions | string): Answer<'createSession'>
  /** Renews the session of the own token, and uses the new token from then on. */
  renewSession(options?: CallOptions): Answer<'renewSession'>
  rotateSessionToken(id: string | { id: string }, options?: CallOptions | string): Answer<'rotateSessionToken'>
  /** The first argument may be the master password; without it an agent reads its own session. */
  listSessions(input?: SessionQuery | string, more?: SessionQuery | CallOptions): Answer<'listSessions'>
  /** What happens from now on, or behind an event: each event once, also when the daemon starts anew meanwhile. */
  events(options?: EventOptions): AsyncGenerator<DaemonEvent>
  /** Asks the operator for a session with a code, waits for the answer, and uses its token from then on. */
  pair(options: PairOptions): Promise<PairedSession>
  getAllBalances(options?: CallOptions): Answer<'getBalance'>
  getAllAssets(options?: CallOptions): Answer<'getAssets'>
  /** Address, networks and detail of the session's wallet, in one. */
  getWalletInfo(input?: { walletId?: string }): Promise<WalletInfo>
  setSessionToken(token: string): void
  clearSessionToken(): void
}
type SessionQuery = Input<AllOperations['listSessions']>
export type WalletInfo = Wire<AllOperations['getWallet']> &
  Wire<AllOperations['getAddress']> &
  Pick<Wire<AllOperations['listWalletNetworks']>, 'networks' | 'availableNetworks'>

/** A client of one daemon: a method per operation of the contract. Fails with `WAIaaSError`. */
export type WAIaaSClient = Methods
export const WAIaaSClient = class {
  constructor(options: ClientOptions) {
    Object.assign(this, createMethods(options))
  }
  // The constructor gives every instance these methods.
} as unknown as new (
  options: ClientOptions,
) => WAIaaSClient

const asOptions = (options: CallOptions | string | undefined): CallOptions | undefined =>
  typeof options === 'string' ? { masterPassword: options } : options
const asId = <In extends { id: string }>(id: string | In): In | { id: string } => (typeof id === 'string' ? { id } : id)

function createMethods(options: ClientOptions): Methods {
  let token = options.sessionToken
  const api: Operations = client(
    operations,
    transport(options, () => token),
  )
  const waiting: Methods['waitFor'] = (id, more = {}) => waitFor(api.getTransaction, asId(id).id, more)
  return {
    ...api,
    // The overloads say which of the two answers comes; the daemon decides by the same field.
    sendToken: api.sendToken as Methods['sendToken'],
    getTransaction: (id, more) => api.getTransaction(asId(id), more),
    send: (payment, more) => send(api, payment, more),
    waitFor: waiting,
    waitForTransaction: waiting,
    createSession: (input, more) => api.createSession(input, asOptions(more)),
    renewSession: async (more) => {
      const renewed = await api.renewSession({ id: sessionIdOf(token) }, more)
      token = renewed.token
      return renewed
    },
    rotateSessionToken: (id, more) => api.rotateSessionToken(asId(id), asOptions(more)),
    listSessions: (input, more) =>
      typeof input === 'string'
        ? api.listSessions(more as SessionQuery | undefined, { masterPassword: input })
        : api.listSessions(input, more as CallOptions | undefined),
    events: (more = {}) =>
      eventsOf(
        streamOpener(options, () => token),
        more,
      ),
    pair: async (more) => {
      const session = await pair(api, more)
      token = session.token
      return session
    },
    getAllBalances: (more) => api.getBalance({ network: 'all' }, more),
    getAllAssets: (more) => api.getAssets({ network: 'all' }, more),
    getWalletInfo: async (input) => {
      const address = await api.getAddress(input)
      const id = { id: address.walletId }
      const [detail, { networks, availableNetworks }] = await Promise.all([
        api.getWallet(id),
        api.listWalletNetworks(id),
      ])
      return { ...detail, ...address, networks, availableNetworks }
    },
    setSessionToken: (next) => {
      token = next
    },
    clearSessionToken: () => {
      token = undefined
    },
  }
}

function transport(options: ClientOptions, token: () => string | undefined): Transport {
  const base = options.baseUrl.replace(/\/+$/, '')
  const retry = { ...DEFAULT_RETRY, ...options.retryOptions }
  return async (call) => {
    const { method, path, body } = call
    const common = { ...call.headers, 'user-agent': AGENT }
    // Anew for each try: a proof is good for one.
    const request = async (): Promise<RequestInit> => {
      const headers = { ...common, ...(await shownBy(call, options, token())) }
      return { method, headers, ...(body !== undefined && { body }) }
    }
    const { signal } = call.options
    const timeout = (options.timeout ?? 30_000) + 1_000 * call.wait
    return withRetry(call.operation, { ...retry, signal }, async () => {
      const response = await tryOnce(`${base}${path}`, await request(), { timeout, signal })
      const mark = response.headers.get(MARK)
      if (mark !== null) await options.masterMark?.keep(mark)
      return response
    })
  }
}

async function tryOnce(
  url: string,
  request: RequestInit,
  { timeout, signal }: { timeout: number; signal: AbortSignal | undefined },
): Promise<Response> {
  const deadline = AbortSignal.timeout(timeout)
  try {
    const response = await fetch(url, { ...request, signal: signal ? AbortSignal.any([signal, deadline]) : deadline })
    const { status, statusText, headers } = response
    // Reading it here keeps the body under the deadline, and a connection that breaks within it is a failed try.
    const text = await response.text()
    return new Response(status === 204 ? null : text, { status, statusText, headers })
  } catch (cause) {
    signal?.throwIfAborted()
    if (deadline.aborted)
      throw local('REQUEST_TIMEOUT', `the daemon did not answer within ${timeout} ms`, { retryable: true, cause })
    throw local('NETWORK_ERROR', `the daemon at ${new URL(url).origin} cannot be reached`, { retryable: true, cause })
  }
}

/** The one credential that the operation asks for; the agent's where both would do, unless a password is given for the call. */
async function credentials(
  call: HttpCall,
  given: ClientOptions,
  token: string | undefined,
): Promise<Record<string, string>> {
  const { operation, options } = call
  if (operation.access === 'public') return {}
  if (options.owner && mayCall(operation, 'owner')) return ownerHeaders(options.owner)
  if (options.view !== undefined && mayCall(operation, 'viewer')) return { authorization: `Bearer ${options.view}` }
  if (given.stopToken !== undefined && isStop(operation)) return { authorization: `Bearer ${given.stopToken}` }
  if (given.loginToken !== undefined && admitsLogin(operation)) return { authorization: `Bearer ${given.loginToken}` }
  const password = options.masterPassword ?? given.masterPassword
  const forAgent = mayCall(operation, 'agent')
  const forOperator = mayCall(operation, 'operator')
  if (forOperator && options.masterPassword !== undefined) return passwordHeader(options.masterPassword)
  if (forAgent && token !== undefined) return { authorization: `Bearer ${token}` }
  if (forOperator && given.masterProof) return { 'x-master-proof': await given.masterProof(call) }
  if (forOperator && password !== undefined) return passwordHeader(password)
  if (forAgent) throw local('NO_TOKEN', 'this call needs a session token: set sessionToken or call setSessionToken()')
  if (!forOperator) throw local('NO_OWNER', 'this call needs what an owner signed: give it as the option owner')
  throw local('NO_MASTER_PASSWORD', 'this call needs the master password: set masterPassword')
}

/** The credential, with the mark of a right password beside the operator's. */
async function shownBy(call: HttpCall, given: ClientOptions, token: string | undefined) {
  const shown = await credentials(call, given, token)
  const mark = isOperators(shown) ? await given.masterMark?.read() : undefined
  const { owner } = call.options
  const agreed = owner && isOperators(shown) ? ownerHeaders(owner) : {}
  return { ...shown, ...agreed, ...(mark !== undefined && { [MARK]: mark }) }
}

/** Opens streams of events, each with a credential of its own. */
function streamOpener(options: ClientOptions, token: () => string | undefined): OpenStream {
  const base = options.baseUrl.replace(/\/+$/, '')
  return async (lastEventId, signal) => {
    const call = httpCall(operations.listEvents, {})
    const headers = {
      'user-agent': AGENT,
      accept: 'text/event-stream',
      ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
      ...(await shownBy(call, options, token())),
    }
    return fetch(`${base}${call.path}`, { headers, signal })
  }
}

const isOperators = (shown: Record<string, string>): boolean =>
  'x-master-proof' in shown || 'x-master-password' in shown

/** A header takes bytes, which fetch wants as Latin-1; the daemon reads them as UTF-8. */
const passwordHeader = (password: string): Record<string, string> => ({
  'x-master-password': String.fromCharCode(...new TextEncoder().encode(password)),
})

/** A header holds one line, so that the text goes in base64. */
const ownerHeaders = ({ address, message, signature }: OwnerWord): Record<string, string> => ({
  'x-owner-address': address,
  'x-owner-message': btoa(String.fromCharCode(...new TextEncoder().encode(message))),
  'x-owner-signature': signature,
})

/** The session's id, which its token says. */
function sessionIdOf(token: string | undefined): string {
  if (token === undefined)
    throw local('NO_TOKEN', 'this call needs a session token: set sessionToken or call setSessionToken()')
  const payload = token.replace(/^wai_sess_/, '').split('.')[1] ?? ''
  try {
    const claims: unknown = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/')))
    if (typeof claims === 'object' && claims && 'sub' in claims && typeof claims.sub === 'string') return claims.sub
  } catch (cause) {
    throw local('INVALID_TOKEN', 'expected a session token that begins with wai_sess_', { cause })
  }
  throw local('INVALID_TOKEN', 'expected a session token that names its session')
}

type Local = { retryable?: boolean; cause?: unknown }

const local = (code: string, message: string, { retryable = false, cause }: Local = {}): WAIaaSError =>
  new WAIaaSError({ code, message, retryable, status: 0 }, cause)

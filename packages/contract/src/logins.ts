import { z } from 'zod'
import { Id, UnixSeconds } from './ids.ts'
import { isStop, type Operation, operation } from './operation.ts'

/** What the token of a login begins with. */
export const LOGIN_TOKEN_PREFIX = 'wai_login_'
/** Random bytes behind it, as base64url. */
export const LOGIN_TOKEN_BYTES = 32
/** A whole token. */
export const LOGIN_TOKEN = new RegExp(`^${LOGIN_TOKEN_PREFIX}[\\w-]{${Math.ceil((LOGIN_TOKEN_BYTES * 4) / 3)}}$`)
/** The half of a login that a page keeps, and the header that shows it with each call. */
export const PAGE_SECRET_PREFIX = 'wai_page_'
export const PAGE_SECRET_HEADER = 'x-page-secret'

/** A login ends at the latest so many seconds after it was made. */
export const LOGIN_LIFE = 28_800

/**
 * What somebody who is logged in may do without the master password: look, stop, and what says so of itself. Nothing of it
 * lets more out than before.
 */
export const admitsLogin = (op: Operation): boolean =>
  op.access !== 'public' &&
  op.access.includes('operator') &&
  (op.method === 'GET' || isStop(op) || op.whileLoggedIn !== undefined)

/** What of it somebody may do who logged in to look alone: nothing that changes or stops anything, but end their own login. */
export const admitsView = (op: Operation): boolean =>
  admitsLogin(op) && !isStop(op) && (op.method === 'GET' || op.whileLoggedIn === 'looks')

const tag = 'Administration'
const operator = ['operator'] as const

const Carrier = z
  .enum(['bearer', 'cookie'])
  .default('bearer')
  .describe(
    'bearer: the whole token, for Authorization: Bearer. cookie: one half is a cookie that no script reads, and the token is the other half, for X-Page-Secret; neither is good without the other, nor from another origin',
  )
const NewLogin = z.object({
  id: Id,
  token: z.string().describe('shown now and never again'),
  expiresAt: UnixSeconds.describe('at the latest'),
  idleSeconds: z.int().describe('it ends so long after its last call'),
})
/** The password of those who may look and do nothing. */
const ViewPassword = z.string().min(1).max(1_024)

/** In place of a password for each call that looks or stops. */
export const loginOperations = {
  createLogin: operation({
    method: 'POST',
    path: '/v1/admin/logins',
    access: operator,
    tag,
    summary:
      'Log in: the answer has a token that looks and stops as the operator, and does nothing else. It ends 15 minutes after its last call (`security.login_idle_seconds`), 8 hours after it was made, and with a new password, the kill switch and a restore.',
    status: 201,
    input: z.strictObject({ carrier: Carrier }),
    output: NewLogin,
    errors: [],
  }),
  endLogin: operation({
    method: 'DELETE',
    path: '/v1/admin/logins/{id}',
    access: operator,
    tag,
    summary: 'Log out: a login works no more.',
    whileLoggedIn: 'looks',
    input: z.strictObject({ id: Id }),
    output: z.object({ id: Id, status: z.literal('ENDED') }),
    errors: ['NOT_FOUND'],
  }),
  createViewLogin: operation({
    method: 'POST',
    path: '/v1/admin/view-logins',
    access: 'public',
    tag,
    summary:
      'Log in with the password for looking: the answer has a token that reads what the operator reads, and does nothing. It ends as other logins do, and with the password for looking.',
    status: 201,
    input: z.strictObject({ password: ViewPassword, carrier: Carrier }),
    output: NewLogin,
    errors: ['INVALID_VIEW_PASSWORD'],
  }),
  getViewPassword: operation({
    method: 'GET',
    path: '/v1/admin/view-password',
    access: operator,
    tag,
    summary: 'Show whether there is a password for looking.',
    input: z.strictObject({}),
    output: z.object({ isSet: z.boolean(), setAt: UnixSeconds.nullable() }),
    errors: [],
  }),
  setViewPassword: operation({
    method: 'PUT',
    path: '/v1/admin/view-password',
    access: operator,
    tag,
    summary:
      'Set the password for looking: whoever has it reads what the operator reads, and changes and stops nothing. Logins with the one before end.',
    input: z.strictObject({
      password: ViewPassword.describe('12 characters or more, and not the master password'),
    }),
    output: z.object({ isSet: z.literal(true), setAt: UnixSeconds }),
    errors: ['ACTION_VALIDATION_FAILED'],
  }),
  removeViewPassword: operation({
    method: 'DELETE',
    path: '/v1/admin/view-password',
    access: operator,
    tag,
    summary: 'Remove the password for looking, and end its logins.',
    input: z.strictObject({}),
    output: z.object({ isSet: z.literal(false) }),
    errors: ['NOT_FOUND'],
  }),
}

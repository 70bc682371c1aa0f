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

/** A login ends so long after its last call, and at the latest so long after it was made, in seconds. */
export const LOGIN_IDLE = 900
export const LOGIN_LIFE = 28_800

/**
 * What somebody who is logged in may do without the master password: look, stop, and what says so of itself. Nothing of it
 * lets more out than before.
 */
export const admitsLogin = (op: Operation): boolean =>
  op.access !== 'public' &&
  op.access.includes('operator') &&
  (op.method === 'GET' || isStop(op) || op.whileLoggedIn === true)

const tag = 'Administration'
const operator = ['operator'] as const

/** In place of a password for each call that looks or stops. */
export const loginOperations = {
  createLogin: operation({
    method: 'POST',
    path: '/v1/admin/logins',
    access: operator,
    tag,
    summary:
      'Log in: the answer has a token that looks and stops as the operator, and does nothing else. It ends 15 minutes after its last call, 8 hours after it was made, and with a new password, the kill switch and a restore.',
    status: 201,
    input: z.strictObject({
      carrier: z
        .enum(['bearer', 'cookie'])
        .default('bearer')
        .describe(
          'bearer: the whole token, for Authorization: Bearer. cookie: one half is a cookie that no script reads, and the token is the other half, for X-Page-Secret; neither is good without the other, nor from another origin',
        ),
    }),
    output: z.object({
      id: Id,
      token: z.string().describe('shown now and never again'),
      expiresAt: UnixSeconds.describe('at the latest'),
      idleSeconds: z.int().describe('it ends so long after its last call'),
    }),
    errors: [],
  }),
  endLogin: operation({
    method: 'DELETE',
    path: '/v1/admin/logins/{id}',
    access: operator,
    tag,
    summary: 'Log out: a login works no more.',
    whileLoggedIn: true,
    input: z.strictObject({ id: Id }),
    output: z.object({ id: Id, status: z.literal('ENDED') }),
    errors: ['NOT_FOUND'],
  }),
}

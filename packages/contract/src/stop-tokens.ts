import { z } from 'zod'
import { cursors, Id, Limit, nextPage, UnixSeconds } from './ids.ts'
import { operation } from './operation.ts'
import { Name } from './wire.ts'

const tag = 'Administration'
const operator = ['operator'] as const

/** What a stop token begins with. */
export const STOP_TOKEN_PREFIX = 'wai_stop_'

const StopToken = z.object({ id: Id, name: z.string(), createdAt: UnixSeconds })

/** Tokens for whoever should be able to stop the daemon and do nothing else: a monitor, a colleague, a second pair of eyes. */
export const stopTokenOperations = {
  createStopToken: operation({
    method: 'POST',
    path: '/v1/admin/stop-tokens',
    access: operator,
    tag,
    summary:
      'Make a token that can throw the kill switch, suspend a wallet and revoke a session, and nothing else; it is shown once.',
    command: 'stop-token create',
    status: 201,
    input: z.strictObject({ name: Name.describe('who or what will hold it') }),
    output: StopToken.extend({ token: z.string().describe('shown now and never again') }),
    errors: [],
  }),
  listStopTokens: operation({
    method: 'GET',
    path: '/v1/admin/stop-tokens',
    access: operator,
    tag,
    summary: 'List the stop tokens that work.',
    command: 'stop-token list',
    input: z.strictObject({ limit: Limit(50, 200), cursor: cursors.id.optional() }),
    output: z.object({ items: z.array(StopToken), ...nextPage }),
    errors: [],
  }),
  revokeStopToken: operation({
    method: 'DELETE',
    path: '/v1/admin/stop-tokens/{id}',
    access: operator,
    tag,
    summary: 'Revoke a stop token.',
    command: 'stop-token revoke',
    input: z.strictObject({ id: Name.describe('its id or its name') }),
    output: z.object({ id: Id, name: z.string(), status: z.literal('REVOKED') }),
    errors: ['STOP_TOKEN_NOT_FOUND'],
  }),
}

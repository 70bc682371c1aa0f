import { z } from 'zod'

const Login = () => z.strictObject({ id: z.string() })
const RpcUrl = () => z.strictObject({ id: z.string(), network: z.string() })
const None = () => z.strictObject({})
const StopToken = () => z.strictObject({ id: z.string(), name: z.string() })

/** What is recorded of the tokens that are made for people, and for tools that have nothing else. */
export const tokenEvents = {
  LOGGED_IN: {
    severity: 'info',
    summary: 'The operator has logged in: a token looks and stops without the master password.',
    details: Login,
  },
  LOGGED_OUT: { severity: 'info', summary: 'A login was ended.', details: Login },
  RPC_URL_CREATED: {
    severity: 'info',
    summary: 'A session has an address of the JSON-RPC proxy that needs no header.',
    details: RpcUrl,
  },
  RPC_URL_REVOKED: { severity: 'info', summary: 'An address of the JSON-RPC proxy was ended.', details: RpcUrl },
  VIEW_LOGGED_IN: {
    severity: 'info',
    summary: 'Somebody has logged in with the password for looking.',
    details: Login,
  },
  VIEW_AUTH_FAILED: {
    severity: 'warning',
    summary: 'A wrong password for looking; once a minute for an address.',
    details: () => z.strictObject({ attempts: z.int().min(1), minute: z.int() }),
  },
  VIEW_PASSWORD_SET: {
    severity: 'warning',
    summary: 'Who has another password may look, and do nothing; logins with the one before ended.',
    details: None,
  },
  VIEW_PASSWORD_REMOVED: {
    severity: 'warning',
    summary: 'Nobody may look with a password of their own; such logins ended.',
    details: None,
  },
  STOP_TOKEN_CREATED: {
    severity: 'warning',
    summary: 'Somebody can stop the daemon with a token.',
    details: StopToken,
  },
  STOP_TOKEN_REVOKED: { severity: 'warning', summary: 'A token stops the daemon no more.', details: StopToken },
} as const

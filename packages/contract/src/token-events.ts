import { z } from 'zod'

const Login = () => z.strictObject({ id: z.string() })
const StopToken = () => z.strictObject({ id: z.string(), name: z.string() })

/** What is recorded of the tokens that the operator makes for people. */
export const tokenEvents = {
  LOGGED_IN: {
    severity: 'info',
    summary: 'The operator has logged in: a token looks and stops without the master password.',
    details: Login,
  },
  LOGGED_OUT: { severity: 'info', summary: 'A login was ended.', details: Login },
  STOP_TOKEN_CREATED: {
    severity: 'warning',
    summary: 'Somebody can stop the daemon with a token.',
    details: StopToken,
  },
  STOP_TOKEN_REVOKED: { severity: 'warning', summary: 'A token stops the daemon no more.', details: StopToken },
} as const

import { WAIaaSError } from '@waiaas/sdk'

const REFUSED = ['INVALID_TOKEN', 'TOKEN_EXPIRED', 'SESSION_REVOKED', 'SESSION_NOT_FOUND']

/** The daemon does not take this token, or not any more. */
export const isTokenRefused = (error: unknown): boolean =>
  error instanceof WAIaaSError && (error.status === 401 || REFUSED.includes(error.code))

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

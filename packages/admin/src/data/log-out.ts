import { useQueryClient } from '@tanstack/react-query'
import { WAIaaSError } from '@waiaas/contract'
import { daemon } from './client.ts'
import { keepLogin, loginNow } from './login.ts'

/** Ends the login, here and at the daemon. */
export function useLogOut(): () => Promise<void> {
  const client = useQueryClient()
  return async () => {
    const login = loginNow()
    try {
      if (login) await daemon.endLogin({ id: login.id })
    } catch (error) {
      // It is over there, or ends by itself when it is not used.
      if (!(error instanceof WAIaaSError)) throw error
    } finally {
      keepLogin(undefined)
      client.clear()
    }
  }
}

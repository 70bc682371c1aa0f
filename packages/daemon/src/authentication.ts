import { Failure, type Operation } from '@waiaas/contract'
import type { KillSwitch } from './killswitch/service.ts'
import type { OperatorService } from './operator/service.ts'
import type { Principal } from './platform/caller.ts'
import type { Sessions } from './sessions/service.ts'

type Parts = {
  operator: Pick<OperatorService, 'authenticate'>
  sessions: Pick<Sessions, 'authenticate'>
  killSwitch: Pick<KillSwitch, 'current'>
}

/** Finds out who calls, by the credentials that the operation admits: X-Master-Password, or a session's bearer token. */
export const authentication =
  ({ operator, sessions, killSwitch }: Parts) =>
  async (headers: Headers, operation: Operation, peer: string): Promise<Principal> => {
    const password = headers.get('x-master-password')
    if (password !== null && operation.access.includes('operator')) return operator.authenticate(asUtf8(password), peer)
    const bearer = /^Bearer\s+(\S+)$/i.exec(headers.get('authorization') ?? '')?.[1]
    if (bearer === undefined || !operation.access.includes('agent')) return { kind: 'public' }
    const principal = await sessions.authenticate(bearer)
    const state = killSwitch.current()
    if (state !== 'ACTIVE' && !operation.whileStopped) throw new Failure('SYSTEM_LOCKED', `the kill switch is ${state}`)
    return principal
  }

/** A header's bytes arrive as Latin-1; a terminal sends UTF-8. */
function asUtf8(header: string): string {
  const bytes = Buffer.from(header, 'latin1')
  const text = bytes.toString('utf8')
  return Buffer.from(text, 'utf8').equals(bytes) ? text : header
}

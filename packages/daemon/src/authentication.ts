import {
  admitsLogin,
  admitsView,
  Failure,
  isStop,
  LOGIN_TOKEN_PREFIX,
  type Operation,
  STOP_TOKEN_PREFIX,
  VIEW_TOKEN_PREFIX,
} from '@waiaas/contract'
import type { KillSwitch } from './killswitch/service.ts'
import { type Logins, tokenOfPage } from './logins/service.ts'
import type { OperatorService } from './operator/service.ts'
import type { Owners } from './owners/service.ts'
import type { Principal } from './platform/caller.ts'
import type { From } from './platform/http/types.ts'
import type { Sessions } from './sessions/service.ts'
import type { StopTokens } from './stop-tokens/service.ts'

type Parts = {
  operator: Pick<OperatorService, 'authenticate' | 'authenticateSealed'>
  sessions: Pick<Sessions, 'authenticate'>
  stopTokens: Pick<StopTokens, 'authenticate'>
  logins: Pick<Logins, 'authenticate' | 'authenticateFollower'>
  killSwitch: Pick<KillSwitch, 'current'>
  owners: Pick<Owners, 'authenticate' | 'viewer'>
}

/**
 * Finds out who calls, by the credentials that the operation admits: X-Master-Password or X-Master-Proof, the bearer token of
 * a session, of a login, for stops or of an owner who looks, the halves of a page's login, or what an owner signed. An owner can agree to a call of the operator too.
 */
export const authentication =
  ({ operator, sessions, stopTokens, logins, killSwitch, owners }: Parts) =>
  async (headers: Headers, operation: Operation, { peer, path }: From): Promise<Principal> => {
    const bearer = tokenOfPage(headers) ?? /^Bearer\s+(\S+)$/i.exec(headers.get('authorization') ?? '')?.[1]
    const stopToken = bearer?.startsWith(STOP_TOKEN_PREFIX) ? bearer : undefined
    if (stopToken !== undefined && isStop(operation)) return stopTokens.authenticate(stopToken)
    const from = { peer, isStop: isStop(operation), mark: headers.get('x-master-mark') ?? undefined }
    const sealed = headers.get('x-master-proof')
    const password = headers.get('x-master-password')
    const shownAsOperator = async () => {
      if (sealed !== null) return operator.authenticateSealed({ sealed, method: operation.method, path }, from)
      return password === null ? undefined : operator.authenticate(asUtf8(password), from)
    }
    if (operation.access.includes('operator')) {
      const found = await shownAsOperator()
      if (found) return { ...found, signed: await owners.authenticate(headers, peer) }
    }
    if (operation.access.includes('owner')) {
      const signed = await owners.authenticate(headers, peer)
      if (signed) return { kind: 'owner', address: signed.address, signed }
    }
    if (bearer?.startsWith(LOGIN_TOKEN_PREFIX)) {
      const found = await (follows(operation, headers)
        ? logins.authenticateFollower(bearer)
        : logins.authenticate(bearer))
      if (found.onlyLooks && !admitsView(operation)) throw viewOnly()
      return admitsLogin(operation) ? found : { kind: 'public' }
    }
    if (bearer?.startsWith(VIEW_TOKEN_PREFIX))
      return operation.access.includes('viewer') ? owners.viewer(bearer) : { kind: 'public' }
    if (bearer === undefined || bearer === stopToken || !operation.access.includes('agent')) return { kind: 'public' }
    return unlessStopped(await sessions.authenticate(bearer), operation, killSwitch)
  }

/** The agent of a session that is known by something else than its token; as with it, while it is open and nothing is stopped. */
export const ofSession =
  ({ sessions, killSwitch }: { sessions: Pick<Sessions, 'opened'>; killSwitch: Pick<KillSwitch, 'current'> }) =>
  async (sessionId: string, operation: Operation): Promise<Principal<'agent'>> =>
    unlessStopped(await sessions.opened(sessionId), operation, killSwitch)

function unlessStopped(
  principal: Principal<'agent'>,
  operation: Operation,
  killSwitch: Pick<KillSwitch, 'current'>,
): Principal<'agent'> {
  const state = killSwitch.current()
  if (state !== 'ACTIVE' && !operation.whileStopped) throw new Failure('SYSTEM_LOCKED', `the kill switch is ${state}`)
  return principal
}
const viewOnly = () => new Failure('VIEW_ONLY', 'this login only looks: it changes, approves and stops nothing')

/** A stream is open as long as nobody closes it, whether somebody looks or not. */
const follows = (operation: Operation, headers: Headers): boolean =>
  operation.streams === true && /\btext\/event-stream\b/.test(headers.get('accept') ?? '')

/** A header's bytes arrive as Latin-1; a terminal sends UTF-8. */
function asUtf8(header: string): string {
  const bytes = Buffer.from(header, 'latin1')
  const text = bytes.toString('utf8')
  return Buffer.from(text, 'utf8').equals(bytes) ? text : header
}

import { admitsLogin, type HttpCall, type Operation } from '@waiaas/contract'
import { type SignerIdentity, sealMasterProof, WAIaaSClient } from '@waiaas/sdk'
import { type Secrets, secretsOf } from './credentials.ts'
import { CommandError } from './errors.ts'
import { exactCeilings } from './exact-ceilings.ts'
import { loggedIn } from './login.ts'
import { masterMarkOf } from './marks.ts'
import { namedFees } from './named-fees.ts'
import { overCeilings } from './over-ceilings.ts'
import { knownPlaceOf, type Place, placeOf } from './place.ts'
import { type StopClient, stopDoorOf } from './stop-door.ts'
import { askText, canAsk, isWatched, note } from './terminal.ts'
import { trustedSigner } from './trust.ts'

export type DaemonFlags = {
  'data-dir'?: string | undefined
  'base-url'?: string | undefined
  'password-file'?: string | undefined
  'plain-password'?: boolean | undefined
  json?: boolean | undefined
}

const minute = 60_000
// A person at a terminal would rather see the failure, and repeat the command.
const options = { timeout: minute, retryOptions: { maxRetries: 0 } }

/** The daemon that the flags name, as the operator sees it. `signer`: what the password is sealed to, unless it is sent as it is. */
export type Operator = {
  readonly place: Place
  readonly masterPassword: string
  readonly signer: SignerIdentity | undefined
  readonly api: WAIaaSClient
}

/** Connects as the operator; asks for the master password when no source has it. */
export async function connectOperator(flags: DaemonFlags): Promise<Operator> {
  const { place, secrets } = await placeAndSecrets(flags)
  return operatorAt(place, secrets, flags)
}

/** A person is told in whose name a command goes on. */
function say(as: string, place: Place, flags: DaemonFlags): void {
  if (!flags.json && isWatched()) note(`${as}, at ${place.baseUrl}`)
}

async function operatorAt(place: Place, secrets: Secrets, flags: DaemonFlags): Promise<Operator> {
  say('as the operator', place, flags)
  // A program that reads JSON is told nothing beside it.
  const tell = flags.json ? () => undefined : note
  const signer = flags['plain-password'] ? undefined : await trustedSigner(place, tell)
  const masterPassword = await secrets.masterPassword()
  const common = { baseUrl: place.baseUrl, masterMark: masterMarkOf(place), ...options }
  if (!signer) {
    const api = namedFees({ api: overCeilings(new WAIaaSClient({ ...common, masterPassword }), tell), tell })
    return { place, masterPassword, signer, api }
  }
  const masterProof = (call: HttpCall) => sealMasterProof(signer, { password: masterPassword, call })
  const exact = exactCeilings({ api: new WAIaaSClient({ ...common, masterProof }), tell, agree })
  const api = namedFees({ api: overCeilings(exact, tell), tell })
  return { place, masterPassword, signer, api }
}

/** What the daemon proposes goes on with a yes alone, of somebody who can look at it. */
async function agree(text: string): Promise<void> {
  if (!canAsk())
    throw new CommandError(
      'what the daemon proposes is to be looked at, and there is no terminal to show it at',
      'run it at a terminal, or name the amounts; if you trust the running daemon, give --plain-password',
    )
  const answer = await askText(`${text}\nType yes to go on: `)
  if (answer.trim().toLowerCase() !== 'yes') throw new CommandError('nothing was changed')
}

/** Connects as nobody in particular. */
export const connectPublic = async (flags: DaemonFlags): Promise<WAIaaSClient> => (await connectNobody(flags)).api

/** The same, and where the daemon is. */
export async function connectNobody(flags: DaemonFlags): Promise<Pick<Operator, 'place' | 'api'>> {
  const { place } = await placeAndSecrets(flags)
  return { place, api: new WAIaaSClient({ baseUrl: place.baseUrl, ...options }) }
}

/** Connects as the operator who looks: by a login where somebody is logged in, else with the password. */
export async function connectReader(flags: DaemonFlags): Promise<WAIaaSClient> {
  const { place, secrets } = await placeAndSecrets(flags)
  return (await byLogin(place, secrets, flags)) ?? (await operatorAt(place, secrets, flags)).api
}

/** Connects as the operator who looks, where nobody has to be asked for the password; else undefined. */
export async function connectReaderAtHand(flags: DaemonFlags): Promise<WAIaaSClient | undefined> {
  const { place, secrets } = await placeAndSecrets(flags)
  if (await secrets.isOperator()) return (await operatorAt(place, secrets, flags)).api
  return byLogin(place, secrets, flags)
}

/** Who has the password at hand needs no login. */
async function byLogin(place: Place, secrets: Secrets, flags: DaemonFlags): Promise<WAIaaSClient | undefined> {
  const api = (await secrets.isOperator()) ? undefined : await loggedIn(place, options)
  if (api) say('as the operator who is logged in', place, flags)
  return api
}

/** Connects as whoever an operation admits. */
export async function connectFor(op: Operation, flags: DaemonFlags): Promise<WAIaaSClient> {
  const { access } = op
  if (access === 'public') return connectPublic(flags)
  const { place, secrets } = await placeAndSecrets(flags)
  const login = admitsLogin(op) ? await byLogin(place, secrets, flags) : undefined
  if (login) return login
  if (await actsAsOperator(access, secrets)) return (await operatorAt(place, secrets, flags)).api
  const token = await secrets.sessionToken()
  say(`as the agent of ${secrets.tokenPlace}`, place, flags)
  return agentClient(place.baseUrl, token)
}

/**
 * Connects for a stop: through the socket of the data directory, unless an address is named, or it is not open; then with
 * a stop token where one is set, else as the operator.
 */
export async function connectForStop(flags: DaemonFlags): Promise<StopClient> {
  const { dataDir, isNamed } = await knownPlaceOf({ dataDir: flags['data-dir'], baseUrl: flags['base-url'] })
  const door = isNamed ? undefined : await stopDoorOf(dataDir)
  if (door) return door
  const { place, secrets } = await placeAndSecrets(flags)
  const stopToken = await secrets.stopToken()
  if (stopToken !== undefined) say('with the stop token', place, flags)
  if (stopToken !== undefined) return new WAIaaSClient({ baseUrl: place.baseUrl, stopToken, ...options })
  return (await operatorAt(place, secrets, flags)).api
}

export const agentClient = (baseUrl: string, sessionToken: string): WAIaaSClient =>
  new WAIaaSClient({ baseUrl, sessionToken, ...options })

async function placeAndSecrets(flags: DaemonFlags): Promise<{ place: Place; secrets: Secrets }> {
  const place = await placeOf({ dataDir: flags['data-dir'], baseUrl: flags['base-url'] })
  return { place, secrets: secretsOf(place.dataDir, flags['password-file']) }
}

/** Who may be either acts as the operator, unless that would need a prompt and a session token is at hand. */
async function actsAsOperator(access: readonly string[], secrets: Secrets): Promise<boolean> {
  if (!access.includes('operator')) return false
  return !access.includes('agent') || (await secrets.isOperator()) || !(await secrets.hasSessionToken())
}

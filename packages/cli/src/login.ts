import { rm } from 'node:fs/promises'
import { LOGIN_TOKEN } from '@waiaas/contract'
import { WAIaaSClient, WAIaaSError } from '@waiaas/sdk'
import { loginFile, type Place, readIfThere, writeSecretFile } from './place.ts'

/** A login as it is kept, for its user alone. */
export type Login = { readonly id: string; readonly token: string }

/**
 * The login of the daemon that the data directory names. Another daemon, which somebody names by its address, is shown none
 * of it.
 */
export async function keptLogin({ dataDir, name }: Place): Promise<Login | undefined> {
  const text = name === dataDir ? await readIfThere(loginFile(dataDir)) : undefined
  return text === undefined ? undefined : asLogin(text)
}

/** What is not ours logs nobody in. */
function asLogin(text: string): Login | undefined {
  const [, id, token = ''] = /^([0-9a-f-]{36}) (\S+)\n$/.exec(text) ?? []
  return id !== undefined && LOGIN_TOKEN.test(token) ? { id, token } : undefined
}

export const keepLogin = ({ dataDir }: Place, { id, token }: Login): Promise<void> =>
  writeSecretFile(loginFile(dataDir), `${id} ${token}\n`)

export const forgetLogin = ({ dataDir }: Place): Promise<void> => rm(loginFile(dataDir), { force: true })

/** A client that looks and stops by the login; undefined where there is none, or it is over, which is forgotten then. */
export async function loggedIn(place: Place, options: { timeout: number }): Promise<WAIaaSClient | undefined> {
  const login = await keptLogin(place)
  if (!login) return undefined
  const api = new WAIaaSClient({ baseUrl: place.baseUrl, loginToken: login.token, ...options })
  try {
    await api.getKillSwitch()
    return api
  } catch (error) {
    if (!isOver(error)) throw error
    await forgetLogin(place)
    return undefined
  }
}

/** By itself, as any login may: who looks alone has no other right. One that is over is ended. */
export async function endLogin({ baseUrl }: Place, { id, token }: Login): Promise<void> {
  await new WAIaaSClient({ baseUrl, loginToken: token }).endLogin({ id }).catch((error: unknown) => {
    if (!isOver(error)) throw error
  })
}

const isOver = (error: unknown): boolean =>
  error instanceof WAIaaSError && ['INVALID_TOKEN', 'TOKEN_EXPIRED', 'NOT_FOUND'].includes(error.code)

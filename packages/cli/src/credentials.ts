import { readFile } from 'node:fs/promises'
import { misreadSecret, secretText } from '@waiaas/contract'
import { CommandError, errorCode } from './errors.ts'
import { pathOf, readIfThere, recoveryFile, tokenFile } from './place.ts'
import { askSecret, canAsk, note } from './terminal.ts'

const { env } = process

export type Secrets = {
  /** The master password: --password-file, WAIAAS_MASTER_PASSWORD_FILE, WAIAAS_MASTER_PASSWORD, recovery.key, or a prompt. */
  readonly masterPassword: () => Promise<string>
  /** The session token: WAIAAS_SESSION_TOKEN, or the data directory's mcp-token. */
  readonly sessionToken: () => Promise<string>
  /** WAIAAS_STOP_TOKEN, or the file that WAIAAS_STOP_TOKEN_FILE names. */
  readonly stopToken: () => Promise<string | undefined>
  readonly hasSessionToken: () => Promise<boolean>
  /** Where the session token comes from, as a person is told. */
  readonly tokenPlace: string
  /** True where the master password needs no prompt. */
  readonly isOperator: () => Promise<boolean>
}

/** Finds secrets when they are first needed, and asks for each at most once. */
export function secretsOf(dataDir: string, passwordFile: string | undefined): Secrets {
  let found: Promise<string | undefined> | undefined
  let asked: Promise<string> | undefined
  const find = () => {
    found ??= findPassword(dataDir, passwordFile)
    return found
  }
  return {
    isOperator: async () => (await find()) !== undefined,
    async stopToken() {
      if (env.WAIAAS_STOP_TOKEN) return env.WAIAAS_STOP_TOKEN
      return env.WAIAAS_STOP_TOKEN_FILE ? readSecretFile(env.WAIAAS_STOP_TOKEN_FILE) : undefined
    },
    tokenPlace: env.WAIAAS_SESSION_TOKEN ? 'WAIAAS_SESSION_TOKEN' : tokenFile(dataDir),
    hasSessionToken: async () => (await findToken(dataDir)) !== undefined,
    async sessionToken() {
      const token = await findToken(dataDir)
      if (token !== undefined) return token
      throw new CommandError(
        `a session token is needed, and ${tokenFile(dataDir)} does not exist`,
        'run "waiaas up", or set WAIAAS_SESSION_TOKEN',
      )
    },
    async masterPassword() {
      const password = await find()
      if (password !== undefined) return password
      asked ??= askPassword(dataDir)
      return asked
    },
  }
}

async function findPassword(dataDir: string, passwordFile: string | undefined): Promise<string | undefined> {
  const path = passwordFile ?? (env.WAIAAS_MASTER_PASSWORD_FILE || undefined)
  if (path !== undefined) return readPasswordFile(path)
  if (env.WAIAAS_MASTER_PASSWORD) return env.WAIAAS_MASTER_PASSWORD
  return (await readIfThere(recoveryFile(dataDir)))?.trim()
}

async function askPassword(dataDir: string): Promise<string> {
  if (canAsk()) return askSecret('Master password: ')
  throw new CommandError(
    `the master password is needed, and there is neither a terminal to ask at nor ${recoveryFile(dataDir)}`,
    'set WAIAAS_MASTER_PASSWORD_FILE, or give --password-file',
  )
}

async function findToken(dataDir: string): Promise<string | undefined> {
  return env.WAIAAS_SESSION_TOKEN || (await readIfThere(tokenFile(dataDir)))?.trim() || undefined
}

/** A secret from a file, without the line's end; "-" is stdin. */
export async function readSecretFile(given: string): Promise<string> {
  const path = secretPath(given)
  const { text, got } = secretText(await readBytes(path))
  if (text === undefined) throw new CommandError(`expected UTF-8 text in ${path}, got ${got}`, 'save it as UTF-8')
  return notEmpty(path, text)
}

/** A password that exists already. What is no UTF-8 was taken for it once: the password is what came of that. */
export async function readPasswordFile(given: string): Promise<string> {
  const path = secretPath(given)
  const bytes = await readBytes(path)
  const { text, got } = secretText(bytes)
  if (text !== undefined) return notEmpty(path, text)
  note(`expected UTF-8 text in ${path}, got ${got}: if the password is refused, save it as UTF-8`)
  return misreadSecret(bytes)
}

const secretPath = (given: string): string => (given === '-' ? given : pathOf('the file of the secret', given))

function notEmpty(path: string, secret: string): string {
  if (secret === '') throw new CommandError(`expected a secret in ${path}, got an empty file`)
  return secret
}

async function readBytes(path: string): Promise<Buffer> {
  try {
    return await readFile(path === '-' ? '/dev/stdin' : path)
  } catch (error) {
    throw new CommandError(`cannot read ${path} (${errorCode(error)})`, 'name a file that this user may read', error)
  }
}

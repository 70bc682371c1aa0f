import { WAIaaSError } from '@waiaas/sdk'
import type { Sources } from './current-token.ts'
import { readIfThere } from './environment.ts'
import { messageOf } from './refusals.ts'

/** NO_TOKEN: what holds the token cannot be read. */
export const unreadableToken = (error: unknown): WAIaaSError =>
  missing(messageOf(error), 'run the MCP server as the user whose file it is, or give that user the file with chown')

/** NO_TOKEN: there is none anywhere, and says where it was looked for. */
export async function noToken({ tokenFiles }: Sources): Promise<WAIaaSError> {
  const files = tokenFiles.length === 0 ? 'WAIAAS_DATA_DIR is not set' : `looked in ${await inWords(tokenFiles)}`
  return missing(
    `${files}, and WAIAAS_SESSION_TOKEN has none`,
    'ask the operator to run "waiaas up"; the token is looked for again at each call',
  )
}

const missing = (why: string, hint: string): WAIaaSError =>
  new WAIaaSError({
    code: 'NO_TOKEN',
    status: 0,
    message: `expected a session token, found none: ${why}`,
    retryable: false,
    hint,
  })

/** The files, each with what is wrong about the one that is there. */
async function inWords(files: readonly string[]): Promise<string> {
  const told = files.map(async (file) => {
    const text = await readIfThere(file).catch(() => undefined)
    return text === undefined ? file : `${file} (which is there, and not readable as a session token)`
  })
  return (await Promise.all(told)).join(' and ')
}

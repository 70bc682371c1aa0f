import { open, rm } from 'node:fs/promises'
import { CommandError, errorCode } from './errors.ts'

/** Writes a file that only its owner may read. It is whole or not there, and never replaces another one. */
export async function writeNewFile(path: string, parts: AsyncIterable<string>): Promise<void> {
  const file = await open(path, 'wx', 0o600).catch((error: unknown) => {
    const why = errorCode(error) === 'EEXIST' ? 'exists already' : `cannot be written (${errorCode(error)})`
    throw new CommandError(`${path} ${why}`, 'name another file', error)
  })
  try {
    await file.writeFile(parts)
    await file.sync()
  } catch (error) {
    await rm(path, { force: true })
    throw error
  } finally {
    await file.close()
  }
}

import { join } from 'node:path'
import type { MasterMark } from '@waiaas/sdk'
import { configFolder, type Place, readIfThere, writeSecretFile } from './place.ts'

/** What the daemon gave this user with a right password: with it, the next one waits for nobody's guesses. */
export const masterMarkOf = ({ name }: Place): MasterMark => ({
  read: async () => (await readMarks())[name],
  async keep(mark) {
    const text = `${JSON.stringify({ ...(await readMarks()), [name]: mark }, null, 2)}\n`
    // The command has done its work, and does it without a mark the next time.
    await writeSecretFile(marksFile(), text).catch(() => undefined)
  },
})

const marksFile = (): string => join(configFolder(), 'marks.json')

/** What cannot be read is as good as none: the daemon gives another. */
async function readMarks(): Promise<Record<string, string>> {
  try {
    const read: unknown = JSON.parse((await readIfThere(marksFile())) ?? '{}')
    if (typeof read !== 'object' || read === null) return {}
    return Object.fromEntries(Object.entries(read).filter(([, mark]) => typeof mark === 'string'))
  } catch {
    return {}
  }
}

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { note } from './terminal.ts'

/** Only a clone has it: what is shipped has the page itself. */
const BUILD = join(import.meta.dirname, '../../admin/scripts/build.ts')

/** Makes the admin page where the daemon runs from the source, if it is missing or old. Without it the daemon runs as well. */
export async function makeAdminPage(): Promise<void> {
  if (!existsSync(BUILD)) return
  // It exports this.
  const { makePage } = (await import(pathToFileURL(BUILD).href)) as { makePage(): string | undefined }
  const problem = makePage()
  if (problem !== undefined) note(`the admin page could not be built; the rest works: ${problem}`)
}

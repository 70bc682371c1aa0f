import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Checklist } from '@waiaas/contract'
import type { Daemon } from '@waiaas/daemon'
import { asTyped } from './typed.ts'

const MOST_STEPS = 3

/** What a person who has started the daemon at a terminal should know: where it is, and what to do next. */
export async function welcome({ url, checklist }: Pick<Daemon, 'url' | 'checklist'>, dataDir: string): Promise<string> {
  const generated = join(dataDir, 'recovery.key')
  const password = existsSync(generated) ? `, which is in ${generated}` : ''
  return `
WAIaaS runs. Open its page and log in with the master password${password}:
  ${url}/

It keeps everything in ${dataDir}.
Ctrl-C stops it; what is signed by then goes on at the next start.

${await checklist().then(stepsOf, () => `${asTyped('waiaas doctor')} says what to do next.`)}

What happens is told below, a line each.
`
}

function stepsOf({ ok, done, total, checks }: Checklist): string {
  if (ok) return `All is set up for real money. ${asTyped('waiaas help')} lists what you can do.`
  const open = checks.filter(({ state }) => state === 'todo')
  // Without a wallet nothing else matters yet.
  const steps = [...open.filter(({ name }) => name === 'limits'), ...open.filter(({ name }) => name !== 'limits')]
  const lines = steps.slice(0, MOST_STEPS).map(({ says, next, command }) => {
    return `  ${says}\n    ${command === null ? next : asTyped(command)}`
  })
  return `What to do next, in another terminal:
${lines.join('\n')}
${done} of ${total} things are done that should be before real money moves: ${asTyped('waiaas doctor')}`
}

/** What Ctrl-C has begun. */
export const FAREWELL = 'stopping: what runs is finished first, and what is signed goes on at the next start'

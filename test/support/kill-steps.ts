import { KILL_POINTS, RESTORE_POINTS, RETENTION_POINTS } from './kill-points.ts'

// Source whose steps are called through `killable`, which kill-hooks.ts defines. Each step is a function of the source,
// which knows nothing of it.

const steps = new Map([['platform/db/database.ts', new Set(['openDatabase'])]])
for (const { file, step } of [...KILL_POINTS, ...RETENTION_POINTS, ...RESTORE_POINTS])
  steps.set(file, (steps.get(file) ?? new Set()).add(step))

/** The steps in a file of the daemon's source, by its path or url. */
export const stepsOf = (file: string): readonly string[] =>
  [...steps].flatMap(([name, here]) => (file.endsWith(`/packages/daemon/src/${name}`) ? [...here] : []))

/** The source with a step of it called through `killable`. */
export function through(source: string, step: string): string {
  const named = new RegExp(`^(export )?(async function|function|const) ${step}(?=[ (<])`, 'm')
  const found = named.exec(source)
  if (!found) throw new Error(`expected a step ${step} in ${source.slice(0, 200)}`)
  const [, exported = '', kind] = found
  const called = `killable('${step}', ${step}OfSource)`
  // A function can be named above the line that declares it.
  const declared =
    kind === 'const' ? `const ${step} = ${called}` : `function ${step}(...args) { return ${called}(...args) }`
  return `${source.replace(named, `${kind} ${step}OfSource`)}\n${exported}${declared}\n`
}

import { afterEach, describe, expect, test } from 'vitest'
import { type Block, blocksOf, type Page, pages } from './markdown.ts'
import { endAll, machine, runScripts, type Service, startService } from './shell.ts'

// Blocks say what they are behind their fence: `sh service` keeps running, `sh run` and `ts run` are run in order in one
// shell, `text` right after one of them is what it shows, with … for what differs each time. A section is one scenario.

/** What no test can run: it would run all tests, or install what is installed. */
const notRun = ['npm ci && npm test', 'npm install']

const ready = /^(WAIAAS_PORT=\d+|localnet ready|everything stays up until Ctrl-C)$/m
/** The tests are in a clone already, with everything installed. */
const withoutInstall = (text: string): string =>
  text.replaceAll(/^git clone \S+ && cd \S+\n/gm, '').replaceAll(/\bnpm ci && /g, '')
const isRun = ({ info }: Block) => info === 'sh run' || info === 'ts run'

type Step = { readonly block: Block; readonly expected: Block | undefined }
type Scenario = { readonly name: string; readonly services: readonly Block[]; readonly steps: readonly Step[] }

function scenariosOf(page: Page): Scenario[] {
  const blocks = blocksOf(page)
  return [...new Set(blocks.map(({ section }) => section))]
    .map((section) => {
      const own = blocks.filter((block) => block.section === section)
      const steps = own.flatMap((block, index) => {
        if (!isRun(block)) return []
        const next = own[index + 1]
        return [{ block, expected: next?.info === 'text' ? next : undefined }]
      })
      return { name: `${page.path}, ${section}`, services: own.filter(({ info }) => info === 'sh service'), steps }
    })
    .filter(({ services, steps }) => services.length + steps.length > 0)
}

const scriptOf = ({ info, text }: Block): string =>
  info === 'ts run'
    ? `node --input-type=module-typescript --no-warnings - <<'END_OF_SNIPPET'\n${text}\nEND_OF_SNIPPET`
    : withoutInstall(text)

const pattern = (text: string): RegExp =>
  new RegExp(
    text
      .trim()
      .replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
      .replaceAll('…', '[^]*?'),
  )

const running: Service[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((service) => service.stop()))
  endAll()
})

describe('what the documents tell people to type', () => {
  const scenarios = pages().flatMap(scenariosOf)

  test.each(scenarios)('works: $name', { timeout: 180_000 }, async ({ services, steps }) => {
    const on = await machine()
    for (const { text } of services) running.push(await startService(on.here(withoutInstall(text)), ready, on))
    const scripts = steps.map(({ block }) => on.here(scriptOf(block)))
    const outputs = scripts.length > 0 ? await runScripts(scripts, on) : []
    for (const [index, { expected }] of steps.entries()) {
      if (expected) expect(outputs[index], scripts[index]).toMatch(pattern(on.here(expected.text)))
    }
  })

  test('is run, but for what would run the tests themselves or install', () => {
    const unmarked = pages()
      .filter(({ path }) => path === 'README.md' || path.startsWith('docs/'))
      .flatMap((page) => blocksOf(page).map((block) => ({ ...block, path: page.path })))
      .filter(({ info }) => /^(sh|bash|shell|console)$/.test(info))
      .filter(({ text }) => !notRun.some((command) => text.startsWith(command)))
      .map(({ path, line }) => `${path}:${line}`)
    expect(unmarked).toEqual([])
  })

  test('names no setting that the daemon does not know', async () => {
    const { OTHER_VARIABLES, settingFromEnv } = await import('@waiaas/contract')
    const ours = /^WAIAAS_(PORT$|LOCALNET_(EVM|SOLANA)_PORT$)/
    const unknown = pages().flatMap(({ path, text }) =>
      [...text.matchAll(/\bWAIAAS_[A-Z0-9_]*[A-Z0-9]\b(?!_?[<…])/g)]
        .map(([name]) => name)
        .filter((name) => !ours.test(name) && !OTHER_VARIABLES.includes(name) && !settingFromEnv(name))
        .map((name) => `${path}: ${name}`),
    )
    expect(unknown).toEqual([])
  })
})

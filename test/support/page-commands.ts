import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, vi } from 'vitest'
import { runProgram } from '../../packages/cli/src/program.ts'
import { blocksOf, readPage } from '../docs/markdown.ts'
import { MASTER_PASSWORD, type TestDaemon } from './daemon.ts'

/** The commands in the `sh example` blocks of a page, without their comments. */
const commandsOf = (page: string): string[] =>
  blocksOf(readPage(page))
    .filter(({ info }) => info === 'sh example')
    .flatMap(({ text }) => text.trim().split('\n'))
    .map((line) => line.replace(/ +# .*$/, ''))

/** Test support: runs what a page says to type, as its operator, in its order; `put` fills in what differs each time. Gives what was run. */
export async function runPage(
  { dataDir }: Pick<TestDaemon, 'dataDir'>,
  page: string,
  put: (command: string) => Promise<string> = async (command) => command,
): Promise<string[]> {
  const passwordFile = join(dataDir, 'password')
  writeFileSync(passwordFile, MASTER_PASSWORD, { mode: 0o600 })
  const place = ['--data-dir', dataDir, '--password-file', passwordFile]
  const run: string[] = []
  const written: string[] = []
  const spies = [process.stdout, process.stderr].map((stream) =>
    vi.spyOn(stream, 'write').mockImplementation((text) => written.push(String(text)) > 0),
  )
  try {
    for (const command of commandsOf(page)) {
      const [program, ...words] = [...(await put(command)).matchAll(/'([^']*)'|\S+/g)].map(
        ([all, quoted]) => quoted ?? all,
      )
      expect(program).toBe('waiaas')
      expect(await runProgram([...words, ...place]), `${command}\n${written.join('')}`).toBe(0)
      run.push(command)
    }
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
  return run
}

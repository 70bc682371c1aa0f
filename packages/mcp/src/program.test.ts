import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { serverFor } from './program.ts'

/** A data directory that is not there yet, with a name that a shell could misread. */
function aDataDir(): string {
  const folder = mkdtempSync(join(tmpdir(), 'waiaas-program-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, "it's here")
}
const baseUrl = 'http://127.0.0.1:3100'

test('what starts the server finds a Node, whichever went away', async () => {
  const dataDir = aDataDir()
  const { command } = await serverFor({ dataDir, baseUrl })
  const run = (text: string, PATH: string) => {
    writeFileSync(command, text)
    return spawnSync(command, ['-p', '1 + 1'], { encoding: 'utf8', env: { PATH } })
  }
  const text = readFileSync(command, 'utf8')
  expect(run(text, '/nowhere').stdout).toBe('2\n')
  const gone = text.replace(process.execPath, '/nowhere/node')
  expect(run(gone, dirname(process.execPath)).stdout).toBe('2\n')
  expect(run(gone, '/nowhere')).toMatchObject({ status: 127, stderr: expect.stringContaining('npm ci') })
})

test('it lies alone in the data directory, for its owner only, and is told where the daemon is', async () => {
  const dataDir = aDataDir()
  const before = process.umask(0)
  onTestFinished(() => void process.umask(before))
  await serverFor({ dataDir, baseUrl })
  const { command, args, env } = await serverFor({ dataDir, baseUrl }, { WAIAAS_WALLET_ID: 'w' })
  expect([readdirSync(dataDir), command]).toEqual([['run-node'], join(dataDir, 'run-node')])
  expect([statSync(dataDir).mode & 0o777, statSync(command).mode & 0o777]).toEqual([0o700, 0o700])
  expect(args).toEqual([expect.stringMatching(/waiaas-mcp\.cjs$/)])
  expect(env).toEqual({ WAIAAS_DATA_DIR: dataDir, WAIAAS_BASE_URL: baseUrl, WAIAAS_WALLET_ID: 'w' })
})

import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import SwaggerParser from '@apidevtools/swagger-parser'
import { openapi, operations } from '@waiaas/contract'
import { generateSource } from 'oazapfts'
import { expect, onTestFinished, test } from 'vitest'

const root = join(import.meta.dirname, '..')
const text = JSON.stringify(openapi(operations, { version: '0.1.0' }))

/** A folder from which the packages of the project are found. */
function folder(): string {
  const cache = join(root, 'node_modules/.cache')
  mkdirSync(cache, { recursive: true })
  const made = mkdtempSync(join(cache, 'openapi-'))
  onTestFinished(() => rmSync(made, { recursive: true, force: true }))
  return made
}

test('the reference is OpenAPI, as its own schema and rules have it', async () => {
  await expect(SwaggerParser.validate(JSON.parse(text))).resolves.toBeDefined()
  const wrong = JSON.parse(text)
  wrong.paths['/v1/wallets/{id}'].get.parameters[0].in = 'nowhere'
  await expect(SwaggerParser.validate(wrong)).rejects.toThrow('schema')
})

test('a generator makes a client of it that compiles, with types called as people call the things', async () => {
  const at = folder()
  writeFileSync(join(at, 'doc.json'), text)
  const source = await generateSource(join(at, 'doc.json'))
  for (const name of ['Wallet', 'Transaction', 'TransactionDetail', 'Policy', 'Session', 'Error'])
    expect(source).toContain(`export type ${name} = {`)
  expect(source).toContain('export function sendToken(')
  writeFileSync(join(at, 'client.ts'), source)
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const options = [
    '--ignoreConfig',
    '--strict',
    '--noEmit',
    '--skipLibCheck',
    '--module',
    'nodenext',
    '--target',
    'es2022',
  ]
  const run = promisify(execFile)(process.execPath, [tsc, ...options, 'client.ts'], { cwd: at })
  const { stdout } = await run.catch((error: { stdout: string }) => error)
  expect(stdout).toBe('')
})

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { type StartError, startDaemon } from '../packages/daemon/src/index.ts'

const folders: string[] = []
afterEach(() => {
  for (const path of folders.splice(0)) rmSync(path, { recursive: true, force: true })
})
function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'waiaas-password-'))
  folders.push(path)
  return path
}

/** Starts a daemon with these bytes as its password file, and stops it: how that ended. */
async function startWith(dataDir: string, bytes: Uint8Array): Promise<string> {
  const file = join(folder(), 'password')
  writeFileSync(file, bytes, { mode: 0o600 })
  return start(dataDir, { env: { WAIAAS_MASTER_PASSWORD_FILE: file } })
}

async function start(
  dataDir: string,
  more: { env?: Record<string, string>; masterPassword?: string },
): Promise<string> {
  const env = {
    WAIAAS_DAEMON_PORT: '0',
    WAIAAS_DAEMON_LOG_LEVEL: 'error',
    WAIAAS_KEYSTORE_ARGON2_MEMORY: '19456',
    WAIAAS_KEYSTORE_ARGON2_TIME: '2',
    ...more.env,
  }
  try {
    await (await startDaemon({ dataDir, ...more, env })).stop()
    return 'started'
  } catch (error) {
    const { code, message } = error as StartError
    return `${code}: ${message}`
  }
}

const password = 'Gr\u00fc\u00dfe aus K\u00f6ln'
const marked = (text: string) => `\uFEFF${text}`
const latin1 = Buffer.from(password, 'latin1')

test('a password file gives one password in every encoding that is known, and none in one that is not', async () => {
  const dataDir = folder()
  const refused = [
    await startWith(dataDir, latin1),
    await startWith(dataDir, Buffer.from(password, 'utf16le')),
    await startWith(dataDir, Buffer.from(`${password}\0`)),
  ]
  for (const reason of refused) {
    expect(reason).toMatch(/^CONFIG_INVALID: WAIAAS_MASTER_PASSWORD_FILE: expected UTF-8 text in .*: save it as UTF-8$/)
    expect(reason).not.toContain('aus')
  }
  expect(refused[0]).toContain('got Windows-1252 or Latin-1 text')
  expect(refused[1]).toContain('got UTF-16 text without a byte order mark')
  expect(await startWith(dataDir, Buffer.from(marked(`${password}\r\n`), 'utf16le'))).toBe('started')
  expect(await startWith(dataDir, Buffer.from(marked(password), 'utf16le').swap16())).toBe('started')
  expect(await startWith(dataDir, Buffer.from(marked(`${password}\r`)))).toBe('started')
  expect(await startWith(dataDir, Buffer.from(`${password.normalize('NFD')}\n\n`))).toBe('started')
  // The keystore was not made with this file misread, and the file is still not what it should be.
  expect(await startWith(dataDir, latin1)).toMatch(/^CONFIG_INVALID: /)
})

test('a keystore that was made with its password file misread still opens with that file', async () => {
  const dataDir = folder()
  expect(await start(dataDir, { masterPassword: latin1.toString('utf8') })).toBe('started')
  expect(await startWith(dataDir, latin1)).toBe('started')
  expect(await startWith(dataDir, Buffer.from(password))).toMatch(/^INVALID_MASTER_PASSWORD: /)
})

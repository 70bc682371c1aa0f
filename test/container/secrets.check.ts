import { chmod, chown, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { canaries, found } from './canaries.ts'
import { type Container, startContainer } from './daemon.ts'
import { hardening, image, logsOf, must, podman, processesOf, procText, tryPodman } from './engine.ts'

let secrets: string
let data: string
let daemon: Container

/** A secret of UID 1001's, as the container sees it. */
async function secret(name: string, text: string, mode = 0o600, uid = 1001): Promise<string> {
  const path = join(secrets, name)
  await writeFile(path, `${text}\n`)
  await chmod(path, mode)
  await chown(path, uid, uid)
  return `/private/${name}`
}

beforeAll(async () => {
  secrets = await mkdtemp(join(tmpdir(), 'waiaas-secrets-'))
  data = await mkdtemp(join(tmpdir(), 'waiaas-secret-data-'))
  for (const folder of [secrets, data]) await chown(folder, 1001, 1001)
  const rpc = await secret('rpc', `https://rpc.invalid/v2/${canaries.rpcKey}`)
  const password = await secret('password', canaries.masterPassword)
  daemon = await startContainer('waiaas-secrets', [
    `--volume=${secrets}:/private:ro`,
    `--volume=${data}:/data`,
    `--env=WAIAAS_MASTER_PASSWORD_FILE=${password}`,
    `--env=WAIAAS_RPC_EVM_ETHEREUM_SEPOLIA_FILE=${rpc}`,
    '--env=WAIAAS_DAEMON_LOG_LEVEL=trace',
  ])
})
afterAll(async () => {
  await daemon?.remove()
  for (const folder of [secrets, data]) await rm(folder, { recursive: true, force: true })
})

const refused = async (...args: string[]) => {
  const run = ['run', '--rm', '--network=none', ...hardening, `--volume=${secrets}:/private:ro`]
  const { code, out, err } = await tryPodman(...run, ...args, image)
  return { code, text: out + err }
}

test('no secret is in an environment, a command line, the log, an answer, the metadata or the data', async () => {
  const password = { 'x-master-password': canaries.masterPassword, 'content-type': 'application/json' }
  const change = {
    settings: [{ key: 'rpc.evm_ethereum_mainnet', value: `https://rpc.invalid/${canaries.changedRpcKey}` }],
  }
  const body = JSON.stringify(change)
  const changed = await fetch(`${daemon.url}/v1/admin/settings`, { method: 'PUT', headers: password, body })
  expect(changed.status).toBe(200)
  const answers = [await changed.text()]
  for (const path of [
    '/health',
    '/health/ready',
    '/v1/admin/settings',
    '/v1/admin/status',
    '/v1/admin/rpc-status',
    '/v1/nothing',
  ]) {
    answers.push(await (await fetch(`${daemon.url}${path}`, { headers: password })).text())
  }
  const wrong = { 'x-master-password': canaries.newPassword }
  answers.push(await (await fetch(`${daemon.url}/v1/admin/status`, { headers: wrong })).text())
  answers.push(await podman('exec', daemon.name, 'waiaas', 'status', '--json'))
  expect(found(answers.join('\n'))).toEqual([])

  const pids = await processesOf(daemon.name)
  expect(pids).toHaveLength(2)
  expect(found(pids.map((pid) => procText(pid, 'environ') + procText(pid, 'cmdline')).join('\n'))).toEqual([])
  expect(found(await logsOf(daemon.name))).toEqual([])
  expect(found(await podman('inspect', daemon.name))).toEqual([])
  for (const name of await readdir(data, { recursive: true })) {
    const bytes = await readFile(join(data, name)).catch(() => Buffer.alloc(0))
    expect(found(bytes.toString('latin1')), name).toEqual([])
  }
})

test('the signer has an empty environment', async () => {
  const environments = (await processesOf(daemon.name)).map((pid) => procText(pid, 'environ'))
  expect(environments).toContain('')
})

test('a secret and its file at once are refused, and the secret is not repeated', async () => {
  const { code, text } = await refused(
    '--env=WAIAAS_MASTER_PASSWORD_FILE=/private/password',
    `--env=WAIAAS_MASTER_PASSWORD=${canaries.masterPassword}`,
  )
  expect(code).toBe(1)
  expect(text).toContain('expected one of them, got both')
  expect(found(text)).toEqual([])
})

test('a secret file that cannot be read is refused by name', async () => {
  await secret('of-root', canaries.masterPassword, 0o600, 0)
  const { code, text } = await refused('--env=WAIAAS_MASTER_PASSWORD_FILE=/private/of-root')
  expect(code).toBe(1)
  expect(text).toContain('WAIAAS_MASTER_PASSWORD_FILE: /private/of-root may not be read: it belongs to uid 0 (root)')
  expect(text).toContain('chown 1001:1001 /private/of-root')
})

test('an unusable secret is refused without being shown', async () => {
  const path = await secret('database', `mysql://u:${canaries.databasePassword}@h/d`)
  const { code, text } = await refused(`--env=WAIAAS_DATABASE_URL_FILE=${path}`)
  expect(code).toBe(1)
  expect(text).toContain('database.url')
  expect(found(text)).toEqual([])
})

test('a secret file that everybody may read is warned about', async () => {
  await secret('open', canaries.masterPassword, 0o644)
  const args = [`--volume=${secrets}:/private:ro`, '--env=WAIAAS_MASTER_PASSWORD_FILE=/private/open']
  const open = await startContainer('waiaas-open-secret', args)
  try {
    expect(await logsOf(open.name)).toContain('others may read the secret in /private/open')
  } finally {
    await open.remove()
  }
})

test('a password in the environment works and is warned about', async () => {
  const plain = await startContainer('waiaas-plain-secret', [`--env=WAIAAS_MASTER_PASSWORD=${canaries.masterPassword}`])
  try {
    const log = await logsOf(plain.name)
    expect(log).toContain('WAIAAS_MASTER_PASSWORD holds a secret in the environment')
    expect(found(log)).toEqual([])
    expect(await must('podman', ['exec', plain.name, 'waiaas', 'status'])).toContain(
      'holds a secret in the environment',
    )
  } finally {
    await plain.remove()
  }
})

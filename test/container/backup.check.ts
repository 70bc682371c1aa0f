import { chmod, chown, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WAIaaSClient } from '@waiaas/sdk'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Container, startContainer } from './daemon.ts'
import { hardening, image, podman, run } from './engine.ts'

const masterPassword = 'a master password of a backup'
let folder: string
const running: Container[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'waiaas-backup-'))
  await own('password', `${masterPassword}\n`)
})
afterAll(async () => {
  for (const container of running) await container.remove()
  await run('podman', ['volume', 'rm', '--force', 'waiaas-backed-up', 'waiaas-restored'])
  await rm(folder, { recursive: true, force: true })
})

/** A file that the container's user alone may read. */
async function own(name: string, text?: string): Promise<void> {
  if (text !== undefined) await writeFile(join(folder, name), text)
  await chmod(join(folder, name), 0o600)
  await chown(join(folder, name), 1001, 1001)
}

async function start(name: string) {
  const container = await startContainer(name, [
    `--volume=${name}:/data`,
    `--volume=${folder}/password:/password:ro`,
    '--env=WAIAAS_MASTER_PASSWORD_FILE=/password',
  ])
  running.push(container)
  return { container, operator: new WAIaaSClient({ baseUrl: container.url, masterPassword }) }
}

test('a backup of one container is restored into a new volume, where another one has the wallets and no session', async () => {
  const { container, operator } = await start('waiaas-backed-up')
  const wallet = await operator.createWallet({ name: 'kept', chain: 'solana', environment: 'testnet' })
  await podman('exec', container.name, 'waiaas', 'backup', 'create', '--output', '/data/copy')
  await podman('cp', `${container.name}:/data/copy`, join(folder, 'copy'))
  await own('copy')
  await container.remove()

  const mounts = ['copy', 'password'].map((name) => `--volume=${folder}/${name}:/${name}:ro`)
  const onNew = ['--rm', '--network=none', '--volume=waiaas-restored:/data', ...mounts, ...hardening]
  const said = await podman('run', ...onNew, image, 'restore', '/copy', '--password-file', '/password')
  expect(said).toContain('1 wallets are suspended')

  const { operator: next } = await start('waiaas-restored')
  expect((await next.listWallets({})).items).toMatchObject([
    { id: wallet.id, publicKey: wallet.publicKey, status: 'SUSPENDED' },
  ])
  const { data: sessions } = await next.listSessions({})
  expect(sessions).toEqual([])
})

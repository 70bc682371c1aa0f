import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type EvmNode, startEvm } from '@waiaas/localnet'
import { WAIaaSClient } from '@waiaas/sdk'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../support/until.ts'
import { archives, prices, standInFor, unpack } from '../upgrade/archives.ts'
import { startContainer } from './daemon.ts'
import { must, podman, run } from './engine.ts'

const volume = 'waiaas-upgrade'
let node: EvmNode
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'waiaas-upgrade-'))
  node = await startEvm()
})
afterAll(async () => {
  await node?.stop()
  await rm(folder, { recursive: true, force: true })
})

test.each(archives())('the image takes over the volume %s, which a killed daemon has left', async (archive) => {
  const { dataDir, facts } = unpack(archive, folder)
  await standInFor(node, facts)
  await podman('volume', 'create', volume)
  await must('cp', ['-a', `${dataDir}/.`, await podman('volume', 'inspect', '--format', '{{.Mountpoint}}', volume)])
  const env = { ...prices, WAIAAS_RPC_EVM_LOCAL_EVM: node.url }
  const daemon = await startContainer('waiaas-upgrade', [
    `--volume=${volume}:/data`,
    ...Object.entries(env).map(([name, value]) => `--env=${name}=${value}`),
  ])
  try {
    expect(await podman('exec', daemon.name, 'waiaas', 'status')).toContain('/data/recovery.key')
    expect(await podman('exec', daemon.name, 'waiaas', 'audit', 'verify')).toContain('whole')
    const wallets = JSON.parse(await podman('exec', daemon.name, 'waiaas', 'wallet', 'list', '--json'))
    expect(wallets.items).toMatchObject(facts.wallets)
    const agent = new WAIaaSClient({ baseUrl: daemon.url, sessionToken: facts.agent.token })
    const to = '0x00000000000000000000000000000000000c0de4'
    const sent = await agent.sendToken({ to, humanAmount: '0.02', network: 'local-evm' })
    if (!('id' in sent)) throw new Error('expected a payment')
    const statusOf = async () => (await agent.getTransaction({ id: sent.id })).status
    await until('the payment to land', async () => (await statusOf()) === 'CONFIRMED')
  } finally {
    await daemon.remove()
    await run('podman', ['volume', 'rm', '--force', volume])
  }
})

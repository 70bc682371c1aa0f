import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { expect, test } from 'vitest'
import { startEvm } from './anvil.ts'

test('a node starts on loopback with the chain id asked for and is gone after stop', async () => {
  const node = await startEvm({ chainId: 1 })
  expect(await node.rpc('eth_chainId')).toBe('0x1')
  expect(node.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
  await node.stop()
  await node.stop()
  await expect(node.rpc('eth_chainId')).rejects.toThrow()
  expect(() => process.kill(node.pid, 0)).toThrow('ESRCH')
})

test('funding adds to what an address has', async () => {
  const node = await startEvm()
  const address = '0x00000000000000000000000000000000000a11ce'
  await node.fund(address, 5n)
  await node.fund(address, 10n ** 18n)
  expect(await node.rpc('eth_getBalance', [address, 'latest'])).toBe(`0x${(10n ** 18n + 5n).toString(16)}`)
  await node.stop()
})

test('blocks are mined on demand', async () => {
  const node = await startEvm({ extraArgs: ['--no-mining'] })
  expect(await node.rpc('eth_blockNumber')).toBe('0x0')
  await node.mine(3)
  expect(await node.rpc('eth_blockNumber')).toBe('0x3')
  await node.stop()
})

test('a transaction that Anvil lost sight of is mined all the same, with what follows it', async () => {
  const node = await startEvm({ extraArgs: ['--no-mining'] })
  const account = privateKeyToAccount(generatePrivateKey())
  await node.fund(account.address, 10n ** 18n)
  const count = () => node.rpc('eth_getTransactionCount', [account.address, 'latest'])
  const fees = { gas: 21_000n, maxFeePerGas: 10n ** 10n, maxPriorityFeePerGas: 1n }
  const send = async (nonce: number) => {
    const transfer = { to: account.address, value: 1n, nonce, chainId: node.chainId, ...fees }
    await node.rpc('eth_sendRawTransaction', [await account.signTransaction(transfer)])
  }
  await send(1)
  await send(2)
  await send(4)
  // The predecessor is on the chain without having passed through the pool, which is how the pool loses sight of the rest.
  await node.rpc('anvil_setNonce', [account.address, '0x1'])
  await node.mine()
  expect(await count()).toBe('0x1')
  await expect.poll(() => node.rpc('txpool_status')).toEqual({ pending: '0x2', queued: '0x1' })
  await node.mine()
  expect(await count()).toBe('0x3')
  await node.stop()
})

test('an error of the node arrives with its code and method', async () => {
  const node = await startEvm()
  await expect(node.rpc('eth_nothing')).rejects.toThrow(/eth_nothing failed with -32601/)
  await node.stop()
})

test('a node that cannot start says why', async () => {
  await expect(startEvm({ extraArgs: ['--no-such-flag'] })).rejects.toThrow(/no-such-flag/)
  const holder = await startEvm()
  const port = Number(new URL(holder.url).port)
  await expect(startEvm({ port })).rejects.toThrow(/in use/i)
  await holder.stop()
})

test('a process that ends by an error leaves neither its node nor its files behind', async () => {
  const script = `
    const { startEvm } = await import(${JSON.stringify(new URL('./anvil.ts', import.meta.url).href)})
    console.log((await startEvm()).url)
    throw new Error('on purpose')`
  const folder = mkdtempSync(join(tmpdir(), 'localnet-test-'))
  const ended = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    env: { ...process.env, TMPDIR: folder },
  })
  expect(ended.stderr).toContain('on purpose')
  const reachable = () =>
    fetch(ended.stdout.trim()).then(
      () => true,
      () => false,
    )
  await expect.poll(reachable).toBe(false)
  expect(readdirSync(folder)).toEqual([])
  rmdirSync(folder)
})

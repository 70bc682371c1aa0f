import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { closeSync, mkdtempSync, openSync, readFileSync, readSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { ed25519 } from '@noble/curves/ed25519.js'
import { base58 } from '@scure/base'
import { sealImport } from '@waiaas/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { evmPayment, signed, solanaPayment } from '../../test/signing.ts'
import { makeSealingKeyPair, openExport } from './sealing.ts'
import { startKeys } from './service.ts'
import type { Exported } from './types.ts'

const canary = `canary-${randomBytes(16).toString('hex')}`

describe('memory of the daemon after importing sealed keys, creating one and signing with all', () => {
  const folder = mkdtempSync(join(tmpdir(), 'waiaas-heap-'))
  const snapshot = join(folder, 'daemon.heapsnapshot')
  const secrets: Uint8Array[] = []
  let child: ChildProcess

  beforeAll(async () => {
    child = spawn(process.execPath, [new URL('./probe/daemon.ts', import.meta.url).pathname], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
    const { sealingKey } = JSON.parse((await lines.next()).value as string) as { sealingKey: string }
    const [evm, seed] = [randomBytes(32), randomBytes(32)]
    const solanaText = base58.encode(Buffer.concat([seed, ed25519.getPublicKey(seed)]))
    const recipient = makeSealingKeyPair()
    const order = {
      snapshot,
      canary,
      recipient: recipient.publicKey,
      sealedByChain: {
        ethereum: await sealImport(sealingKey, { format: 'private-key', secret: evm.toString('hex') }),
        solana: await sealImport(sealingKey, { format: 'private-key', secret: solanaText }),
      },
    }
    child.stdin!.write(`${JSON.stringify(order)}\n`)
    const done = JSON.parse((await lines.next()).value as string) as { exported: Exported; isSigned: boolean }
    expect(done.isSigned).toBe(true)
    const created = openExport(recipient, (done.exported as { sealed: string }).sealed)
    secrets.push(evm, seed, Buffer.from(created.slice(2), 'hex'))
  })

  afterAll(() => {
    child.kill('SIGKILL')
    rmSync(folder, { recursive: true })
  })

  test('key bytes are nowhere in a heap snapshot', () => {
    const heap = readFileSync(snapshot)
    expect(heap.includes(canary)).toBe(true)
    const forms = [...secrets.flatMap(formsOf), ...secrets.flatMap(textFormsOf)]
    expect(forms.filter((form) => heap.includes(form))).toEqual([])
  })

  test('key bytes are nowhere in the memory of the process', () => {
    const forms = secrets.flatMap(formsOf)
    const found = new Set<string>()
    let hasCanary = false
    for (const region of readMemory(child.pid!)) {
      hasCanary ||= region.includes(canary)
      for (const form of forms) if (region.includes(form)) found.add(form.toString('hex'))
    }
    expect(hasCanary).toBe(true)
    expect([...found]).toEqual([])
  })
})

describe('memory of the signer', () => {
  test('a key that was created and used is nowhere in it afterwards', async () => {
    const [signer, reader] = await Promise.all([startKeys(), startKeys()])
    const row = await signer.createKeyring('a master password')
    const keys = [await signer.create('w', 'ethereum'), await signer.create('w', 'solana')]
    const payments = [evmPayment(), solanaPayment(keys[1]!.address)]
    for (const [at, key] of keys.entries())
      expect((await signed(signer, key, [payments[at]!]))[0]?.signature).toBeTruthy()
    await reader.unlock('a master password', row)
    const exported = await Promise.all(
      keys.map((key) => reader.export(key, 'a master password', { format: 'private-key' })),
    )
    const [evm, solana] = exported.map((one) => ('text' in one ? one.text : ''))
    const secrets = [Buffer.from(evm!.slice(2), 'hex'), base58.decode(solana!).subarray(0, 32)]
    const found = [...readMemory(signer.pid)].flatMap((region) =>
      secrets.flatMap(formsOf).filter((form) => region.includes(form)),
    )
    await Promise.all([signer.stop(), reader.stop()])
    expect(found).toEqual([])
  })

  test('the root key and the subkeys of wallets and ceilings rest in pages that nothing can read and no core dump shows', async () => {
    const signer = await startKeys()
    await signer.createKeyring('a master password')
    const regions = readFileSync(`/proc/${signer.pid}/smaps`, 'utf8').split(/\n(?=[0-9a-f]+-[0-9a-f]+ )/)
    await signer.stop()
    const undumped = regions.filter((region) => /^\S+ ---p/.test(region) && /^VmFlags:.* dd\b/m.test(region))
    expect(undumped).toHaveLength(3)
  })
})

/** What a key could look like in memory: raw, and as text in the usual encodings. */
function formsOf(secret: Uint8Array): Buffer[] {
  const bytes = Buffer.from(secret)
  // Without the last characters, which depend on what follows the key in a longer text.
  const base64 = bytes.toString('base64').slice(0, 40)
  return [bytes, ...[bytes.toString('hex'), base64, base58.encode(bytes)].map((text) => Buffer.from(text, 'latin1'))]
}

/** Rarer forms, for the snapshot: capital hexadecimal, base64url, two bytes a character, a list of numbers. */
function textFormsOf(secret: Uint8Array): Buffer[] {
  const texts = formsOf(secret)
    .slice(1)
    .map((form) => form.toString('latin1'))
  const rare = [texts[0]!.toUpperCase(), texts[1]!.replaceAll('+', '-').replaceAll('/', '_')]
  const lists = [[...secret].join(','), [...secret].join(', ')]
  return [...texts.map((text) => Buffer.from(text, 'utf16le')), ...[...rare, ...lists].map((text) => Buffer.from(text))]
}

function* readMemory(pid: number): Generator<Buffer> {
  const memory = openSync(`/proc/${pid}/mem`, 'r')
  try {
    for (const line of readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n')) {
      const [, from, to] = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line) ?? []
      if (!from || !to) continue
      const size = Number(BigInt(`0x${to}`) - BigInt(`0x${from}`))
      const region = Buffer.alloc(size)
      if (readRegion(memory, region, BigInt(`0x${from}`))) yield region
    }
  } finally {
    closeSync(memory)
  }
}

function readRegion(memory: number, region: Buffer, position: bigint): boolean {
  try {
    return readSync(memory, region, 0, region.length, position) > 0
  } catch (error) {
    // Mappings of devices answer EIO; they hold none of our memory.
    if ((error as NodeJS.ErrnoException).code === 'EIO') return false
    throw error
  }
}

import { createPrivateKey, createPublicKey, randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { newId } from '@waiaas/contract'
import { type SignerIdentity, sealMasterProof, sealNewPassword, WAIaaSClient } from '@waiaas/sdk'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sealImport } from '../packages/contract/src/index.ts'
import { makeSealingKeyPair, openExport } from '../packages/daemon/src/index.ts'
import { MASTER_PASSWORD, startTestDaemon, type TestDaemon } from './support/daemon.ts'
import { formsOf, readMemory } from './support/memory.ts'
import { until } from './support/until.ts'
import { GENEROUS } from './support/wallets.ts'
import { type EvmWorld, evmWorld, type SolanaWorld, solanaWorld, type World } from './support/worlds.ts'

let evm: EvmWorld
let solana: SolanaWorld
let daemon: TestDaemon
/** Keys that the daemon's signer holds and has signed with. */
const secrets: Uint8Array[] = []
let paid: string
/** A master password that the daemon was never told, but in envelopes to its signer. */
const sealedPassword = `sealed ${randomBytes(16).toString('hex')}`

beforeAll(async () => {
  ;[evm, solana] = await Promise.all([evmWorld(), solanaWorld()])
  const prices = { 'native:local-evm': '2000', 'native:local-solana': '150' }
  daemon = await startTestDaemon({
    process: true,
    nodeArgs: ['--heapsnapshot-signal=SIGUSR2'],
    env: { ...evm.env, ...solana.env, WAIAAS_ORACLE_FIXED_PRICES: JSON.stringify(prices) },
  })
  await importAndPay(evm, 'ethereum', randomBytes(32))
  await importAndPay(solana, 'solana', randomBytes(32))
  await createPayAndExport()
  await callSealed()
})
afterAll(async () => {
  await daemon?.stop()
  await Promise.all([evm?.stop(), solana?.stop()])
})

async function importAndPay(world: World, chain: 'ethereum' | 'solana', key: Buffer): Promise<void> {
  const { publicKey: sealingKey } = await daemon.operator.getSealingKey()
  const secret =
    chain === 'ethereum'
      ? ({ format: 'private-key', secret: key.toString('hex') } as const)
      : ({ format: 'solana-keypair', secret: keypairText(key) } as const)
  const sealed = await sealImport(sealingKey, secret)
  const wallet = await daemon.operator.importWallet({ name: `imported ${chain}`, chain, sealed })
  await fund(world, wallet.publicKey)
  const { token } = await daemon.operator.createSession({ walletId: wallet.id })
  await payFrom(world, wallet.id, token)
  secrets.push(key)
}

/** The file that Solana's own tool writes: seed and public key as a list of numbers. */
function keypairText(seed: Buffer): string {
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed])
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  const point = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32)
  return JSON.stringify([...seed, ...point])
}

async function createPayAndExport(): Promise<void> {
  const wallet = await evm.wallet(daemon, { limit: GENEROUS })
  paid = await payFrom(evm, wallet.id, wallet.token)
  const recipient = makeSealingKeyPair()
  const exported = await daemon.operator.exportWallet({
    id: wallet.id,
    masterPassword: MASTER_PASSWORD,
    sealTo: recipient.publicKey,
  })
  secrets.push(Buffer.from(openExport(recipient, exported.sealed!).slice(2), 'hex'))
}

/** The operator sets another password and uses it, sealed each time: lets calls in, takes a key out, approves above a ceiling. */
async function callSealed(): Promise<void> {
  const identity = await daemon.operator.getSealingKey()
  const next = await sealNewPassword(identity.publicKey, sealedPassword)
  await sealing(identity, MASTER_PASSWORD).changeMasterPassword({ sealedPassword: next })
  const operator = sealing(identity, sealedPassword)
  const [wallet] = (await operator.listWallets({})).items
  const sealTo = makeSealingKeyPair().publicKey
  const { id, publicKey: address } = wallet!
  expect(await operator.exportWallet({ id, address, sealTo })).toMatchObject({ sealed: expect.any(String) })
  await expect(operator.adminApproveTransaction({ id: newId(), overCeiling: true })).rejects.toMatchObject({
    code: 'TX_NOT_FOUND',
  })
}

const sealing = (identity: SignerIdentity, password: string) =>
  new WAIaaSClient({
    baseUrl: daemon.url,
    masterProof: (call) => sealMasterProof(identity, { password, call }),
    retryOptions: { maxRetries: 0 },
  })

const fund = (world: World, address: string) =>
  world === evm ? evm.node.fund(address, evm.unit) : solana.node.airdrop(address, solana.unit)

async function payFrom(world: World, walletId: string, token: string): Promise<string> {
  const to = world.newAddress()
  const request = { walletId, to, amount: String(world.amount(1)), network: world.network }
  await daemon.agent(token).sendToken(request)
  await until('the payment to land', async () => (await world.balance(to)) === world.amount(1))
  return to
}

const found = (text: Buffer) => [
  ...secrets.flatMap((secret, index) =>
    [...formsOf(secret)].flatMap(([name, form]) => (text.includes(form) ? [`key ${index}: ${name}`] : [])),
  ),
  ...(['utf8', 'utf16le', 'base64', 'hex'] as const).flatMap((encoding) => {
    const form =
      encoding === 'base64' || encoding === 'hex'
        ? Buffer.from(Buffer.from(sealedPassword).toString(encoding).slice(0, 40))
        : Buffer.from(sealedPassword, encoding)
    return text.includes(form) ? [`the sealed password: ${encoding}`] : []
  }),
]

test('a heap snapshot of the daemon holds no key that was imported, created or used, and no password that came sealed', async () => {
  process.kill(daemon.pid(), 'SIGUSR2')
  const file = await until('the snapshot', () =>
    readdirSync(daemon.dataDir).find((name) => name.endsWith('.heapsnapshot')),
  )
  // It is written in one go, while nothing else runs.
  await daemon.call('GET', '/health')
  const snapshot = readFileSync(join(daemon.dataDir, file))
  expect(snapshot.includes(daemon.dataDir)).toBe(true)
  expect(found(snapshot)).toEqual([])
})

test('the memory of the daemon holds none of them either', () => {
  const seen = new Set<string>()
  let isRead = false
  for (const region of readMemory(daemon.pid())) {
    isRead ||= region.includes(paid)
    for (const name of found(region)) seen.add(name)
  }
  expect(isRead).toBe(true)
  expect([...seen]).toEqual([])
})

test('the database and the files of the daemon hold none of them', () => {
  const files = readdirSync(daemon.dataDir, { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile() && !entry.name.endsWith('.heapsnapshot'),
  )
  expect(files.map(({ name }) => name)).toContain('waiaas.db')
  for (const { parentPath, name } of files) expect(found(readFileSync(join(parentPath, name)))).toEqual([])
  expect(found(Buffer.from(daemon.output()))).toEqual([])
})

// The official client, unmodified, against the node over HTTP and WebSocket.
import {
  address,
  airdropFactory,
  appendTransactionMessageInstructions,
  assertIsTransactionWithBlockhashLifetime,
  compileTransactionMessage,
  createSolanaRpc,
  createSolanaRpcSubscriptions,
  createTransactionMessage,
  generateKeyPairSigner,
  getBase64Decoder,
  getBase64EncodedWireTransaction,
  getCompiledTransactionMessageEncoder,
  getSignatureFromTransaction,
  type Instruction,
  isSolanaError,
  type KeyPairSigner,
  lamports,
  pipe,
  SOLANA_ERROR__BLOCK_HEIGHT_EXCEEDED,
  SOLANA_ERROR__JSON_RPC__SERVER_ERROR_SEND_TRANSACTION_PREFLIGHT_FAILURE,
  sendAndConfirmTransactionFactory,
  setTransactionMessageFeePayerSigner,
  setTransactionMessageLifetimeUsingBlockhash,
  signTransactionMessageWithSigners,
  type TransactionMessageBytesBase64,
} from '@solana/kit'
import { getSetComputeUnitLimitInstruction, getSetComputeUnitPriceInstruction } from '@solana-program/compute-budget'
import { getAddMemoInstruction } from '@solana-program/memo'
import { getTransferSolInstruction } from '@solana-program/system'
import {
  fetchMint,
  fetchToken,
  findAssociatedTokenPda,
  getCreateAssociatedTokenIdempotentInstructionAsync,
  getTransferCheckedInstruction,
  TOKEN_PROGRAM_ADDRESS,
} from '@solana-program/token'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { memoProgram } from './faucet.ts'
import { createSolanaFixtures, type SolanaFixtures } from './fixtures.ts'
import { type SolanaNode, startSolana } from './node.ts'

let node: SolanaNode
let fixtures: SolanaFixtures
let alice: KeyPairSigner
beforeAll(async () => {
  node = await startSolana({ slotMs: 20 })
  fixtures = await createSolanaFixtures(node)
  alice = await fundedSigner()
})
afterAll(() => node.stop())

const client = () => ({ rpc: createSolanaRpc(node.url), rpcSubscriptions: createSolanaRpcSubscriptions(node.wsUrl) })

async function fundedSigner(): Promise<KeyPairSigner> {
  const signer = await generateKeyPairSigner()
  await node.airdrop(signer.address, 5_000_000_000n)
  return signer
}

async function signedTransaction(instructions: Instruction[], version: 0 | 'legacy' = 0) {
  const { value: lifetime } = await client().rpc.getLatestBlockhash().send()
  const message = pipe(
    createTransactionMessage({ version }),
    (draft) => setTransactionMessageFeePayerSigner(alice, draft),
    (draft) => setTransactionMessageLifetimeUsingBlockhash(lifetime, draft),
    (draft) => appendTransactionMessageInstructions(instructions, draft),
  )
  const transaction = await signTransactionMessageWithSigners(message)
  assertIsTransactionWithBlockhashLifetime(transaction)
  return { transaction, message, signature: getSignatureFromTransaction(transaction) }
}

type Confirmable = Parameters<ReturnType<typeof sendAndConfirmTransactionFactory>>[0]

async function run(instructions: Instruction[], options: { version?: 0 | 'legacy'; skipPreflight?: boolean } = {}) {
  const { transaction, signature } = await signedTransaction(instructions, options.version)
  const send = sendAndConfirmTransactionFactory(client())
  const skipPreflight = options.skipPreflight ?? false
  // The size of a signed transaction is checked by the node.
  await send(transaction as Confirmable, { commitment: 'confirmed', skipPreflight })
  return signature
}

const transfer = (destination: string, amount: bigint) =>
  getTransferSolInstruction({ source: alice, destination: address(destination), amount })

test('the airdrop of the client is confirmed over the WebSocket', async () => {
  const { address: recipientAddress } = await generateKeyPairSigner()
  const airdrop = airdropFactory(client())
  const signature = await airdrop({ commitment: 'confirmed', recipientAddress, lamports: lamports(7_000_000n) })
  const { rpc } = client()
  expect((await rpc.getBalance(recipientAddress).send()).value).toBe(7_000_000n)
  const landed = await rpc.getTransaction(signature, { encoding: 'json', maxSupportedTransactionVersion: 0 }).send()
  expect(landed?.meta?.err).toBeNull()
})

test.each([0, 'legacy'] as const)(
  'a version %s transfer pays exactly its signature and priority fee',
  async (version) => {
    const { address: bob } = await generateKeyPairSigner()
    const signature = await run(
      [
        getSetComputeUnitLimitInstruction({ units: 50_000 }),
        getSetComputeUnitPriceInstruction({ microLamports: 1_000_000n }),
        transfer(bob, 1_000_000_000n),
        getAddMemoInstruction({ memo: 'hello' }, { programAddress: memoProgram }),
      ],
      { version },
    )
    const { rpc } = client()
    const landed = await rpc.getTransaction(signature, { encoding: 'json', maxSupportedTransactionVersion: 0 }).send()
    expect((await rpc.getBalance(bob).send()).value).toBe(1_000_000_000n)
    expect(landed?.meta?.fee).toBe(55_000n)
    expect(landed!.meta!.preBalances[0]! - landed!.meta!.postBalances[0]!).toBe(1_000_055_000n)
    expect(landed?.version).toBe(version)
  },
)

test('the fee quoted for a message without a compute limit is the one taken', async () => {
  const { address: bob } = await generateKeyPairSigner()
  const { rpc } = client()
  const { transaction, message, signature } = await signedTransaction([
    getSetComputeUnitPriceInstruction({ microLamports: 10_000n }),
    transfer(bob, 1_000_000n),
  ])
  const bytes = getCompiledTransactionMessageEncoder().encode(compileTransactionMessage(message))
  const quoted = await rpc.getFeeForMessage(getBase64Decoder().decode(bytes) as TransactionMessageBytesBase64).send()
  await sendAndConfirmTransactionFactory(client())(transaction as Confirmable, { commitment: 'confirmed' })
  const landed = await rpc.getTransaction(signature, { encoding: 'json', maxSupportedTransactionVersion: 0 }).send()
  expect(landed?.meta?.fee).toBe(quoted.value)
  expect(landed!.meta!.preBalances[0]! - landed!.meta!.postBalances[0]!).toBe(1_000_000n + quoted.value!)
})

test('a token transfer shows in balances, in parsed accounts and in the transaction', async () => {
  const { rpc } = client()
  const mint = address(fixtures.splMint)
  const { address: bob } = await generateKeyPairSigner()
  await fixtures.mintTo(mint, alice.address, 1_000_000_000n)
  const ata = async (owner: typeof bob) =>
    (await findAssociatedTokenPda({ owner, mint, tokenProgram: TOKEN_PROGRAM_ADDRESS }))[0]
  const [source, destination] = await Promise.all([ata(alice.address), ata(bob)])
  const signature = await run([
    await getCreateAssociatedTokenIdempotentInstructionAsync({ payer: alice, owner: bob, mint }),
    getTransferCheckedInstruction({ source, mint, destination, authority: alice, amount: 2_500_000n, decimals: 6 }),
  ])
  expect((await rpc.getTokenAccountBalance(destination).send()).value.uiAmountString).toBe('2.5')
  expect((await fetchToken(rpc, destination)).data.amount).toBe(2_500_000n)
  expect((await fetchMint(rpc, mint)).data.decimals).toBe(6)
  const filter = { programId: TOKEN_PROGRAM_ADDRESS }
  const owned = (await rpc.getTokenAccountsByOwner(bob, filter, { encoding: 'jsonParsed' }).send()).value
  expect(owned.map((one) => one.account.data.parsed.info.tokenAmount.amount)).toEqual(['2500000'])
  const landed = await rpc
    .getTransaction(signature, { encoding: 'jsonParsed', maxSupportedTransactionVersion: 0 })
    .send()
  const after = landed?.meta?.postTokenBalances?.find((one) => one.owner === bob)
  expect(after?.uiTokenAmount.amount).toBe('2500000')
  expect(landed?.transaction.message.instructions[1]).toMatchObject({ parsed: { type: 'transferChecked' } })
})

test('a transfer that preflight refuses is the refusal that the client knows', async () => {
  const refused = await run([transfer(fixtures.splMint, 900_000_000_000n)]).catch((error: unknown) => error)
  expect(isSolanaError(refused, SOLANA_ERROR__JSON_RPC__SERVER_ERROR_SEND_TRANSACTION_PREFLIGHT_FAILURE)).toBe(true)
})

test('a transfer that fails on chain lands, pays its fee and tells the subscriber', async () => {
  const { rpc } = client()
  const before = (await rpc.getBalance(alice.address, { commitment: 'processed' }).send()).value
  const failed = run([transfer(fixtures.splMint, 900_000_000_000n)], { skipPreflight: true })
  await expect(failed).rejects.toThrow(/instruction/i)
  expect((await rpc.getBalance(alice.address).send()).value).toBe(before - 5_000n)
  // The client hears of a failure as soon as it is processed, before it is confirmed.
  node.advance(1)
  const confirmed = await rpc.getSignaturesForAddress(alice.address, { commitment: 'confirmed', limit: 5 }).send()
  expect(confirmed.some((one) => one.err !== null)).toBe(true)
})

test('an expired transaction is given up by the client and refused by the node', async () => {
  const { transaction } = await signedTransaction([transfer(alice.address, 1n)])
  node.fault.dropSends = true
  const waiting = sendAndConfirmTransactionFactory(client())(transaction as Confirmable, { commitment: 'confirmed' })
  const outcome = waiting.catch((error: unknown) => error)
  node.advance(200)
  expect(isSolanaError(await outcome, SOLANA_ERROR__BLOCK_HEIGHT_EXCEEDED)).toBe(true)
  node.clearFaults()
  const wire = getBase64EncodedWireTransaction(transaction)
  const refused = await client()
    .rpc.sendTransaction(wire, { encoding: 'base64' })
    .send()
    .catch((error: unknown) => error)
  expect(refused).toMatchObject({ cause: { context: { __code: expect.anything() } } })
  const options = { encoding: 'base64', replaceRecentBlockhash: true } as const
  const simulated = (await client().rpc.simulateTransaction(wire, options).send()).value
  expect(simulated.err).toBeNull()
  expect(simulated.unitsConsumed).toBeGreaterThan(0n)
})

test('simulation shows the requested accounts as they would be', async () => {
  const { rpc } = client()
  const { address: bob } = await generateKeyPairSigner()
  const { transaction } = await signedTransaction([transfer(bob, 2_000_000n)])
  const accounts = { addresses: [bob, alice.address], encoding: 'base64' } as const
  const wire = getBase64EncodedWireTransaction(transaction)
  const { value } = await rpc.simulateTransaction(wire, { encoding: 'base64', sigVerify: true, accounts }).send()
  expect(value.accounts?.[0]?.lamports).toBe(2_000_000n)
  const now = (await rpc.getBalance(alice.address).send()).value
  expect(value.accounts?.[1]?.lamports).toBe(now - 2_005_000n)
  expect((await rpc.getBalance(bob).send()).value).toBe(0n)
})

test('log, account and slot subscriptions report a transfer', async () => {
  const { rpcSubscriptions } = client()
  const { address: bob } = await generateKeyPairSigner()
  const stop = new AbortController()
  const options = { abortSignal: stop.signal }
  const logs = await rpcSubscriptions
    .logsNotifications({ mentions: [bob] }, { commitment: 'confirmed' })
    .subscribe(options)
  const accounts = await rpcSubscriptions.accountNotifications(bob, { commitment: 'confirmed' }).subscribe(options)
  const slots = await rpcSubscriptions.slotNotifications().subscribe(options)
  // The client keeps only what arrives after the first read.
  const reports = Promise.all([first(logs), first(accounts), first(slots)])
  const signature = await run([transfer(bob, 3_000_000n)])
  const [log, account, slot] = await reports
  expect(log.value.signature).toBe(signature)
  expect(account.value.lamports).toBe(3_000_000n)
  expect(slot.slot).toBeGreaterThan(0n)
  stop.abort()
})

async function first<Value>(stream: AsyncIterable<Value>): Promise<Value> {
  for await (const value of stream) return value
  throw new Error('expected a notification before the end of the stream')
}

test('two hundred sends at twenty in flight all land', async () => {
  const { rpc } = client()
  const transfers = await Promise.all(
    Array.from({ length: 200 }, (_, index) => signedTransaction([transfer(alice.address, BigInt(index + 1))])),
  )
  for (let index = 0; index < transfers.length; index += 20) {
    const wires = transfers
      .slice(index, index + 20)
      .map(({ transaction }) => getBase64EncodedWireTransaction(transaction))
    await Promise.all(wires.map((wire) => rpc.sendTransaction(wire, { encoding: 'base64' }).send()))
  }
  const { value } = await rpc.getSignatureStatuses(transfers.map(({ signature }) => signature)).send()
  expect(value.every((status) => status?.err === null)).toBe(true)
})

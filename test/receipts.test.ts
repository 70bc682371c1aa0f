import type { Receipt, SendRequest } from '@waiaas/contract'
import { deployEvmFixtures, type EvmFixtures, mintToken } from '@waiaas/localnet'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { verifyReceipt } from '../packages/daemon/src/index.ts'
import { backdate } from './support/backdate.ts'
import { startTestDaemon, type TestDaemon } from './support/daemon.ts'
import { altered, evidenceKey, signedBy } from './support/receipts.ts'
import { unsignedPayment } from './support/unsigned.ts'
import { until } from './support/until.ts'
import { ETHER, GENEROUS, type TestWallet } from './support/wallets.ts'
import { type EvmWorld, envOf, evmWorld, type SolanaWorld, solanaWorld } from './support/worlds.ts'

let evm: EvmWorld
let solana: SolanaWorld
let daemon: TestDaemon
let at: EvmFixtures
let quick: TestWallet
let slow: TestWallet
let poor: TestWallet
let onSolana: TestWallet
let publicKey: string

beforeAll(async () => {
  ;[evm, solana] = await Promise.all([evmWorld(), solanaWorld()])
  at = await deployEvmFixtures(evm.node)
  const prices = JSON.parse(envOf(evm, solana).WAIAAS_ORACLE_FIXED_PRICES!) as object
  const token = { [`eip155:31337/erc20:${at.plainToken.toLowerCase()}`]: '1' }
  daemon = await startTestDaemon({
    env: { ...envOf(evm, solana), WAIAAS_ORACLE_FIXED_PRICES: JSON.stringify({ ...prices, ...token }) },
  })
  quick = await evm.wallet(daemon, { limit: GENEROUS })
  slow = await evm.wallet(daemon, { limit: { instant_max_usd: 0, notify_max_usd: 0, delay_max_usd: 0 } })
  poor = await evm.wallet(daemon, { limit: { ...GENEROUS, daily_limit_usd: 1 } })
  onSolana = await solana.wallet(daemon, { limit: GENEROUS })
  await mintToken(evm.node, at.plainToken, { to: quick.address, amount: 10n ** 24n })
  const { operator } = daemon
  await operator.changeWalletCeiling({ id: quick.id, network: evm.network, contracts: [at.plainToken, at.sink] })
  for (const policy of [
    { type: 'ALLOWED_TOKENS', rules: { tokens: [{ address: at.plainToken }] } },
    { type: 'CONTRACT_WHITELIST', rules: { contracts: [{ address: at.sink }] } },
    { type: 'APPROVED_SPENDERS', rules: { spenders: [{ address: at.sink }] } },
    { type: 'SIGN_MESSAGE_RULES', rules: { personal: 'INSTANT' } },
  ] as const)
    await operator.createPolicy({ walletId: quick.id, ...policy })
  publicKey = (await operator.getAuditCheckpoint()).publicKey
})
afterAll(async () => {
  await daemon?.stop()
  await Promise.all([evm?.stop(), solana?.stop()])
})

type Sent = { id: string; details?: { transactionId?: string } }
/** Asks for something; its id, also where it was refused. */
async function send(wallet: TestWallet, network: string, body: Partial<SendRequest>): Promise<string> {
  const answer = await daemon.call<Sent>('POST', '/v1/transactions/send', {
    ...{ as: wallet.token, body: { network, ...body } },
  })
  return answer.body.id ?? answer.body.details?.transactionId ?? expect.fail(answer.text)
}
const small = () => ({ to: evm.newAddress(), amount: String(evm.amount(0)) })
const OVER = ['CONFIRMED', 'FAILED', 'CANCELLED', 'SIGNED']
async function ended(id: string): Promise<void> {
  let last: unknown
  const isOver = async () => {
    const { status, type, tier, waitReason, error } = await daemon.operator.getTransaction({ id })
    last = { status, type, tier, waitReason, error }
    if (OVER.includes(status)) return true
    await Promise.all([evm.finalise(), solana.finalise()])
    return false
  }
  await until(`transaction ${id} to end`, isOver).catch((cause) => {
    throw new Error(`it has not ended: ${JSON.stringify(last)}`, { cause })
  })
}
const whole = (id: string): Promise<Receipt> => daemon.operator.getReceipt({ id })
/** As it is on the other machine: nothing but the text. */
const verified = (receipt: Receipt, key = publicKey) => verifyReceipt(JSON.parse(JSON.stringify(receipt)), key)

/** One of each kind, on both chains. */
const kinds: Record<string, () => Promise<string>> = {
  'a transfer': () => send(quick, evm.network, { type: 'TRANSFER', ...small() }),
  'a transfer on Solana': () =>
    send(onSolana, solana.network, { type: 'TRANSFER', to: solana.newAddress(), amount: '1000000' }),
  'a batch on Solana': () =>
    send(onSolana, solana.network, {
      type: 'BATCH',
      instructions: [1, 2].map((index) => ({ to: solana.newAddress(), amount: String(1_000_000 + index) })),
    } as Partial<SendRequest>),
  'a token': () =>
    send(quick, evm.network, {
      type: 'TOKEN_TRANSFER',
      to: evm.newAddress(),
      amount: '5',
      token: { address: at.plainToken } as never,
    }),
  'an approval': () =>
    send(quick, evm.network, {
      type: 'APPROVE',
      spender: at.sink,
      amount: '7',
      token: { address: at.plainToken } as never,
    }),
  'a call': () => send(quick, evm.network, { type: 'CONTRACT_CALL', to: at.sink, calldata: '0xd0e30db0', value: '1' }),
  'a refusal': () =>
    send(poor, evm.network, { type: 'TRANSFER', to: evm.newAddress(), humanAmount: '1' } as Partial<SendRequest>),
  async 'what a human approved'() {
    const id = await send(slow, evm.network, { type: 'TRANSFER', ...small() })
    await daemon.operator.adminApproveTransaction({ id })
    return id
  },
  async 'what a human rejected'() {
    const id = await send(slow, evm.network, { type: 'TRANSFER', ...small() })
    await daemon.operator.adminRejectTransaction({ id })
    return id
  },
  async 'a message'() {
    await daemon.agent(quick.token).signMessage({ message: 'hello', network: evm.network })
    return (await daemon.operator.adminListTransactions({ wallet_id: quick.id, limit: 1 })).items[0]!.id
  },
  async 'a step of a plan'() {
    const steps = [1, 2].map(() => ({ to: evm.newAddress(), value: '1000' }))
    await daemon.agent(quick.token).sendPlan({ network: evm.network, steps }, { idempotencyKey: 'a-plan' })
    return (await daemon.operator.adminListTransactions({ wallet_id: quick.id, limit: 1 })).items[0]!.id
  },
  async 'what is signed for others to send'() {
    const { token, id } = await evm.wallet(daemon, { limit: GENEROUS })
    await daemon.agent(token).signTransaction({ transaction: await unsignedPayment(evm), network: evm.network })
    return (await daemon.operator.adminListTransactions({ wallet_id: id, limit: 1 })).items[0]!.id
  },
  async 'a sweep'() {
    const { id, publicKey } = await daemon.operator.createWallet({
      name: 'swept',
      chain: 'ethereum',
      environment: 'testnet',
    })
    await daemon.operator.createPolicy({ walletId: id, type: 'SPENDING_LIMIT', rules: GENEROUS })
    await evm.node.fund(publicKey, ETHER)
    const wanted = { id, to: evm.newAddress(), networks: [evm.network] }
    const shown = await daemon.operator.sweepWallet(wanted)
    await daemon.operator.sweepWallet({ ...wanted, digest: 'digest' in shown ? shown.digest : '' })
    return until('the sweep to pay', async () => {
      const { items } = await daemon.operator.adminListTransactions({ wallet_id: id, limit: 1 })
      return items[0]?.id
    })
  },
}

test('a receipt of every kind, on both chains, proves its transaction with the public key alone', async () => {
  const ids = new Map<string, string>()
  for (const [name, ask] of Object.entries(kinds)) ids.set(name, await ask())
  const found: Record<string, unknown> = {}
  for (const [name, id] of ids) {
    await ended(id)
    const receipt = await whole(id)
    const { whole: isWhole, faults, missing, proven } = await verified(receipt)
    const isAgain = proven.includes('the decision was made again, to the letter, from what it was made from')
    found[name] = { isWhole, isAgain, faults, missing }
    expect(JSON.stringify(receipt).length, name).toBeLessThan(200_000)
  }
  const good = { isWhole: true, isAgain: true, faults: [], missing: [] }
  expect(found).toEqual(Object.fromEntries([...ids.keys()].map((name) => [name, good])))
})

/** A receipt in which much stands: a call that a human approved, signed and landed. */
async function rich(): Promise<Receipt> {
  const id = await kinds['what a human approved']!()
  await ended(id)
  return whole(id)
}

test.each(['speed-up', 'cancel'] as const)(
  'a payment that was outbid by a %s is proven, with all bytes of its nonce',
  async (purpose) => {
    const statusOf = async () => (await daemon.operator.getTransaction({ id })).status
    const isKnown = (hash: string) => evm.node.rpc('eth_getTransactionByHash', [hash])
    evm.proxy.mode = 'lose-bytes'
    const id = await send(quick, evm.network, { type: 'TRANSFER', ...small() })
    try {
      await until('bytes of it to be sent', async () => (await statusOf()) === 'SUBMITTED')
      const hash = await until(`a ${purpose} to be taken`, async () => {
        await evm.node.mine(1)
        const asked = daemon.operator.replaceTransaction({ id, with: purpose })
        return asked.then(
          ({ txHash }) => txHash,
          () => undefined,
        )
      })
      // What comes later than the higher price is refused, and no block comes before that.
      await evm.node.rpc('evm_setAutomine', [false])
      evm.proxy.mode = 'pass'
      await until('the node to have it', () => isKnown(hash))
    } finally {
      evm.proxy.mode = 'pass'
      await evm.node.rpc('evm_setAutomine', [true])
    }
    await ended(id)
    expect(await statusOf()).toBe(purpose === 'cancel' ? 'CANCELLED' : 'CONFIRMED')
    const receipt = await whole(id)
    expect(receipt.signatures.map((signature) => signature.purpose)).toEqual(['send', purpose])
    const { whole: isWhole, faults, missing } = await verified(receipt)
    expect({ isWhole, faults, missing }).toEqual({ isWhole: true, faults: [], missing: [] })
  },
)

test('whatever is altered in a receipt, its signature tells', async () => {
  const receipt = await rich()
  const passed: string[] = []
  let count = 0
  for (const { path, value } of altered(receipt)) {
    count++
    if ((await verifyReceipt(value, publicKey)).whole) passed.push(path)
  }
  expect(passed).toEqual([])
  expect(count).toBeGreaterThan(200)
})

/** What nothing else of a receipt says, so that it stands on the daemon's word alone. */
const ON_ITS_WORD: readonly string[] = [
  // Another checkpoint covers the rows as well, and the heads of others are others' matter.
  ...['.evidence.checkpoints[] away', '.evidence.checkpoints[].heads[] away', '.evidence.checkpoints[].seq'],
  ...['chain', 'hash', 'seq'].map((name) => `.evidence.checkpoints[].heads[].${name}`),
  ...[
    '.evidence.links[] away',
    '.issuedAt',
    '.approval.at',
    '.held.usdMicros',
    '.signatures[].at',
    '.signatures[].error',
  ],
  ...['.transaction.createdAt', '.transaction.updatedAt', '.transaction.error'],
  // Rules that this decision does not hang on.
  ...['.policies[].rules~.delay_seconds', '.policies[].rules~.max_fee_usd'],
]

test('what is altered and signed anew by who has the key contradicts something else, but for what is named', async () => {
  const key = evidenceKey()
  for (const receipt of [await rich(), await whole(await kinds['a refusal']!())]) {
    expect((await verifyReceipt(signedBy(key, receipt), key.publicKey)).faults).toEqual([])
    const passed = new Set<string>()
    for (const { path, value } of altered(receipt)) {
      // The checkpoints, hash and signature are made anew with the rest.
      if (/^\.(hash|signature|publicKey)$|checkpoints\[\]\.(hash|signature|publicKey|at|prevHash)/.test(path)) continue
      const verdict = await verifyReceipt(signedBy(key, value as Receipt), key.publicKey)
      if (verdict.whole) passed.add(path)
    }
    expect([...passed].filter((path) => !ON_ITS_WORD.includes(path))).toEqual([])
  }
})

test('an agent has the receipts of what it asked for itself, and learns nothing of others from them', async () => {
  const id = (await rich()).transaction.id
  const receipt = await daemon.agent(slow.token).getReceipt({ id })
  const told = JSON.stringify(receipt)
  expect(receipt.evidence).toMatchObject({ links: [], checkpoints: [], isWhole: false })
  for (const other of [quick, poor, onSolana]) expect(told).not.toContain(other.id)
  const approved = receipt.evidence.rows.find(({ event }) => event === 'TX_APPROVED')
  expect(Object.keys(approved!).sort()).toEqual(['at', 'chain', 'event', 'hash', 'seq'])
  const verdict = await verified(receipt)
  expect(verdict).toMatchObject({ whole: true, faults: [], missing: [] })
  expect(verdict.word.join()).toContain('where its rows stand in the log')
  // Its rows are those of the log, which the operator can show.
  const rows = (await daemon.operator.getReceipt({ id })).evidence.rows
  expect(receipt.evidence.rows.map(({ hash }) => hash)).toEqual(rows.map(({ hash }) => hash))
  for (const [token, code] of [
    [quick.token, 'TX_NOT_FOUND'],
    [slow.token, 'TX_NOT_FOUND'],
  ] as const) {
    const foreign = token === quick.token ? id : await kinds['a transfer']!()
    await expect(daemon.agent(token).getReceipt({ id: foreign })).rejects.toMatchObject({ code })
  }
})

test('a receipt of another key, of another format or without its parts is none', async () => {
  const receipt = await rich()
  const { publicKey: other } = evidenceKey()
  expect(await verified(receipt, other)).toMatchObject({
    whole: false,
    faults: [expect.stringContaining('another key')],
  })
  for (const given of [null, 'text', [], {}, { ...receipt, format: 'waiaas-receipt-2' }, { ...receipt, more: 1 }])
    expect((await verifyReceipt(given, publicKey)).whole).toBe(false)
})

test('a receipt of what had its time says what is gone, and is not whole', async () => {
  const { id } = (await rich()).transaction
  await backdate(
    daemon,
    `update transaction_texts set request = '', draft = null, hints = null, effects = null where id = '${id}'`,
  )
  const attempts = `select id from attempts where transaction_id = '${id}'`
  await backdate(
    daemon,
    `update attempt_texts set draft = '', unsigned = '', authorisation = '' where id in (${attempts})`,
  )
  const receipt = await whole(id)
  expect(receipt).toMatchObject({ gone: ['request', 'effects', 'bytes'], request: null, effects: null })
  const { whole: isWhole, faults, missing, proven } = await verified(receipt)
  expect({ isWhole, faults }).toEqual({ isWhole: false, faults: [] })
  expect(missing).toEqual([
    'the decision: its effects have had their time',
    'what the bytes do: request, effects and bytes had their time and are not kept any more',
  ])
  expect(proven).toContain('each decision is the one that its evidence names')
})

test.each([
  [
    'another decision',
    `decision = replace(decision, '"tier":"APPROVAL"', '"tier":"DELAY"')`,
    'a decision is not the one that its evidence names',
  ],
  [
    'another request',
    `request = replace(request, '"to":"0x', '"to":"0x0')`,
    'request or effects are not those that its evidence names',
  ],
  [
    'other effects',
    `effects = replace(effects, '"amount":"1', '"amount":"2')`,
    'request or effects are not those that its evidence names',
  ],
])(
  '%s that somebody wrote into the database later is found, although the daemon signs it',
  async (_, change, fault) => {
    const { id } = (await rich()).transaction
    await backdate(daemon, `update transaction_texts set ${change} where id = '${id}'`)
    const verdict = await verified(await whole(id))
    expect(verdict.whole).toBe(false)
    expect(verdict.faults).toContain(fault)
  },
)

import { LOCAL_NETWORKS, NETWORKS } from '@waiaas/contract'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { newWallet } from '../../../test/solana-bed.ts'
import { parseSolanaMessage } from '../../keys/signer/solana-message.ts'
import { readMessage } from './message.ts'
import { signInOf } from './sign-in.ts'

const network = NETWORKS.find(({ id }) => id === 'solana-mainnet')!
const { address } = newWallet()
const read = (text: string) => signInOf(text, network, address)

type Asked = Readonly<
  Partial<Record<'domain' | 'statement' | 'uri' | 'version' | 'chainId' | 'nonce' | 'issuedAt', string>>
>
/** As wallets write it: https://github.com/phantom/sign-in-with-solana */
function written({ domain = 'app.example', statement, ...asked }: Asked, more: readonly string[] = []): string {
  const labels = { uri: 'URI', version: 'Version', chainId: 'Chain ID', nonce: 'Nonce', issuedAt: 'Issued At' } as const
  const fields = Object.entries(labels).flatMap(([key, label]) => {
    const value = asked[key as keyof typeof labels]
    return value === undefined ? [] : [`${label}: ${value}`]
  })
  const all = [...fields, ...more]
  return [
    `${domain} wants you to sign in with your Solana account:\n${address}`,
    ...(statement === undefined ? [] : [statement]),
    ...(all.length > 0 ? [all.join('\n')] : []),
  ].join('\n\n')
}
const nonce = 'oBbLoEldZs'
const issuedAt = '2026-11-30T00:00:00.000Z'

describe('a sign-in', () => {
  test.each<[string, string]>([
    ['with the least that is safe', written({ nonce })],
    ['with a time in place of a nonce', written({ issuedAt })],
    ['with a sentence', written({ statement: 'Clicking Sign only means that this wallet is yours.', nonce })],
    [
      'with everything',
      written(
        { statement: 'Hi', uri: 'https://app.example/login', version: '1', chainId: 'mainnet', nonce, issuedAt },
        [
          ...[`Expiration Time: ${issuedAt}`, `Not Before: ${issuedAt}`, 'Request ID: 7', 'Resources:'],
          ...['- https://example.com', '- https://phantom.app/'],
        ],
      ),
    ],
    ['for this cluster by its longer name', written({ chainId: 'solana:mainnet', nonce })],
    ['for this cluster by its hash', written({ chainId: network.caip2, nonce })],
  ])('%s tells who asks', (_, text) => {
    expect(read(text)).toEqual({ domain: 'app.example' })
  })

  test('names a host, and its port', () => {
    expect(read(written({ domain: 'Localhost:3000', nonce }))).toEqual({ domain: 'localhost:3000' })
  })

  test('on a local cluster is for that one', () => {
    const local = LOCAL_NETWORKS.find(({ id }) => id === 'local-solana')!
    expect(signInOf(written({ chainId: 'localnet', nonce }), local, address)).toBeDefined()
    expect(() => signInOf(written({ chainId: 'mainnet', nonce }), local, address)).toThrow('local-solana')
  })

  const good = written({ statement: 'Hi', uri: 'https://app.example', chainId: 'mainnet', nonce })
  test.each<[string, string, RegExp]>([
    ['of another account', good.replace(address, newWallet().address), /expected a sign-in of/],
    ['for another cluster', good.replace('mainnet', 'devnet'), /got one for devnet/],
    ['without nonce and time', written({ uri: 'https://app.example' }), /good for ever/],
    ['with a short nonce', written({ nonce: 'abc' }), /lines in their order/],
    ['with an account of Ethereum', good.replace('Solana', 'Ethereum'), /lines in their order/],
    ['in other letters', good.replace('sign in', 'SIGN IN'), /lines in their order/],
    ['with a line in front', `hello\n${good}`, /lines in their order/],
    ['with a line behind', `${good}\n`, /lines in their order/],
    ['with a name before the host', written({ domain: 'me@app.example', nonce }), /lines in their order/],
    ['with a scheme', written({ domain: 'https://app.example', nonce }), /lines in their order/],
    [
      'with its fields in another order',
      good.replace('URI: https://app.example\nChain ID: mainnet', 'Chain ID: mainnet\nURI: https://app.example'),
      /lines in their order/,
    ],
    ['with two sentences', good.replace('Hi', 'Hi\nthere'), /lines in their order/],
  ])('%s is refused', (_, text, why) => {
    expect(() => read(text)).toThrow(why)
  })

  test('is none where nothing of it is there', () => {
    expect(read('hello')).toBeUndefined()
  })
})

const isMessage = (bytes: Uint8Array): boolean => {
  try {
    return readMessage(bytes) !== undefined
  } catch {
    return false
  }
}

describe('no text that is signed as it stands is a transaction', () => {
  const host = fc.stringMatching(/^[a-zA-Z0-9]([-a-zA-Z0-9.]{0,40}[a-zA-Z0-9])?$/)
  const statement = fc.stringMatching(/^[ -~]{1,2000}$/)
  test('whatever its host and its sentence', () => {
    fc.assert(
      fc.property(host, statement, (domain, sentence) => {
        const text = written({ domain, statement: `.${sentence}`, nonce })
        expect(read(text)).toBeDefined()
        const bytes = Buffer.from(text)
        // So many signatures and keys are larger than any transaction.
        expect(bytes[0]! * (64 + 32)).toBeGreaterThan(4_096)
        expect(bytes[0]!).toBeLessThan(0x80)
        expect([isMessage(bytes), parseSolanaMessage(bytes) !== undefined]).toEqual([false, false])
      }),
      { numRuns: 300 },
    )
  })

  test('also where it is written so that all of its parts would be those of one', () => {
    // 49 signers, of which 45 read alone, and 46 others that do; 120 keys, a blockhash, then instructions.
    const [keys, count] = [120, 32]
    const start = written({ domain: '1-.x', statement: '' })
    const behind = `\n\nNonce: ${nonce}`
    const filling = Array.from({ length: 1_000 }, (_, at) => `${at.toString(36).padStart(3, '0')} `).join('')
    const head = (start + filling).slice(0, 4 + keys * 32 + 32)
    // Program 33, 32 accounts, 32 bytes of data.
    const each = `! ${'!'.repeat(32)} ${'x'.repeat(32)}`
    const last = `! ${'!'.repeat(32)}${String.fromCharCode(40 + behind.length)}${'y'.repeat(40)}${behind}`
    const text = `${head}${String.fromCharCode(count)}${each.repeat(count - 1)}${last}`
    expect(read(text)).toEqual({ domain: '1-.x' })
    const bytes = Buffer.from(text)
    expect([...bytes.subarray(0, 4)]).toEqual([49, 45, 46, 120])
    expect(() => readMessage(bytes)).toThrow('bytes with its signatures')
    expect(parseSolanaMessage(bytes)).toBeUndefined()
  })
})

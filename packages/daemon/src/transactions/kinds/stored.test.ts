import { SENDABLE, toBase } from '@waiaas/contract'
import { expect, test } from 'vitest'
import type { Intent, IntentOf } from '../../chains/intent.ts'
import { sha256 } from '../../platform/sha256.ts'
import { decodeRequest, encodeRequest, memoOf } from './all.ts'

const to = '0x00000000000000000000000000000000000000B0'
const token = {
  address: '0x00000000000000000000000000000000000000C0',
  asset: 'eip155:31337/erc20:0x00000000000000000000000000000000000000c0',
  symbol: 'T',
  name: 'Token',
  decimals: 6,
}

// Databases hold these texts, and keys of earlier requests their hashes. The last is the memo.
const texts: { [K in Intent['kind']]: [IntentOf<K>, string, string | null][] } = {
  transfer: [
    [{ kind: 'transfer', to, amount: toBase(5n) }, `{"kind":"transfer","to":"${to}","amount":"5"}`, null],
    [
      { kind: 'transfer', to, amount: toBase(5n), memo: 'm' },
      `{"kind":"transfer","to":"${to}","amount":"5","memo":"m"}`,
      'm',
    ],
  ],
  'token-transfer': [
    [
      { kind: 'token-transfer', to, amount: toBase(2n ** 200n), token, memo: '' },
      `{"kind":"token-transfer","to":"${to}","amount":"${2n ** 200n}","token":${JSON.stringify(token)},"memo":""}`,
      '',
    ],
  ],
  'contract-call': [
    [
      { kind: 'contract-call', to, value: toBase(7n), data: '0x12345678', tokens: [token] },
      `{"kind":"contract-call","to":"${to}","value":"7","data":"0x12345678","tokens":[${JSON.stringify(token)}]}`,
      null,
    ],
  ],
  'program-call': [
    [
      {
        kind: 'program-call',
        to: 'P',
        instructions: [{ program: 'P', accounts: [{ address: 'A', signer: true, writable: false }], data: '00ff' }],
        tokens: [token],
        owners: ['O'],
      },
      `{"kind":"program-call","to":"P","instructions":[{"program":"P","accounts":[{"address":"A","signer":true,"writable":false}],"data":"00ff"}],"tokens":[${JSON.stringify(token)}],"owners":["O"]}`,
      null,
    ],
  ],
  batch: [
    [
      {
        kind: 'batch',
        parts: [
          { type: 'TRANSFER', intent: { kind: 'transfer', to, amount: toBase(5n) } },
          { type: 'APPROVE', intent: { kind: 'approve', spender: to, amount: toBase(0n), token } },
        ],
      },
      `{"kind":"batch","parts":[{"type":"TRANSFER","intent":{"kind":"transfer","to":"${to}","amount":"5"}},{"type":"APPROVE","intent":{"kind":"approve","spender":"${to}","amount":"0","token":${JSON.stringify(token)}}}]}`,
      null,
    ],
  ],
  'nft-transfer': [
    [
      { kind: 'nft-transfer', to, contract: token.address, tokenId: toBase(3n), amount: toBase(1n), isSingle: true },
      `{"kind":"nft-transfer","to":"${to}","contract":"${token.address}","tokenId":"3","amount":"1","isSingle":true}`,
      null,
    ],
  ],
  approve: [
    [
      { kind: 'approve', spender: to, amount: toBase(0n), token },
      `{"kind":"approve","spender":"${to}","amount":"0","token":${JSON.stringify(token)}}`,
      null,
    ],
  ],
  'approve-nft': [
    [
      { kind: 'approve-nft', spender: to, contract: token.address, tokenId: toBase(3n), all: false },
      `{"kind":"approve-nft","spender":"${to}","contract":"${token.address}","tokenId":"3","all":false}`,
      null,
    ],
  ],
  'contract-deploy': [
    [
      { kind: 'contract-deploy', value: toBase(7n), data: '0x6000' },
      '{"kind":"contract-deploy","value":"7","data":"0x6000"}',
      null,
    ],
  ],
  text: [[{ kind: 'text', text: 'hello' }, '{"kind":"text","text":"hello"}', 'hello']],
  serialized: [
    [
      { kind: 'serialized', bytes: '00ff', tokens: [token], owners: ['O'] },
      `{"kind":"serialized","bytes":"00ff","tokens":[${JSON.stringify(token)}],"owners":["O"]}`,
      null,
    ],
    [
      {
        ...{ kind: 'serialized', bytes: '00', tokens: [], owners: [] },
        lookups: [{ table: 'T', at: 3, address: 'A' }],
      },
      '{"kind":"serialized","bytes":"00","tokens":[],"owners":[],"lookups":[{"table":"T","at":3,"address":"A"}]}',
      null,
    ],
  ],
  'typed-data': [
    [
      { kind: 'typed-data', data: { domain: {}, types: { A: [] }, primaryType: 'A', message: {} }, tokens: [] },
      '{"kind":"typed-data","data":{"domain":{},"types":{"A":[]},"primaryType":"A","message":{}},"tokens":[]}',
      'A',
    ],
  ],
  lane: [
    [{ kind: 'lane', purpose: 'gap-fill' }, '{"kind":"lane","purpose":"gap-fill"}', null],
    [{ kind: 'lane', purpose: 'cancel' }, '{"kind":"lane","purpose":"cancel"}', null],
  ],
}

test.each(Object.values(texts).flat())('%o is stored in one form, and read back', (intent, text, memo) => {
  const stored = { type: SENDABLE[0], network: 'local-evm', intent }
  expect(encodeRequest(stored)).toBe(`{"type":"TRANSFER","network":"local-evm","intent":${text}}`)
  expect(decodeRequest(encodeRequest(stored))).toStrictEqual(stored)
  expect(memoOf(intent)).toBe(memo)
})

test('the hash of a request is the one that earlier releases made', () => {
  const text = encodeRequest({ type: 'TRANSFER', network: 'local-evm', intent: texts.transfer[1]![0] })
  expect(sha256(text)).toBe('1eb1d06b87c52ea5a3da01ee6ce8a09417c5f0faa9ec1eed9e080623c892b075')
})

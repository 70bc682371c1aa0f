import { encodeFunctionData, getAddress, parseAbi } from 'viem'
import { expect, test } from 'vitest'
import { localEvm } from '../../../../test/evm-bed.ts'
import { effectsOf } from '../decode.ts'

const abi = parseAbi([
  'function send(address,uint256,bytes)',
  'function authorizeOperator(address)',
  'function revokeOperator(address)',
])
const [token, bob] = ['c', 'b'].map((digit) => getAddress(`0x${digit.repeat(40)}`)) as [`0x${string}`, `0x${string}`]
const read = (functionName: (typeof abi)[number]['name'], ...args: unknown[]) => {
  const data = encodeFunctionData({ abi, functionName, args } as never)
  const tx = { to: token.toLowerCase(), value: 0n, data }
  return effectsOf({ network: localEvm, sender: `0x${'a'.repeat(40)}`, tx })
}
const called = (selector: string) => ({ kind: 'call', contract: token, selector, value: '0' })

test('ERC-777 pays by a name of its own, and its operators may take all', () => {
  expect(read('send', bob, 7n, '0x1234')).toEqual([
    called('0x9bd9bbc6'),
    { kind: 'outflow', asset: `eip155:31337/erc20:${token.toLowerCase()}`, amount: '7', to: bob },
  ])
  for (const [name, selector, isGranted] of [
    ['authorizeOperator', '0x959b8c3f', true],
    ['revokeOperator', '0xfad8b32a', false],
  ] as const)
    expect(read(name, bob)).toEqual([called(selector), { kind: 'operator', contract: token, operator: bob, isGranted }])
})

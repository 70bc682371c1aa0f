import { factsOf, nativeAsset, UNREAD_RECIPIENT } from '@waiaas/contract'
import { concatHex, encodeFunctionData, getAddress, type Hex, pad, parseAbi, toHex } from 'viem'
import { entryPoint06Abi, entryPoint06Address, entryPoint07Abi, entryPoint07Address } from 'viem/account-abstraction'
import { expect, test } from 'vitest'
import { localEvm } from '../../../../test/evm-bed.ts'
import { effectsOf } from '../decode.ts'

// Operations of accounts (ERC-4337) that the wallet carries out.

const account = (digit: string): Hex => getAddress(`0x${digit.repeat(40)}`)
const [me, eve, token, safe, factory, paymaster] = ['a', 'e', 'c', '5', 'f', 'd'].map(account) as [
  Hex,
  Hex,
  Hex,
  Hex,
  Hex,
  Hex,
]
const native = nativeAsset(localEvm)
const asset = `eip155:31337/erc20:${token.toLowerCase()}`
const abi = parseAbi(['function transfer(address,uint256)', 'function execute(address,uint256,bytes)'])
const pay = encodeFunctionData({ abi, functionName: 'transfer', args: [eve, 5n] })
const execute = encodeFunctionData({ abi, functionName: 'execute', args: [token, 0n, pay] })

type Operation = { readonly callData?: Hex; readonly initCode?: Hex; readonly paymasterAndData?: Hex }
const common = {
  sender: safe,
  nonce: 0n,
  initCode: '0x',
  callData: execute,
  paymasterAndData: '0x',
  signature: '0x',
} as const
const by06 = (operation: Operation, to: Hex): Hex => {
  const gas = { callGasLimit: 100n, verificationGasLimit: 20n, preVerificationGas: 3n }
  const one = { ...common, ...gas, maxFeePerGas: 7n, maxPriorityFeePerGas: 1n, ...operation }
  return encodeFunctionData({ abi: entryPoint06Abi, functionName: 'handleOps', args: [[one], to] })
}
const by07 = (operation: Operation, to: Hex): Hex => {
  const halves = (first: bigint, second: bigint) =>
    concatHex([pad(toHex(first), { size: 16 }), pad(toHex(second), { size: 16 })])
  const gas = { accountGasLimits: halves(20n, 100n), preVerificationGas: 3n, gasFees: halves(1n, 7n) }
  return encodeFunctionData({
    abi: entryPoint07Abi,
    functionName: 'handleOps',
    args: [[{ ...common, ...gas, ...operation }], to],
  })
}
const read = (to: Hex, data: Hex) => {
  const effects = effectsOf({
    network: localEvm,
    sender: me.toLowerCase(),
    tx: { to: to.toLowerCase(), value: 0n, data: data.toLowerCase() },
  })
  return factsOf({ network: localEvm.id, sender: me, effects, fee: { asset: native, max: '0' } })
}

test.each([
  ['0.6', entryPoint06Address, by06, (100n + 3n * 20n + 3n) * 7n],
  ['0.7', entryPoint07Address, by07, (100n + 20n + 3n) * 7n],
  ['0.8', '0x4337084D9E255Ff0702461CF8895CE9E3b5Ff108', by07, (100n + 20n + 3n) * 7n],
  ['0.9', '0x433709009B8330FDa32311DF1C2AFA402eD8D009', by07, (100n + 20n + 3n) * 7n],
] as const)(
  'an entry point of version %s has accounts do what is read of them, and pay for it',
  (_, to, write, most) => {
    const plain = read(to, write({}, me))
    expect(plain.pays).toEqual([{ asset, amount: 5n, to: eve }])
    expect(plain.unknown).toEqual([])
    expect(plain.calls.map(({ contract }) => contract)).toEqual([getAddress(to), safe, safe, token])
    // Somebody else keeps what the account pays for its gas.
    expect(read(to, write({}, eve)).pays).toContainEqual({ asset: native, amount: most, to: eve })
    const sponsored = read(to, write({ paymasterAndData: concatHex([paymaster, '0x1234']) }, eve))
    expect(sponsored.pays).toContainEqual({ asset: native, amount: 0n, to: eve })
    expect(sponsored.calls).toContainEqual({ contract: paymaster, selector: null })
    const made = read(to, write({ initCode: concatHex([factory, '0x12345678']) }, me))
    expect(made.calls).toContainEqual({ contract: factory, selector: '0x12345678' })
    expect(made.unknown).toHaveLength(1)
  },
)

test('what an operation does that nobody reads is unknown, and in an odd form for anybody', () => {
  for (const [to, write] of [
    [entryPoint06Address, by06],
    [entryPoint07Address, by07],
  ] as const) {
    expect(read(to, write({ callData: '0x12345678' }, me)).unknown).toHaveLength(1)
    for (const odd of [`${write({}, me)}00`, write({ callData: `${execute}00` }, me)] as Hex[])
      expect(read(to, odd)).toMatchObject({ unknown: [expect.anything()], pays: [{ to: UNREAD_RECIPIENT }] })
    // Of another contract nobody knows what the same function does.
    expect(read(safe, write({}, me))).toMatchObject({ unknown: [expect.anything()], pays: [] })
  }
})

import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import {
  deployEvmFixtures,
  type EvmFixtures,
  type EvmNode,
  mintToken,
  multicall3Address,
  startEvm,
} from '@waiaas/localnet'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestDaemon, type TestDaemon } from '../support/daemon.ts'
import { proxyUrl } from '../support/json-rpc.ts'
import { until } from '../support/until.ts'
import { evmBalance, evmWallet, newEvmAddress, type TestWallet } from '../support/wallets.ts'

// The programs of others, as their authors publish them, with a policed wallet as their node: each pays within its limits, and
// says the daemon's reason where it may not.

const root = join(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'waiaas-tools-'))
const ran = promisify(execFile)
const TOOLS = ['ethers@6.17.0', '@foundry-rs/cast@1.7.1', '@foundry-rs/forge@1.7.1', 'hardhat@3.18.0']
const LIMITS = { instant_max_usd: 200, notify_max_usd: 200, delay_max_usd: 500, daily_limit_usd: 1_000 }

const SPENDER = newEvmAddress()
let node: EvmNode
let daemon: TestDaemon
let wallet: TestWallet
let fixtures: EvmFixtures
const env = { PATH: [join(folder, 'node_modules/.bin'), dirname(process.execPath), process.env.PATH].join(delimiter) }

beforeAll(async () => {
  writeFileSync(join(folder, 'package.json'), '{ "name": "somebody-else", "private": true, "type": "module" }')
  const words = ['install', '--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts', ...TOOLS]
  await ran('npm', words, { cwd: folder, env: { ...process.env, ...env } })
  node = await startEvm()
  fixtures = await deployEvmFixtures(node)
  const asset = `eip155:31337/erc20:${fixtures.permitToken.toLowerCase()}`
  daemon = await startTestDaemon({
    env: {
      WAIAAS_RPC_EVM_LOCAL_EVM: node.url,
      WAIAAS_ORACLE_FIXED_PRICES: JSON.stringify({ 'native:local-evm': '2000', [asset]: '1' }),
      WAIAAS_RPC_PROXY_ENABLED: 'true',
    },
  })
  wallet = await evmWallet(daemon, node, { limit: LIMITS })
  await mintToken(node, fixtures.permitToken, { to: wallet.address, amount: 1_000_000_000n })
  const policy = (type: string, rules: object) =>
    daemon.operator.createPolicy({ walletId: wallet.id, type, rules } as never)
  await policy('ALLOWED_TOKENS', { tokens: [{ address: fixtures.permitToken }] })
  await policy('APPROVED_SPENDERS', { spenders: [{ address: SPENDER }] })
  await policy('CONTRACT_WHITELIST', { contracts: [{ address: multicall3Address }, { address: fixtures.permitToken }] })
})
afterAll(async () => {
  await daemon?.stop()
  await node?.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** What a program said, in which no colours are. Those of Foundry from npm end with 0 in any case. */
async function said(file: string, args: readonly string[], cwd = folder): Promise<{ text: string }> {
  const more = { NO_COLOR: '1', HOME: folder }
  const { stdout, stderr } = await ran(file, args, { cwd, env: { ...env, ...more } }).catch(
    (error: { stdout: string; stderr: string }) => error,
  )
  return { text: stdout + stderr }
}
const header = () => `Authorization: Bearer ${wallet.token}`

/** The operator lets the next one pass that waits: of code that nobody knows a person decides. */
async function approvesNext(): Promise<void> {
  const { id } = await until('something to wait', async () => {
    const { items } = await daemon.operator.adminListTransactions({ wallet_id: wallet.id, status: 'QUEUED' })
    return items[0]
  })
  await daemon.operator.adminApproveTransaction({ id, overCeiling: true })
}

test('ethers pays, pays a token, signs a permit, deploys and calls several contracts at once, and tells what is refused', async () => {
  const to = newEvmAddress()
  writeFileSync(
    join(folder, 'with-ethers.js'),
    `
import { Contract, ContractFactory, FetchRequest, JsonRpcProvider, parseEther, verifyTypedData } from 'ethers'
const [url, token, to, erc20, spender, several3] = process.argv.slice(2)
const request = new FetchRequest(url)
request.setHeader('authorization', 'Bearer ' + token)
const provider = new JsonRpcProvider(request, 31337, { staticNetwork: true, pollingInterval: 50 })
const signer = await provider.getSigner()
const sent = await signer.sendTransaction({ to, value: parseEther('0.01') })
console.log('native', (await sent.wait()).status)
const coin = new Contract(erc20, ['function transfer(address to, uint256 amount) returns (bool)'], signer)
console.log('token', (await (await coin.transfer(to, 2_000_000n)).wait()).status)
const domain = { name: 'Test USD', version: '2', chainId: 31337, verifyingContract: erc20 }
const fields = { owner: 'address', spender: 'address', value: 'uint256', nonce: 'uint256', deadline: 'uint256' }
const types = { Permit: Object.entries(fields).map(([name, type]) => ({ name, type })) }
const deadline = Math.floor(Date.now() / 1000) + 600
const permit = { owner: signer.address, spender, value: 1_000_000n, nonce: 0, deadline }
const signature = await signer.signTypedData(domain, types, permit)
console.log('permit', verifyTypedData(domain, types, permit, signature) === signer.address)
const other = { ...permit, spender: to }
await signer.signTypedData(domain, types, other).catch(({ message }) => console.log('no permit:', message))
await signer.sendTransaction({ to, value: parseEther('0.9') }).catch(({ message }) => console.log('refused:', message))
const made = await new ContractFactory([], '0x6001600c60003960016000f300', signer).deploy()
console.log('deployed', (await made.waitForDeployment()) === made)
const multicall = ['function aggregate3((address target, bool allowFailure, bytes callData)[] calls) payable']
const several = new Contract(several3, multicall, signer)
const looks = { target: erc20, allowFailure: false, callData: '0x18160ddd' }
console.log('several', (await (await several.aggregate3([looks, looks])).wait()).status)
provider.destroy()
`,
  )
  const args = [proxyUrl(daemon, wallet), wallet.token, to, fixtures.permitToken, SPENDER, multicall3Address]
  const [{ text }] = await Promise.all([
    said(process.execPath, ['with-ethers.js', ...args]),
    approvesNext().then(approvesNext),
  ])
  expect(text).toMatch(/^native 1\ntoken 1\npermit true\nno permit: .*is not one of those that may be allowed/)
  expect(text).toMatch(/refused: .*does not fit: .* would pass now.*\ndeployed true\nseveral 1\n$/)
  expect(await evmBalance(node, to)).toBe(10n ** 16n)
})

test('cast sends with the wallet as its node, and prints why a payment is refused', async () => {
  const to = newEvmAddress()
  const send = (value: string) =>
    said('cast', [
      ...['send', to, '--value', value, '--from', wallet.address, '--unlocked'],
      ...['--rpc-url', proxyUrl(daemon, wallet), '--rpc-headers', header()],
    ])
  const paid = await send('0.01ether')
  expect(paid.text).toMatch(/status\s+1 \(success\)/)
  expect(await evmBalance(node, to)).toBe(10n ** 16n)
  const refused = await send('0.9ether')
  expect(refused.text).toMatch(/Refused: .*does not fit/)
})

/** A project of forge with one contract and one script, and the compiler of solc-js behind the command line of the native one. */
function forgeProject(): string {
  const at = join(folder, 'forge')
  for (const each of ['src', 'script']) mkdirSync(join(at, each), { recursive: true })
  const compiler = join(at, 'solc.cjs')
  const solc = JSON.stringify(join(root, 'node_modules/solc/index.js'))
  writeFileSync(
    compiler,
    `#!${process.execPath}
const solc = require(${solc})
if (process.argv.includes('--version')) console.log('solc\\nVersion: ' + solc.version())
else process.stdout.write(solc.compile(require('node:fs').readFileSync(0, 'utf8')))
`,
    { mode: 0o755 },
  )
  writeFileSync(join(at, 'foundry.toml'), `[profile.default]\nsolc = "${compiler}"\noffline = true\n`)
  const licence = '// SPDX-License-Identifier: MIT\npragma solidity ^0.8.20;\n'
  writeFileSync(join(at, 'src/Mark.sol'), `${licence}contract Mark { uint256 public constant WORTH = 7; }\n`)
  writeFileSync(
    join(at, 'script/Pay.s.sol'),
    `${licence}interface Vm { function startBroadcast() external; function stopBroadcast() external; }
contract Pay {
  Vm constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
  function run(address payable to) external {
    vm.startBroadcast();
    (bool sent,) = to.call{value: 0.005 ether}("");
    require(sent, "not sent");
    (sent,) = to.call{value: 0.004 ether}("");
    require(sent, "not sent");
    vm.stopBroadcast();
  }
}
`,
  )
  return at
}

test('forge deploys once a person lets it, and runs a script with an address that is a token', async () => {
  const at = forgeProject()
  const creating = said(
    'forge',
    [
      ...['create', 'src/Mark.sol:Mark', '--broadcast', '--from', wallet.address, '--unlocked'],
      ...['--rpc-url', proxyUrl(daemon, wallet), '--rpc-headers', header()],
    ],
    at,
  )
  const [created] = await Promise.all([creating, approvesNext()])
  expect(created.text).toContain('Deployed to: 0x')

  const { url } = await daemon.agent(wallet.token).createRpcUrl({ network: 'local-evm' })
  const to = newEvmAddress()
  const script = (...more: string[]) =>
    said(
      'forge',
      [
        ...['script', 'script/Pay.s.sol:Pay', '--sig', 'run(address)', to, '--broadcast', '--slow'],
        ...['--unlocked', '--sender', wallet.address, '--rpc-url', url, ...more],
      ],
      at,
    )
  const ran = await script()
  expect(ran.text).toContain('ONCHAIN EXECUTION COMPLETE & SUCCESSFUL')
  expect(await evmBalance(node, to)).toBe(9n * 10n ** 15n)
})

test('hardhat pays from a script, and prints why a payment is refused', async () => {
  const at = join(folder, 'hardhat')
  mkdirSync(join(at, 'scripts'), { recursive: true })
  writeFileSync(join(at, 'package.json'), '{ "name": "somebody-else", "private": true, "type": "module" }')
  writeFileSync(
    join(at, 'hardhat.config.js'),
    `export default { networks: { wallet: {
  type: 'http', chainType: 'l1', url: ${JSON.stringify(proxyUrl(daemon, wallet))},
  httpHeaders: { Authorization: ${JSON.stringify(`Bearer ${wallet.token}`)} },
} } }
`,
  )
  const to = newEvmAddress()
  writeFileSync(
    join(at, 'scripts/pay.js'),
    `import { network } from 'hardhat'
const { provider } = await network.connect('wallet')
const [from] = await provider.request({ method: 'eth_accounts', params: [] })
const pay = (value) => provider.request({ method: 'eth_sendTransaction', params: [{ from, to: '${to}', value }] })
console.log('paid', await pay('0x2386f26fc10000'))
await pay('0xc7d713b49da0000').catch(({ message }) => console.log('refused:', message))
`,
  )
  const { text } = await said(join(folder, 'node_modules/.bin/hardhat'), ['run', '--no-compile', 'scripts/pay.js'], at)
  expect(text).toMatch(/paid 0x[0-9a-f]{64}\nrefused: .*does not fit/)
  expect(await evmBalance(node, to)).toBe(10n ** 16n)
})

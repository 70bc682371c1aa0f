import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { ConfigError, type Environment, loadConfig } from './config.ts'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'waiaas-config-'))
  folders.push(made)
  return made
}

function load(toml: string | undefined, env: Environment = {}) {
  const dataDir = folder()
  if (toml !== undefined) writeFileSync(join(dataDir, 'config.toml'), toml, { mode: 0o600 })
  return loadConfig({ dataDir, env })
}

async function problems(toml: string | undefined, env: Environment = {}): Promise<readonly string[]> {
  const error = await load(toml, env).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof ConfigError)) throw error ?? new Error('expected a ConfigError, got a configuration')
  return error.problems
}

test('without a file and variables every setting has its default', async () => {
  const { settings, origins, warnings } = await load(undefined)
  expect(settings['daemon.port']).toBe(3100)
  expect(settings['security.cors_origins']).toContain('http://localhost:3100')
  expect(new Set(origins.values())).toEqual(new Set(['default']))
  expect(warnings).toEqual([])
})

test('the environment comes before the file, and the file before the defaults', async () => {
  const toml = '[daemon]\nport = 4000\nlog_level = "warn"\n'
  const { settings, origins } = await load(toml, { WAIAAS_DAEMON_PORT: '5000', HOME: '/root' })
  expect(settings['daemon.port']).toBe(5000)
  expect(settings['daemon.log_level']).toBe('warn')
  expect(settings['daemon.hostname']).toBe('127.0.0.1')
  expect([...origins].filter(([, origin]) => origin !== 'default')).toEqual([
    ['daemon.port', 'environment'],
    ['daemon.log_level', 'file'],
  ])
})

test('lists, prices and added networks are read from TOML and from variables', async () => {
  const toml = `
    [security]
    allowed_hosts = ["wallets.example.org"]
    [rpc_pool]
    ethereum-mainnet = ["http://127.0.0.1:1", "http://127.0.0.1:2"]
    [oracle.fixed_prices]
    "native:ethereum-sepolia" = "2000"
    [[networks.evm]]
    id = "my-chain"
    chainId = 4242
    environment = "testnet"
    rpc = ["http://127.0.0.1:3"]
    symbol = "MINE"
  `
  const { settings } = await load(toml, {
    WAIAAS_SECURITY_CORS_ORIGINS: 'http://a.example, http://b.example',
    WAIAAS_RPC_EVM_ETHEREUM_SEPOLIA: 'http://127.0.0.1:8545',
  })
  expect(settings['security.allowed_hosts']).toEqual(['wallets.example.org'])
  expect(settings['security.cors_origins']).toEqual(['http://a.example', 'http://b.example'])
  expect(settings['rpc_pool.ethereum-mainnet']).toHaveLength(2)
  expect(settings['rpc.evm_ethereum_sepolia']).toBe('http://127.0.0.1:8545')
  expect(settings['oracle.fixed_prices']).toEqual({ 'native:ethereum-sepolia': '2000' })
  expect(settings['networks.evm'][0]).toMatchObject({ id: 'my-chain', decimals: 18 })
})

test('fixed prices are read from their documented variable', async () => {
  const prices = { 'native:ethereum-sepolia': '2000', 'eip155:11155111/erc20:0xabc': '1' }
  const { settings } = await load(undefined, { WAIAAS_ORACLE_FIXED_PRICES: JSON.stringify(prices) })
  expect(settings['oracle.fixed_prices']).toEqual(prices)
})

test('a network that nobody knows is refused in a setting, with what may have been meant', async () => {
  const prices = { 'native:etherum-sepolia': '2000', 'eip155:11155112/erc20:0xabc': '1', 'native:my-chain': '5' }
  const env = {
    WAIAAS_ORACLE_FIXED_PRICES: JSON.stringify(prices),
    WAIAAS_RPC_CONFIRMATIONS: JSON.stringify({ 'base-mainet': 3, devnet: 2, 'my-chain': 1 }),
  }
  const mine = JSON.stringify([
    { id: 'my-chain', chainId: 777_777, environment: 'mainnet', rpc: ['http://127.0.0.1:1'], symbol: 'MY' },
  ])
  expect(await problems(undefined, { ...env, WAIAAS_NETWORKS_EVM: mine })).toEqual([
    expect.stringMatching(/^rpc\.confirmations: no network is called "base-mainet" \(did you mean base-mainnet/),
    expect.stringMatching(
      /^oracle\.fixed_prices: no network is called "etherum-sepolia" \(did you mean ethereum-sepolia/,
    ),
    expect.stringMatching(
      /^oracle\.fixed_prices: no network is called "eip155:11155112" \(did you mean eip155:11155111/,
    ),
  ])
  // Without the network that is added nobody knows it.
  expect(await problems(undefined, env)).toHaveLength(5)
})

test('unknown sections and keys are refused by name, all at once, with what may have been meant', async () => {
  const found = await problems('port = 1\n[deamon]\nport = 1\n[daemon]\nprot = 1\n[security.x]\ny = 1\n')
  expect(found).toHaveLength(4)
  expect(found[0]).toMatch(/config\.toml: port: expected it in a section, as port = … under \[daemon\]/)
  expect(found[1]).toMatch(/\[deamon\]: no such section \(did you mean daemon\?\); known are daemon,/)
  expect(found[2]).toMatch(/daemon\.prot: no such setting; .*did you mean daemon\.port/)
  expect(found[3]).toMatch(/security\.x: no such setting/)
})

test('a syntax error is refused with its line', async () => {
  expect(await problems('[daemon]\nport = 1\nlog_level = warn\n')).toEqual([
    expect.stringMatching(/^config\.toml, line 3, column \d+: /),
  ])
})

test.each([
  ['[daemon]\nport = "many"\n', /daemon\.port: expected a whole number from 0 to 65535/],
  ['[daemon]\nport = 65536\n', /daemon\.port: expected a whole number/],
  ['[daemon]\nport = 3100.5\n', /daemon\.port: expected a whole number/],
  ['[daemon]\nhostname = 5\n', /daemon\.hostname: expected text in quotes/],
  ['[daemon.port]\nx = 1\n', /daemon\.port: expected a number, got a table; sections are flat/],
  ['[daemon]\nlog_level = "loud"\n', /daemon\.log_level: expected one of trace, debug/],
  ['[policy]\ndefault_deny_tokens = "yes"\n', /policy\.default_deny_tokens: expected true or false/],
  ['[rpc]\nevm_ethereum_mainnet = "ftp://x"\n', /rpc\.evm_ethereum_mainnet: expected an http/],
])('the value in %j is refused', async (toml, expected) => {
  expect(await problems(toml)).toEqual([expect.stringMatching(expected)])
})

test('unknown variables are refused with near names; foreign and empty ones are left alone', async () => {
  expect(await problems(undefined, { WAIAAS_DEAMON_PORT: '1', WAIAAS_FOO: 'x' })).toEqual([
    expect.stringMatching(/^WAIAAS_DEAMON_PORT: no setting has this name \(did you mean WAIAAS_DAEMON_PORT/),
    expect.stringMatching(/^WAIAAS_FOO: no setting has this name/),
  ])
  const { settings } = await load(undefined, { WAIAAS_DAEMON_PORT: '', WAIAAS_DATA_DIR: '/x', PORT: '1' })
  expect(settings['daemon.port']).toBe(3100)
})

test('a variable may name a file; both forms at once, or a file that cannot be read, are refused', async () => {
  const file = join(folder(), 'port')
  writeFileSync(file, '4100\n')
  const { settings } = await load(undefined, { WAIAAS_DAEMON_PORT_FILE: file })
  expect(settings['daemon.port']).toBe(4100)
  expect(await problems(undefined, { WAIAAS_DAEMON_PORT_FILE: file, WAIAAS_DAEMON_PORT: '1' })).toEqual([
    'WAIAAS_DAEMON_PORT_FILE and WAIAAS_DAEMON_PORT: expected one of them, got both',
  ])
  expect(await problems(undefined, { WAIAAS_DAEMON_PORT_FILE: `${file}-gone` })).toEqual([
    `WAIAAS_DAEMON_PORT_FILE: expected a readable file, got ENOENT for ${file}-gone`,
  ])
})

test('a secret in the environment, or in a file that others may read, is warned about without being shown', async () => {
  const secret = 'postgres://me:hunter22@127.0.0.1/db'
  const plain = await load(undefined, { WAIAAS_DATABASE_URL: secret, WAIAAS_MASTER_PASSWORD: 'hunter22' })
  expect(plain.settings['database.url']).toBe(secret)
  expect(plain.warnings).toEqual([
    expect.stringContaining('WAIAAS_DATABASE_URL'),
    expect.stringContaining('WAIAAS_MASTER_PASSWORD'),
  ])
  const file = join(folder(), 'url')
  writeFileSync(file, secret)
  chmodSync(file, 0o644)
  const open = await load(undefined, { WAIAAS_DATABASE_URL_FILE: file })
  expect(open.warnings).toEqual([expect.stringMatching(/others may read the secret/)])
  chmodSync(file, 0o600)
  expect((await load(undefined, { WAIAAS_DATABASE_URL_FILE: file })).warnings).toEqual([])
  expect(JSON.stringify([plain.warnings, open.warnings])).not.toContain('hunter22')
  expect(await problems(undefined, { WAIAAS_DATABASE_URL: 'hunter22' })).toEqual([
    'WAIAAS_DATABASE_URL: database.url: expected a postgres:// address',
  ])
})

test('paths are what somebody who never met a shell means by them', async () => {
  const env: Environment = { HOME: '/home/op', WAIAAS_DATABASE_PATH: '~/wallets.db\r', WAIAAS_DAEMON_PORT: '4000\r' }
  const { settings } = await load('[backup]\ndir = "~/backups"\n', env)
  expect(settings['database.path']).toBe('/home/op/wallets.db')
  expect(settings['backup.dir']).toBe('/home/op/backups')
  expect(settings['daemon.port']).toBe(4000)
  expect(
    await problems('[backup]\ndir = "$HOME/backups"\n', {
      WAIAAS_DATABASE_PATH: '~op/x',
      WAIAAS_DATABASE_URL_FILE: '"/x"',
    }),
  ).toEqual([
    expect.stringMatching(/^config.toml: backup.dir: expected a path without variables/),
    expect.stringMatching(/^WAIAAS_DATABASE_PATH: database.path: expected ~\/ for the own home/),
    expect.stringMatching(/^WAIAAS_DATABASE_URL_FILE: expected a path without quotes/),
  ])
  expect(await problems('[database]\npath = ""\n')).toEqual([expect.stringMatching(/the path of a file, got nothing/)])
})

test('quotes that a shell would have taken away are refused, and what is in them is told to nobody', async () => {
  const names = [
    'WAIAAS_DAEMON_PORT',
    'WAIAAS_DATABASE_URL',
    'WAIAAS_DAEMON_HOSTNAME',
    'WAIAAS_RPC_EVM_ETHEREUM_SEPOLIA',
  ]
  for (const name of names) {
    const [problem] = await problems(undefined, { [name]: '"http://u:secret@h/"' })
    expect(problem).toMatch(/with quotes around it: take them away$/)
    expect(problem).not.toContain('secret')
  }
})

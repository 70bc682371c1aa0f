import { execFile, execFileSync } from 'node:child_process'
import { cpSync, globSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deployEvmFixtures, evmPerson, mintToken, type Person, startEvm, startSolana } from '@waiaas/localnet'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MASTER_PASSWORD, startTestDaemon } from '../support/daemon.ts'
import { unsignedPayment } from '../support/unsigned.ts'
import { evmWallet, GENEROUS, newEvmAddress, newSolanaAddress, solanaWallet } from '../support/wallets.ts'

// The tests themselves are Python, in packages/python/tests: they run once, and each is told of here by its name.

const root = join(import.meta.dirname, '../..')
const tests = join(root, 'packages/python/tests')
const python = process.env.WAIAAS_TEST_PYTHON ?? '/usr/bin/python3'
const names = globSync('test_*.py', { cwd: tests }).flatMap((file) => namesIn(file))

/** As unittest has them: module.Class.method. */
function namesIn(file: string): string[] {
  const text = readFileSync(join(tests, file), 'utf8')
  return text.split(/^class (?=\w+)/m).flatMap((part) => {
    const [, name] = /^(\w+)\(/.exec(part) ?? []
    return [...part.matchAll(/^ {4}(?:async )?def (test_\w+)/gm)].map(
      ([, method]) => `${file.replace(/\.py$/, '')}.${name}.${method}`,
    )
  })
}

const folder = mkdtempSync(join(tmpdir(), 'waiaas-test-python-'))
const ends: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })]
let found: Record<string, string> = {}

/** The package as people get it: a wheel, in a folder of its own. Nothing comes from a network. */
function installed(): string {
  const [source, wheels, site] = ['source', 'wheels', 'site'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ]
  cpSync(join(root, 'packages/python'), source, { recursive: true })
  const pip = (...words: string[]) =>
    execFileSync(python, ['-m', 'pip', '-q', ...words], { stdio: ['ignore', 'pipe', 'inherit'] })
  pip('wheel', '--no-index', '--no-deps', '--no-build-isolation', '-w', wheels, source)
  const [wheel] = readdirSync(wheels)
  pip('install', '--no-index', '--no-deps', '--target', site, join(wheels, wheel!))
  return site
}

/** Somebody's wallet app: it signs what it is sent. */
async function signerAt({ signMessage }: Person): Promise<string> {
  const answered = async (request: IncomingMessage) => signMessage(Buffer.concat(await request.toArray()))
  const server = createServer((request, response) => {
    answered(request).then(
      (signature) => response.end(signature),
      (cause: Error) => response.destroy(cause),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  ends.push(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

/** What a daemon is told of both chains. */
async function chains() {
  const [evm, solana] = await Promise.all([startEvm({ slotsInAnEpoch: 1 }), startSolana({ slotMs: 50 })])
  ends.push(() => Promise.all([evm.stop(), solana.stop()]))
  const { plainToken } = await deployEvmFixtures(evm)
  const prices = {
    ...{ 'native:local-evm': '2000', 'native:local-solana': '150' },
    [`eip155:31337/erc20:${plainToken.toLowerCase()}`]: '1',
  }
  const env = {
    WAIAAS_RPC_EVM_LOCAL_EVM: evm.url,
    WAIAAS_RPC_LOCAL_SOLANA: solana.url,
    WAIAAS_ORACLE_FIXED_PRICES: JSON.stringify(prices),
  }
  return { evm, solana, token: plainToken, env }
}
type Chains = Awaited<ReturnType<typeof chains>>

/** A daemon with a wallet on each chain, one whose payments wait for a person, and one that signs what was built elsewhere. */
async function served({ evm, solana, token, env }: Chains) {
  const daemon = await startTestDaemon({ process: true, env })
  ends.push(() => daemon.stop())
  const careful = { instant_max_usd: 1, notify_max_usd: 1, delay_max_usd: 1, over_limit: 'APPROVAL' }
  const wallets = {
    evm: await evmWallet(daemon, evm, { limit: GENEROUS }),
    solana: await solanaWallet(daemon, solana, { limit: GENEROUS }),
    careful: await evmWallet(daemon, evm, { limit: careful }),
    signing: await evmWallet(daemon, evm, { limit: GENEROUS }),
  }
  await mintToken(evm, token, { to: wallets.evm.address, amount: 10n ** 21n })
  const unsigned = await unsignedPayment({ node: evm, newAddress: newEvmAddress })
  return { url: daemon.url, unsigned, ...wallets }
}

async function scene() {
  const on = await chains()
  const owner = evmPerson()
  return {
    ...(await served(on)),
    // One of its own for what stops everything.
    walked: await served(on),
    ...{ password: MASTER_PASSWORD, token: on.token },
    owner: { address: owner.address, signer: await signerAt(owner) },
    recipients: { evm: newEvmAddress(), solana: newSolanaAddress() },
  }
}

beforeAll(async () => {
  const site = installed()
  const env = {
    PATH: process.env.PATH,
    PYTHONPATH: site,
    PYTHONDONTWRITEBYTECODE: '1',
    WAIAAS_TEST_SCENE: JSON.stringify(await scene()),
    WAIAAS_TEST_README: join(root, 'packages/python/README.md'),
  }
  const output = await new Promise<string>((resolve) => {
    execFile(python, ['run.py'], { cwd: tests, env, timeout: 120_000 }, (_, stdout, stderr) =>
      resolve(`${stderr}\n${stdout}`),
    )
  })
  try {
    found = JSON.parse(output.slice(output.lastIndexOf('\n{') + 1)) as Record<string, string>
  } catch {
    throw new Error(`the Python tests did not come to their end:\n${output}`)
  }
})
afterAll(async () => {
  for (const end of ends.reverse()) await end()
})

describe('the Python client', () => {
  test.each(names)('%s', (name) => expect(found[name] ?? 'not run').toBe('ok'))

  test('has no test that is not named here', () => expect(Object.keys(found).toSorted()).toEqual(names.toSorted()))
})

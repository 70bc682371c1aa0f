import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { freeForgotten } from './pool.ts'

export type EvmOptions = {
  /** EIP-155 chain id; any network's, so that tests can run as mainnet. Default 31337. */
  chainId?: number
  /** Seconds between blocks, fractions allowed. Default: a block for each transaction. */
  blockTime?: number
  /** Gas of one block. Default: Anvil's 30 million. */
  gasLimit?: bigint
  /** A block is safe this many blocks behind the head, and finalized twice as many. Default 32. */
  slotsInAnEpoch?: number
  /** Default 0: any free port. */
  port?: number
  /** Further arguments of the Anvil command line. */
  extraArgs?: readonly string[]
}

/** A running Anvil. Amounts are wei. */
export type EvmNode = {
  readonly url: string
  readonly chainId: number
  readonly pid: number
  /** One JSON-RPC call; throws with the node's code and message when it answers an error. */
  rpc(method: string, params?: readonly unknown[]): Promise<unknown>
  /** Adds to the balance without a transaction. */
  fund(address: string, wei: bigint): Promise<void>
  mine(blocks?: number): Promise<void>
  stop(): Promise<void>
}

type Running = { child: ChildProcess; folder: string }

const startDeadlineMs = 30_000
const running = new Set<Running>()
// A thrown error or process.exit() must leave neither nodes nor files behind; one listener serves them all.
process.on('exit', () => {
  for (const one of running) discard(one)
})

function discard(one: Running): void {
  one.child.kill('SIGKILL')
  rmSync(one.folder, { recursive: true, force: true })
  running.delete(one)
}

/** Starts an Anvil on loopback. Rejects with the node's own words when it does not come up. */
export async function startEvm(options: EvmOptions = {}): Promise<EvmNode> {
  const chainId = options.chainId ?? 31337
  const binary = anvilBinary()
  // Anvil moves old states to disk, by default below the home directory, and forgets them there when it is killed.
  const folder = mkdtempSync(join(tmpdir(), 'localnet-anvil-'))
  const child = spawn(binary, [...commandLine(chainId, options), '--cache-path', folder], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const one = { child, folder }
  running.add(one)
  try {
    const url = `http://127.0.0.1:${await listeningPort(child)}`
    return await node(one, url, chainId)
  } catch (error) {
    discard(one)
    throw error
  }
}

async function node(one: Running, url: string, chainId: number): Promise<EvmNode> {
  const { child } = one
  const rpc = (method: string, params: readonly unknown[] = []) => call(url, method, params)
  // Anvil writes a line for every call, which costs time and which nobody reads.
  await rpc('anvil_setLoggingEnabled', [false])
  const stopping = new AbortController()
  child.once('exit', () => stopping.abort())
  void freeForgotten(rpc, stopping.signal)
  return {
    ...evmNodeAt(url),
    chainId,
    // Set by now: the process has written its port.
    pid: child.pid as number,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        const gone = once(child, 'exit')
        child.kill('SIGKILL')
        await gone
      }
      discard(one)
    },
  }
}

/** What an Anvil can be asked that runs somewhere. */
export function evmNodeAt(url: string): Pick<EvmNode, 'url' | 'rpc' | 'fund' | 'mine'> {
  const rpc = (method: string, params: readonly unknown[] = []) => call(url, method, params)
  return {
    url,
    rpc,
    async fund(address, wei) {
      await rpc('anvil_addBalance', [address, hex(wei)])
    },
    async mine(blocks = 1) {
      await rpc('anvil_mine', [hex(blocks)])
    },
  }
}

// The platform package holds the binary itself, so the install script of @foundry-rs/anvil need not run.
function anvilBinary(): string {
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch
  const platform = `@foundry-rs/anvil-${process.platform}-${architecture}`
  const name = process.platform === 'win32' ? 'anvil.exe' : 'anvil'
  const own = createRequire(import.meta.url)
  try {
    return createRequire(own.resolve('@foundry-rs/anvil/package.json')).resolve(`${platform}/bin/${name}`)
  } catch (cause) {
    throw new Error(`expected the package ${platform} to be installed; run npm ci with optional dependencies`, {
      cause,
    })
  }
}

function commandLine(chainId: number, options: EvmOptions): string[] {
  const args = ['--host', '127.0.0.1', '--port', `${options.port ?? 0}`, '--chain-id', `${chainId}`, '--color', 'never']
  if (options.blockTime !== undefined) args.push('--block-time', `${options.blockTime}`)
  if (options.gasLimit !== undefined) args.push('--gas-limit', `${options.gasLimit}`)
  if (options.slotsInAnEpoch !== undefined) args.push('--slots-in-an-epoch', `${options.slotsInAnEpoch}`)
  return [...args, ...(options.extraArgs ?? [])]
}

function listeningPort(child: ChildProcess): Promise<number> {
  const { stdout, stderr } = child
  if (!stdout || !stderr) throw new Error('expected Anvil to be started with pipes for its output')
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const complaints: string[] = []
  const deadline = setTimeout(() => reject(new Error(`Anvil named no port in ${startDeadlineMs} ms`)), startDeadlineMs)
  createInterface(stdout).on('line', (line) => {
    const port = /^Listening on .*:(\d+)$/.exec(line)?.[1]
    if (port) resolve(Number(port))
  })
  createInterface(stderr).on('line', (line) => {
    // Kept only until the node is up, and read all the same: a full pipe would stop it.
    if (complaints.length < 20) complaints.push(line)
  })
  child.once('error', reject)
  child.once('close', (code) => reject(new Error(`Anvil ended with ${code} at its start: ${complaints.join('\n')}`)))
  return promise.finally(() => clearTimeout(deadline))
}

const hex = (value: bigint | number) => `0x${value.toString(16)}`

async function call(url: string, method: string, params: readonly unknown[]): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  })
  const answer = (await response.json()) as { result?: unknown; error?: { code: number; message: string } }
  if (answer.error) throw new Error(`${method} failed with ${answer.error.code}: ${answer.error.message}`)
  return answer.result
}

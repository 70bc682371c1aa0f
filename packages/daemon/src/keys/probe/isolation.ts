import * as fs from 'node:fs'
import { createRequire } from 'node:module'

// Run by isolation.test.ts with the signer's own arguments: loads what the signer loads, tries what it must not be able to do, and reports.

const require = createRequire(import.meta.url)
const isNetwork = /^NativeModule (net|http|https|http2|tls|dgram|dns|undici)\b/

const attempts: Record<string, () => unknown> = {
  'read a file of the system': () => fs.readFileSync('/etc/passwd'),
  'read the environment of another process': () => fs.readFileSync(`/proc/${process.ppid}/environ`),
  'list a folder': () => fs.readdirSync('/'),
  'write a file': () => fs.writeFileSync('/tmp/signer-probe', 'x'),
  'write into its own code': () => fs.writeFileSync(new URL('./written', import.meta.url), 'x'),
  'start a process': () => require('node:child_process').spawnSync('/bin/true'),
  'become another program': () => process.execve?.('/bin/true', ['true'], {}) ?? fs.readFileSync('/bin/true'),
  'start a thread': () => new (require('node:worker_threads').Worker)('0', { eval: true }),
  'open the inspector': () => require('node:inspector').open(0),
  'run text as code': () => new Function('return 1')(),
}

const before = loadedModules()
await import('../signer/answer.ts')
await Promise.all([import('@scure/bip32'), import('@scure/bip39'), import('@noble/curves/secp256k1.js')])
// Taken before the attempts, which load modules of their own; Node itself loads some of these at its start.
const networkModules = loadedModules().filter((name) => !before.includes(name) && isNetwork.test(name))

const outcomes = Object.entries(attempts).map(([name, attempt]) => [name, outcome(attempt)] as const)
const report = {
  outcomes: Object.fromEntries(outcomes),
  networkModules,
  environment: { ...process.env },
}
fs.writeSync(3, JSON.stringify(report))

// Not in the types, in every Node.
function loadedModules(): string[] {
  return [...(process as unknown as { moduleLoadList: string[] }).moduleLoadList]
}

function outcome(attempt: () => unknown): string {
  try {
    attempt()
    return 'allowed'
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? (error as Error).name
  }
}

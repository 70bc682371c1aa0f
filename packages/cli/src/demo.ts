import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Localnet, startLocalnet } from '@waiaas/localnet'
import { WAIaaSClient } from '@waiaas/sdk'
import { type DaemonChild, startDaemonChild } from './demo/daemon-child.ts'
import { type Left, runScript, runToWaiting, type Waiting } from './demo/script.ts'
import { Interrupted } from './errors.ts'
import { localEnvironment } from './local-environment.ts'
import { recoveryFile, tokenFile } from './place.ts'
import { stopSignal } from './stop-signal.ts'
import { askText, canAsk, note, print } from './terminal.ts'

/** Runs the demo on chains, daemon and data directory of its own. The exit code: 0 if every step did what it should. */
export async function runDemo({ staysUp }: { staysUp: boolean }): Promise<number> {
  // Heard from the first moment on: a stop must leave neither processes nor files behind.
  const asked = stopSignal()
  const dataDir = await mkdtemp(join(tmpdir(), 'waiaas-demo-'))
  try {
    print('starting a local EVM node and a local Solana VM')
    const localnet = await startLocalnet({ evm: { blockTime: 0.25 }, solana: { slotMs: 100 } })
    try {
      const outcome = await withDaemon({ localnet, dataDir, staysUp, asked })
      if (outcome === 'stopped') return stopped()
      // The last line, also where stopping writes some.
      if (!staysUp) print(lastLine(outcome))
      return 0
    } finally {
      await localnet.stop()
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
}

type Parts = { localnet: Localnet; dataDir: string; staysUp: boolean; asked: Promise<'stopped'> }

async function withDaemon({ localnet, dataDir, staysUp, asked }: Parts): Promise<Left | 'stopped'> {
  print('starting the daemon, which provisions itself')
  const daemon = await startDaemonChild(dataDir, localEnvironment(localnet))
  try {
    const masterPassword = (await readFile(recoveryFile(dataDir), 'utf8')).trim()
    const operator = new WAIaaSClient({ baseUrl: daemon.url, masterPassword })
    const parts = { localnet, operator, url: daemon.url, dataDir, say: print }
    const isWatched = staysUp && canAsk() && process.stdout.isTTY === true
    const script = isWatched ? runToWaiting(parts) : runScript(parts).then((tally) => ({ tally, waiting: [] }))
    const outcome = await Promise.race([script, asked])
    if (outcome === 'stopped' || !staysUp) return outcome
    print(lastLine(outcome))
    print(waysIn(localnet, daemon, dataDir))
    const isOver = Promise.race([asked, daemon.ended.then(() => 'stopped' as const)])
    if ((await approveByHand(outcome.waiting, isOver)) !== 'stopped') await isOver
    return outcome
  } catch (error) {
    for (const line of daemon.lastLines()) process.stderr.write(`  daemon: ${line}\n`)
    throw error
  } finally {
    await daemon.stop()
  }
}

/** Enter approves what waits, one after the other. */
async function approveByHand(waiting: readonly Waiting[], isOver: Promise<'stopped'>): Promise<'stopped' | 'approved'> {
  for (const [index, { card, approve }] of waiting.entries()) {
    print(`\nwaits for its owner, ${index + 1} of ${waiting.length}:\n${card}`)
    const answer = askText(`press Enter to approve the ${index === 0 ? 'first' : 'next'}, Ctrl-C to end: `).catch(
      (error: unknown) => {
        if (error instanceof Interrupted) return 'stopped' as const
        throw error
      },
    )
    if ((await Promise.race([answer, isOver])) === 'stopped') {
      // Nobody waits for an answer any more.
      process.stdin.pause()
      return 'stopped'
    }
    await approve()
  }
  if (waiting.length > 0) print('nothing waits any more')
  return 'approved'
}

const lastLine = ({ tally, waiting }: Left): string => {
  const { landed, refused, stopped } = tally
  const left = waiting.length > 0 ? `, ${waiting.length} waiting` : ''
  return `demo: ${landed} landed, ${refused} refused, ${stopped} stopped${left}`
}

const waysIn = ({ evm, solana }: Localnet, { url }: DaemonChild, dataDir: string): string => `
everything stays up until Ctrl-C
  page             ${url}/admin/
  daemon           ${url}
  API reference    ${url}/reference
  OpenAPI          ${url}/doc
  operator's key   ${recoveryFile(dataDir)}
  session token    ${tokenFile(dataDir)}
  local-evm        ${evm.url}
  local-solana     ${solana.url}
try: node packages/cli/bin/waiaas.cjs tx list --data-dir ${dataDir}`

function stopped(): number {
  note('the demo was stopped before its end')
  return 1
}

import { type ChildProcess, spawn } from 'node:child_process'
import type { Duplex } from 'node:stream'
import {
  type Answer,
  type CallName,
  channelFd,
  decodeFrame,
  encodeFrame,
  frameLength,
  headerBytes,
  type SignerCalls,
} from './channel.ts'
import { KeyError } from './key-error.ts'
import { signerArguments } from './signer-arguments.ts'

type Pending = { resolve: (value: unknown) => void; reject: (error: KeyError) => void }

/** The daemon's end of one signer process. */
export type SignerProcess = {
  pid: number
  call<Name extends CallName>(name: Name, input: SignerCalls[Name]['input']): Promise<SignerCalls[Name]['output']>
  /** Closes the channel, upon which the signer wipes its keys and ends; killed if it has not after two seconds. */
  stop(): Promise<void>
}

/** Starts the process with an empty environment, no standard streams and Node's permission model. */
export function startSignerProcess(entry: URL, onExit: (code: number | null) => void): SignerProcess {
  const stdio = ['ignore', 'ignore', 'ignore', 'pipe'] as const
  const child = spawn(process.execPath, signerArguments(entry), { env: {}, cwd: '/', stdio: [...stdio] })
  const channel = child.stdio[channelFd] as Duplex
  const pending = new Map<number, Pending>()
  let lastId = 0
  let isGone = false

  const exited = new Promise<void>((resolve) => {
    const end = (code: number | null) => {
      if (isGone) return
      isGone = true
      for (const { reject } of pending.values()) reject(gone())
      pending.clear()
      onExit(code)
      resolve()
    }
    child.once('exit', end)
    child.once('error', () => end(null))
  })
  // A broken channel is followed by the exit event, which reports it.
  channel.on('error', () => undefined)
  readAnswers(channel, settle, () => child.kill('SIGKILL'))

  function settle(answer: Answer): void {
    const waiting = pending.get(answer.id)
    pending.delete(answer.id)
    if ('error' in answer) waiting?.reject(new KeyError(answer.error.code, answer.error.message))
    else waiting?.resolve(answer.value)
  }

  return {
    pid: child.pid ?? 0,
    call(name, input) {
      if (isGone) return Promise.reject(gone())
      const id = ++lastId
      const frame = encodeFrame({ id, name, input })
      const answered = new Promise<unknown>((resolve, reject) => pending.set(id, { resolve, reject }))
      channel.write(frame, () => frame.fill(0))
      // The signer answers a call with that call's output: both ends share SignerCalls.
      return answered as Promise<SignerCalls[typeof name]['output']>
    },
    stop: () => stopChild(child, channel, exited),
  }
}

const gone = () => new KeyError('KEYSTORE_LOCKED', 'the signer has stopped; restart it and unlock the keyring')

async function stopChild(child: ChildProcess, channel: Duplex, exited: Promise<void>): Promise<void> {
  channel.end()
  const killer = setTimeout(() => child.kill('SIGKILL'), 2000)
  await exited
  clearTimeout(killer)
  channel.destroy()
}

/** Takes whole answers from the stream. A signer that breaks the framing is not ours any more: `giveUp` ends it. */
function readAnswers(channel: Duplex, take: (answer: Answer) => void, giveUp: () => void): void {
  let buffered: Buffer = Buffer.alloc(0)
  channel.on('data', (chunk: Buffer) => {
    buffered = buffered.length === 0 ? chunk : Buffer.concat([buffered, chunk])
    try {
      while (buffered.length >= headerBytes) {
        const end = headerBytes + frameLength(buffered)
        if (buffered.length < end) return
        take(decodeFrame<Answer>(Buffer.from(buffered.subarray(headerBytes, end))))
        buffered = buffered.subarray(end)
      }
    } catch {
      giveUp()
    }
  })
}

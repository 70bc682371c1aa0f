import { read, writeSync } from 'node:fs'
import { type Answer, type Call, channelFd, decodeFrame, encodeFrame, frameLength, headerBytes } from '../channel.ts'
import { KeyError } from '../key-error.ts'
import { makeSigner } from './answer.ts'

// The signer is a process of its own: it reads calls from one descriptor, answers there, and ends when that closes.
// Plain file reads in place of Node's own IPC keep the environment empty and let no handle be passed in.

const { calls, lock } = makeSigner()

// Globals that could open a connection. Nothing here uses them.
for (const name of ['fetch', 'WebSocket', 'EventSource']) Reflect.deleteProperty(globalThis, name)
// A terminal's Ctrl-C or a service manager's stop reaches the whole group; the daemon finishes first and closes the channel.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)
process.on('uncaughtException', dieAtOnce)
process.on('unhandledRejection', dieAtOnce)

for (let frame = await readFrame(); frame; frame = await readFrame()) void answer(frame)
lock()
process.exit(0)

async function answer(frame: Buffer): Promise<void> {
  const { id, name, input } = decodeFrame<Call>(frame)
  const reply = await run(name, input).then(
    (value): Answer => ({ id, value }),
    (error: unknown): Answer => ({ id, error: describe(error) }),
  )
  frame.fill(0)
  const encoded = encodeFrame(reply)
  for (let at = 0; at < encoded.length; ) at += writeSync(channelFd, encoded, at)
  encoded.fill(0)
}

async function run(name: Call['name'], input: unknown): Promise<unknown> {
  if (!Object.hasOwn(calls, name)) throw new KeyError('SIGNER_FAILED', 'the signer has no such call')
  // Both ends share SignerCalls: what arrives under a name is that call's input.
  return (calls[name] as (input: unknown) => unknown)(input)
}

/** Texts of foreign errors stay here: they may quote a secret. */
function describe(error: unknown): { code: KeyError['code']; message: string } {
  if (error instanceof KeyError) return { code: error.code, message: error.message }
  const name = error instanceof Error ? error.name : typeof error
  return { code: 'SIGNER_FAILED', message: `the signer could not do this (${name})` }
}

async function readFrame(): Promise<Buffer | undefined> {
  const header = await readBytes(headerBytes)
  return header && readBytes(frameLength(header))
}

/** Undefined at the end of the channel. */
async function readBytes(count: number): Promise<Buffer | undefined> {
  const buffer = Buffer.allocUnsafeSlow(count)
  for (let at = 0; at < count; ) {
    const got = await readSome(buffer, at)
    if (got === 0) return undefined
    at += got
  }
  return buffer
}

function readSome(buffer: Buffer, at: number): Promise<number> {
  return new Promise((resolve, reject) => {
    read(channelFd, buffer, at, buffer.length - at, null, (error, got) => (error ? reject(error) : resolve(got)))
  })
}

/** An ordinary exit would wait for the pending read of the channel. */
function dieAtOnce(): void {
  lock()
  process.kill(process.pid, 'SIGKILL')
}

/**
 * `npm run test:container`: builds the image with podman and checks containers of it. Ends with the line `N passed, N failed`.
 * Where containers cannot be built or run it says what is missing, and fails nothing. Arguments are files of checks;
 * `--seconds N` is the time it may take, `--keep` leaves images and caches to make the next run faster.
 */
import { mkdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { constants } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { removeContainers, removeEverything } from './cleaning.ts'
import { endPrograms, root, runShown, state, writeEngineSettings } from './engine.ts'
import { buildImage, missingBase } from './image.ts'
import { findObstacle } from './probe.ts'
import { missingTools } from './tools.ts'

const { values, positionals } = parseArgs({
  options: { seconds: { type: 'string', default: '1200' }, keep: { type: 'boolean', default: false } },
  allowPositionals: true,
})
const limitSeconds = Number(values.seconds)
/** Twice what a run takes where everything has to be fetched: with less left, a slow machine would look like a broken image. */
const neededSeconds = 400

type Step = readonly [what: string, missing: () => Promise<string | undefined>]
const preparations: readonly Step[] = [
  ['tools', missingTools],
  ['what this machine allows', findObstacle],
  ['stand-in for the base image', missingBase],
]

/** Why the suite was ended before it was done. */
let endedBy: string | undefined
function end(why: string, exitCode: number): void {
  endedBy ??= why
  process.exitCode = exitCode
  endPrograms()
}

async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
  const startedAt = performance.now()
  const result = await work()
  console.log(`${what}: ${((performance.now() - startedAt) / 1000).toFixed(1)} s`)
  return result
}

/** Only one run may have the folder. The name is the kernel's and is free when its process is gone. */
async function isAlone(): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const held = createServer().once('error', () => resolve(false))
  held.listen('\0waiaas-container-suite', () => resolve(true)).unref()
  return promise
}

/** Undefined when this run may have the suite's folder; otherwise what is missing, and what to do. */
async function missingGround(): Promise<string | undefined> {
  if (process.getuid?.() !== 0)
    return 'root: containers with limits, networks and other users need it; run it with sudo'
  if (!(limitSeconds >= neededSeconds)) return `time: it needs ${neededSeconds} s, and ${values.seconds} s are left`
  return (await isAlone()) ? undefined : 'another run of it is not done yet; wait for it'
}

/** Undefined when the image can be built and run here; otherwise what is missing, and what to do. */
async function prepare(): Promise<string | undefined> {
  clean()
  mkdirSync(join(state, 'tools'), { recursive: true })
  writeEngineSettings()
  for (const [what, missing] of preparations) {
    const problem = await timed(what, missing).catch((error: Error) => `${what}: ${error.message}`)
    if (endedBy !== undefined) return `${what}: ${endedBy}`
    if (problem !== undefined) return problem
  }
  return undefined
}

const clean = values.keep ? removeContainers : removeEverything

/** Failures of the Dockerfile and of the checks are failures of the project, and so is time that runs out from here on. */
async function check(): Promise<number> {
  await timed('image', buildImage)
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const config = join(import.meta.dirname, 'vitest.config.ts')
  return runShown(process.execPath, [vitest, 'run', '--config', config, ...positionals])
}

function notRun(missing: string): void {
  console.log(`container suite not run: ${missing}\n0 passed, 0 failed`)
}

async function main(): Promise<void> {
  const ground = await missingGround()
  if (ground !== undefined) return notRun(ground)
  try {
    const missing = await prepare()
    if (missing !== undefined) return notRun(missing)
    const code = await check()
    if (endedBy !== undefined) throw new Error(endedBy)
    process.exitCode = code
  } catch (error) {
    console.error(`${endedBy ?? (error instanceof Error ? error.message : String(error))}\n0 passed, 1 failed`)
    process.exitCode ||= 1
  } finally {
    clean()
  }
}

const limit = setTimeout(() => end(`${limitSeconds} s were not enough`, 0), limitSeconds * 1000)
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => end(`ended by ${signal}`, 128 + constants.signals[signal]))
await main()
clearTimeout(limit)

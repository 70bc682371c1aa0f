import { operatorOf, type Program, startDaemonProcess, withDataDir } from './daemon.ts'
import { timesOf } from './latency.ts'
import { familyOf, type Memory, memoryOf } from './processes.ts'
import { median } from './statistics.ts'

export type StartUp = {
  /** Process start to /health/ready, median. */
  readonly coldStartMs: number
  /** PSS of daemon and signer. */
  readonly idleMb: number
  /** The same two processes if no other on this machine shared a page with them. */
  readonly idleAloneMb: number
  /** The first call with the master password after a start. */
  readonly firstPasswordMs: number
  readonly laterPasswordP50Ms: number
}

/** Starts on a data directory that an earlier start has made; memory before any chain is used. */
export const measureStartUp = (program: Program, starts: number): Promise<StartUp> =>
  withDataDir(async (dataDir) => {
    const first = await startDaemonProcess(program, dataDir, {})
    await first.stop()
    const readyMs: number[] = []
    const idle: Memory[] = []
    const firstMs: number[] = []
    const laterMs: number[] = []
    for (let start = 0; start < starts; start++) {
      const daemon = await startDaemonProcess(program, dataDir, {})
      try {
        readyMs.push(daemon.readyMs)
        await new Promise((resolve) => setTimeout(resolve, 1_000))
        idle.push(memoryOf(familyOf(daemon.pid)))
        const operator = operatorOf(daemon.url, dataDir)
        const status = () => operator.call('GET', '/v1/admin/status')
        firstMs.push(...(await timesOf(1, status)))
        laterMs.push(...(await timesOf(20, status)))
        operator.close()
        await daemon.stop()
      } finally {
        await daemon.kill()
      }
    }
    return {
      coldStartMs: median(readyMs),
      idleMb: median(idle.map(({ pssMb }) => pssMb)),
      idleAloneMb: median(idle.map(({ aloneMb }) => aloneMb)),
      firstPasswordMs: median(firstMs),
      laterPasswordP50Ms: median(laterMs),
    }
  })

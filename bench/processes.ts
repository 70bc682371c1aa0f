import { readdirSync, readFileSync } from 'node:fs'

// What Linux tells of processes; on other systems there is no /proc and the bench cannot run.

/** The process and those that it started. */
export function familyOf(pid: number): number[] {
  const tasks = readdirSync(`/proc/${pid}/task`)
  const text = tasks.map((task) => readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8')).join(' ')
  return [pid, ...text.split(/\s+/).filter(Boolean).map(Number)]
}

const ticksPerSecond = 100

/** Processor seconds that they have used, in the kernel and outside. */
export function cpuSeconds(pids: readonly number[]): number {
  const ticks = pids.map((pid) => {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name may hold spaces; the fields after it do not.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return Number(fields[11]) + Number(fields[12])
  })
  return sum(ticks) / ticksPerSecond
}

export type Memory = {
  /** Pages shared with other processes count in part. */
  readonly pssMb: number
  /** As if nobody else shared a page with them. */
  readonly aloneMb: number
}

export function memoryOf(pids: readonly number[]): Memory {
  const maps = pids.map((pid) => readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))
  const kilobytes = (name: string) => maps.map((text) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1]))
  const own = sum([...kilobytes('Private_Clean'), ...kilobytes('Private_Dirty')])
  const clean = kilobytes('Shared_Clean')
  const dirty = kilobytes('Shared_Dirty')
  const shared = Math.max(...clean.map((value, index) => value + dirty[index]!))
  return { pssMb: sum(kilobytes('Pss')) / 1_024, aloneMb: (own + shared) / 1_024 }
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { engineEnvironment, state } from './engine.ts'

const run = (command: string, ...args: string[]) =>
  spawnSync(command, args, { env: { ...process.env, ...engineEnvironment() }, timeout: 60_000, killSignal: 'SIGKILL' })

/** Removes containers, pods and volumes, also those of an earlier run that was killed. Images stay for the next run. */
export function removeContainers(): void {
  if (!existsSync(`${state}/containers.conf`)) return
  run('podman', 'pod', 'rm', '--all', '--force', '--time', '0')
  run('podman', 'rm', '--all', '--force', '--volumes', '--time', '0')
  run('podman', 'volume', 'prune', '--force')
}

/** Leaves nothing of the suite on the machine but Debian's packages that it installed. */
export function removeEverything(): void {
  removeContainers()
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n')
  const points = mounts.map((line) => line.split(' ')[4] ?? '').filter((point) => point.startsWith(`${state}/`))
  for (const point of points.reverse()) run('umount', '--lazy', point)
  run('rm', '--recursive', '--force', '--one-file-system', state)
}

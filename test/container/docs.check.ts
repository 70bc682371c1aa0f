import { chmodSync, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { blocksOf, readPage } from '../docs/markdown.ts'
import { freePort } from './daemon.ts'
import { composeProject, must, podman, root, run } from './engine.ts'

const folder = mkdtempSync(join(tmpdir(), 'waiaas-deployment-'))
const shims = join(folder, 'bin')
/** Where the page runs a container without Compose; a reader has one or the other. */
let secondPort: number

/** docker's commands, by podman: the limits are those that a sandbox allows, and a start waits until it is healthy. */
const docker = `#!/bin/bash
set -euo pipefail
untilHealthy() {
  for _ in $(seq 100); do podman healthcheck run $1 >/dev/null 2>&1 && return; sleep 0.1; done
  podman logs $1
  return 1
}
verb=$1
shift
case $verb in
  compose)
    podman-compose "$@"
    case " $* " in *" up "*) untilHealthy waiaas-daemon ;; esac ;;
  run)
    podman run --ulimit nofile=4096:4096 --ulimit nproc=4096:4096 "$@"
    case " $* " in *" -d --name waiaas "*) untilHealthy waiaas ;; esac ;;
  *) podman "$verb" "$@" ;;
esac
`
const sudo = '#!/bin/bash\nexec "$@"\n'

beforeAll(async () => {
  composeProject(folder, await freePort())
  secondPort = await freePort()
  cpSync(join(root, '.env.example'), join(folder, '.env.example'))
  await must('mkdir', [shims])
  for (const [name, text] of Object.entries({ docker, sudo })) {
    writeFileSync(join(shims, name), text)
    chmodSync(join(shims, name), 0o755)
  }
})
afterAll(async () => {
  await run('podman', ['rm', '--all', '--force', '--time', '5'])
  await run('podman', ['volume', 'rm', '--force', 'waiaas-data'])
  rmSync(folder, { recursive: true, force: true })
})

test('the commands of docs/deployment.md for this kind of machine work, in the order of the page', async () => {
  const blocks = blocksOf(readPage('docs/deployment.md')).filter(({ info }) => info === 'sh container')
  expect(blocks.length).toBeGreaterThan(5)
  for (const { text, line } of blocks) {
    const env = { PATH: `${shims}:${process.env.PATH}`, HOME: folder }
    const script = text.replaceAll('127.0.0.1:3100:', `127.0.0.1:${secondPort}:`)
    const { code, out, err } = await run('bash', ['-euo', 'pipefail', '-c', script], { cwd: folder, env })
    expect(code, `line ${line}:\n${text}\n${out}${err}`).toBe(0)
  }
  const status = await podman('exec', 'waiaas-daemon', 'waiaas', 'status')
  expect(status).not.toContain('recovery.key')
  const wallets = await podman('exec', 'waiaas-daemon', 'waiaas', 'wallet', 'list', '--json')
  // Made before the backup, they came back with it.
  expect(wallets).toContain('evm-testnet')
})

test('every line of .env.example is a setting that the daemon takes', async () => {
  const { settingFromEnv } = await import('@waiaas/contract')
  const text = await must('cat', [join(folder, '.env.example')])
  const names = [...text.matchAll(/^#(WAIAAS_[A-Z0-9_]+)=/gm)].map(([, name]) => name!)
  expect(names.length).toBeGreaterThan(4)
  expect(names.filter((name) => !settingFromEnv(name))).toEqual([])
})

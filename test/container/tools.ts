import { accessSync, constants, existsSync, mkdirSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { engineEnvironment, run, state } from './engine.ts'

/** Debian's packages, each with the program or the file by which it is known to be there. */
const installed: Readonly<Record<string, string>> = {
  podman: 'podman',
  runc: 'runc',
  debootstrap: 'debootstrap',
  netavark: '/usr/lib/podman/netavark',
  'aardvark-dns': '/usr/lib/podman/aardvark-dns',
  iptables: 'iptables',
  catatonit: 'catatonit',
  'podman-compose': 'podman-compose',
  systemd: 'systemd-analyze',
}
/** Packages whose one program is used from a folder of the suite: installed, they would start a service. */
const unpacked: Readonly<Record<string, string>> = { caddy: 'caddy', 'docker.io': 'docker' }

/** The path of a program, also of one that the suite has unpacked. */
export function findProgram(name: string): string | undefined {
  const folders = engineEnvironment()
    .PATH!.split(delimiter)
    .filter((folder) => folder !== '')
  return folders.map((folder) => join(folder, name)).find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

const lacking = (packages: Readonly<Record<string, string>>): string[] =>
  Object.keys(packages).filter((name) => {
    const sign = packages[name]!
    return !(sign.startsWith('/') ? existsSync(sign) : findProgram(sign))
  })

/** Gets what is not there with apt. Undefined when everything is there then; otherwise what is missing, and what to do. */
export async function missingTools(): Promise<string | undefined> {
  const all = [...lacking(installed), ...lacking(unpacked)]
  if (all.length === 0) return undefined
  const byHand = `apt-get update && apt-get install -y --no-install-recommends ${all.join(' ')}`
  if (!findProgram('apt-get')) return `${all.join(', ')}, and there is no apt-get here; on Debian 12: ${byHand}`
  const said = [await install(lacking(installed)), await unpack(lacking(unpacked))].filter((text) => text !== '')
  const still = [...lacking(installed), ...lacking(unpacked)]
  if (still.length === 0) return undefined
  return `${still.join(', ')}, and apt-get does not get them here; by hand: ${byHand}\n${said.join('\n')}`.trim()
}

/** Downloads first: until then apt can be ended at any moment. */
async function install(packages: readonly string[]): Promise<string> {
  if (packages.length === 0) return ''
  const updated = await apt(60, 'update')
  const args = ['install', '-y', '--no-install-recommends', '--no-remove']
  const downloaded = await apt(180, ...args, '--download-only', ...packages)
  if (downloaded.code !== 0) return lastLines(`${updated.err}${downloaded.err}`)
  return lastLines((await apt(300, ...args, ...packages)).err)
}

async function unpack(packages: readonly string[]): Promise<string> {
  const folder = join(state, 'tools')
  mkdirSync(folder, { recursive: true })
  const said: string[] = []
  for (const name of packages) {
    const downloaded = await apt(120, 'download', name)
    if (downloaded.code !== 0) said.push(lastLines(downloaded.err))
    const file = (await readdir(folder)).find((each) => each.startsWith(`${name}_`))
    if (file !== undefined) await run('dpkg-deb', ['--extract', file, '.'], { cwd: folder })
  }
  return said.join('\n')
}

const apt = (limitSeconds: number, ...args: string[]) =>
  run('apt-get', ['-o', 'DPkg::Lock::Timeout=30', '-o', 'Acquire::Retries=1', ...args], {
    limitSeconds,
    cwd: join(state, 'tools'),
    env: { DEBIAN_FRONTEND: 'noninteractive', TMPDIR: '/tmp' },
  })

/** What a program said at its end, which is where it says why. */
export const lastLines = (text: string): string => text.trim().split('\n').slice(-5).join('\n')

import { cpSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { writeCanaries } from './canaries.ts'
import { image, nodeVersion, root, run, state, tryPodman, version } from './engine.ts'
import { build } from './probe.ts'
import { lastLines } from './tools.ts'

const base = 'docker.io/library/node:24-bookworm-slim'

/** Makes the stand-in for the base image. Undefined when it is there and can reach npm; otherwise what is in the way. */
export async function missingBase(): Promise<string | undefined> {
  if ((await tryPodman('image', 'exists', base)).code !== 0) {
    const made = await run(join(import.meta.dirname, 'make-base.sh'), [base, nodeVersion], { limitSeconds: 240 })
    if (made.code !== 0)
      return `a stand-in for the base image: Debian's and npm's packages have to be reached, and debootstrap be allowed\n${lastLines(made.err)}`
  }
  const asked = await build(base, 'RUN npm view zod version', 60)
  await tryPodman('rmi', '--force', `${base}-built`)
  if (asked.code === 0) return undefined
  return `the npm registry from inside a build: npm on this machine reaches it, let containers reach it as well\n${lastLines(asked.out + asked.err)}`
}

const leftOut = ['.git', 'node_modules', 'dist']

/** The sources as a clone has them, and beside them files that must never get into an image. */
function buildContext(): string {
  const context = join(state, 'context')
  rmSync(context, { recursive: true, force: true })
  cpSync(root, context, { recursive: true, filter: (path) => !leftOut.includes(basename(path)) })
  writeCanaries(context)
  return context
}

/** Builds the project's own Dockerfile, unchanged. */
export async function buildImage(): Promise<void> {
  const context = buildContext()
  // The other format knows no health check. The suite's own time is the limit.
  const options = ['--pull=never', '--format=docker', '--network=host', `--tag=${image}`]
  const labels = [`--build-arg=VERSION=${version}`, `--build-arg=CREATED=${new Date(0).toISOString()}`]
  const { code, out, err } = await run('podman', ['build', ...options, ...labels, context], { limitSeconds: 3_600 })
  writeFileSync(join(state, 'build.log'), out + err)
  if (code !== 0) throw new Error(`the image cannot be built:\n${(out + err).split('\n').slice(-40).join('\n')}`)
}

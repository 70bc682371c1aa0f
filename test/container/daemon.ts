import { type RequestOptions, request } from 'node:http'
import { createServer } from 'node:net'
import { until } from '../support/until.ts'
import { hardening, image, logsOf, podman, run } from './engine.ts'

export function freePort(): Promise<number> {
  const server = createServer()
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  server.once('error', reject)
  server.listen(0, '127.0.0.1', () => {
    const { port } = server.address() as { port: number }
    server.close(() => resolve(port))
  })
  return promise
}

/** The status of a GET under another name than the URL's. */
export const statusAs = (host: string, url: string): Promise<number | undefined> => statusOf(url, { headers: { host } })

export function statusOf(url: string, options: RequestOptions): Promise<number | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>()
  request(url, options, (response) => {
    response.resume()
    resolve(response.statusCode)
  })
    .once('error', reject)
    .end()
  return promise
}

export type Container = { readonly name: string; readonly url: string; remove(): Promise<void> }

/** Starts the image, hardened as in the compose file, on the machine's own network, where local chains can be reached. */
export async function startContainer(name: string, args: readonly string[]): Promise<Container> {
  const port = await freePort()
  await podman(
    'run',
    '--detach',
    `--name=${name}`,
    '--network=host',
    ...hardening,
    '--env=WAIAAS_DAEMON_HOSTNAME=127.0.0.1',
    `--env=WAIAAS_DAEMON_PORT=${port}`,
    ...args,
    image,
  )
  await untilReady(name)
  return {
    name,
    url: `http://127.0.0.1:${port}`,
    async remove() {
      await run('podman', ['rm', '--force', '--volumes', '--time', '5', name])
    },
  }
}

/** Waits for the line that a start ends with, as often as it was started. */
export const untilReady = (name: string, starts = 1) =>
  until(
    `${name} to listen`,
    async () => {
      const log = await logsOf(name)
      if ((log.match(/^WAIAAS_PORT=/gm)?.length ?? 0) >= starts) return true
      if ((await podman('inspect', '--format', '{{.State.Status}}', name)) !== 'exited') return false
      throw new Error(`${name} ended at its start:\n${log}`)
    },
    { everyMs: 50 },
  )

import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Marked secrets: where one of these texts turns up, a secret has leaked. */
export const canaries = {
  ofContext: 'canary-of-the-build-context-5d1c',
  masterPassword: 'canary-master-password-9b27',
  newPassword: 'canary-new-master-password-41fe',
  rpcKey: 'canary-rpc-api-key-c803',
  changedRpcKey: 'canary-changed-rpc-api-key-77aa',
  databasePassword: 'canary-database-password-e610',
}

/** Files that lie about on an operator's machine while an image is built there. */
export function writeCanaries(context: string): void {
  const files = ['.env', 'secrets/master_password.txt', 'recovery.key', 'packages/daemon/.env', 'docker/notes.txt']
  for (const file of files) {
    mkdirSync(dirname(join(context, file)), { recursive: true })
    writeFileSync(join(context, file), `${canaries.ofContext}\n`)
  }
}

/** The canaries that a text holds, by name. */
export const found = (text: string): string[] =>
  Object.entries(canaries)
    .filter(([, canary]) => text.includes(canary))
    .map(([name]) => name)

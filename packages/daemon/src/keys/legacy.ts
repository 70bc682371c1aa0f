import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileText } from '@waiaas/contract'
import { KeyError } from './key-error.ts'
import { parseLegacyKeyFile } from './signer/waiaas-2-file.ts'
import type { Chain } from './types.ts'

/** A wallet of a WAIaaS 2.x installation. `json` goes to import as `{ kind: 'waiaas-2', json, password }`. */
export type LegacyWallet = {
  walletId: string
  name: string
  chain: Chain
  network: string
  publicKey: string
  json: string
}

/** Lists the wallets of a WAIaaS 2.x data directory by their key files, which stay encrypted and unchanged. */
export async function readLegacyWallets(dataDirectory: string): Promise<LegacyWallet[]> {
  const folder = join(dataDirectory, 'keystore')
  const names = (await listFolder(folder)).filter((name) => name.endsWith('.json') && !name.startsWith('.')).sort()
  return Promise.all(names.map((name) => readLegacyWallet(join(folder, name))))
}

async function readLegacyWallet(path: string): Promise<LegacyWallet> {
  const json = fileText(await readFile(path)).text ?? ''
  const file = parseLegacyKeyFile(json)
  if (!file) throw new KeyError('IMPORT_INVALID', `${path} is not a key file of WAIaaS 2.x, or is damaged`)
  const { name, chain, network, publicKey } = file
  return { walletId: basename(path, '.json'), name, chain, network, publicKey, json }
}

async function listFolder(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new KeyError('IMPORT_INVALID', `cannot read ${folder} (${code}): expected the data directory of WAIaaS 2.x`)
  }
}

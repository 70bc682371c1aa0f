import { createRequire } from 'node:module'
import type { PasswordCost } from '../types.ts'
import { Guarded } from './guarded.ts'

type Argon2Options = {
  algorithm: number
  memoryCost: number
  timeCost: number
  parallelism: number
  outputLen: number
  salt: Uint8Array
}
// Through require: a bundler must leave the native library alone.
const argon2 = createRequire(import.meta.url)('@node-rs/argon2') as {
  hashRaw(password: Uint8Array, options: Argon2Options): Promise<Buffer>
}
const argon2id = 2

/** Argon2id, 32 bytes out. */
export async function stretchPassword(password: Uint8Array, salt: Uint8Array, cost: PasswordCost): Promise<Guarded> {
  const { memoryKib: memoryCost, iterations: timeCost, parallelism } = cost
  const options = { algorithm: argon2id, memoryCost, timeCost, parallelism, outputLen: 32, salt }
  return Guarded.taken(await argon2.hashRaw(password, options))
}

import fc from 'fast-check'
import { PROVE_SEED } from './seed.ts'

/** Before each test file: properties draw from one seed. */
fc.configureGlobal({ seed: Number(PROVE_SEED) | 0 })

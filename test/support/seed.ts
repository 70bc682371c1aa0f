/**
 * Where a draw begins, for the names of tests. It is the same in each run, so that what passed once fails for a reason alone;
 * `npm run crash` and `npm run prove` draw another one.
 */
export const CRASH_SEED = process.env.WAIAAS_CRASH_SEED ?? '1'
export const PROVE_SEED = process.env.WAIAAS_PROVE_SEED ?? '1'

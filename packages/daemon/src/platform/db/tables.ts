/**
 * Every table of the database with the type of its row. Empty here: each feature adds its own tables by declaration
 * merging, `declare module '../platform/db/tables.ts' { interface Tables { wallets: WalletRow } }`.
 */
// biome-ignore lint/suspicious/noEmptyInterface: declaration merging needs an interface
export interface Tables {}

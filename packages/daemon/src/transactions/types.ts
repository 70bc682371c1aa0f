export type { PriceFacts } from './deciding/judgement.ts'
export type { HeldSpend } from './rows/held-store.ts'
export type { ListedRow as ListedTransaction } from './rows/list-store.ts'

import type { Migration } from '../platform/db/database.ts'

/** Signed statements of where the hash chains ended; of each, the heads that had moved since the one before. */
export const checkpoints: Migration = {
  id: 3,
  name: 'checkpoints',
  statements: [
    `create table checkpoints (
      seq bigint primary key, at bigint not null, public_key text not null, prev_hash text not null, hash text not null,
      signature text not null)`,
    `create table checkpoint_heads (
      chain text not null, seq bigint not null, hash text not null, checkpoint bigint not null, primary key (chain, seq))`,
    `create index checkpoint_heads_checkpoint on checkpoint_heads (checkpoint)`,
  ],
}

import type { Migration } from '../platform/db/database.ts'

/** Rows of the evidence and checkpoints are numbered from 1; a head or checkpoint of nothing cannot be stored. */
export const numberedEvidence: Migration = {
  id: 8,
  name: 'numbered evidence',
  statements: [
    `alter table evidence rename to evidence_before`,
    `drop index evidence_id`,
    `create table evidence (
      chain text not null, seq bigint not null, id bigint not null, at bigint not null, event text not null, severity text not null,
      actor text not null, wallet_id text, session_id text, tx_id text, ip text, details text not null, prev_hash text not null,
      hash text not null, constraint evidence_number primary key (chain, seq), constraint evidence_from_1 check (seq > 0))`,
    `insert into evidence select * from evidence_before`,
    `drop table evidence_before`,
    `create index evidence_id on evidence (id)`,

    `alter table evidence_heads rename to evidence_heads_before`,
    `create table evidence_heads (
      chain text not null, seq bigint not null, hash text not null, constraint evidence_head primary key (chain),
      constraint evidence_heads_from_1 check (seq > 0))`,
    `insert into evidence_heads select * from evidence_heads_before`,
    `drop table evidence_heads_before`,

    `alter table checkpoints rename to checkpoints_before`,
    `create table checkpoints (
      seq bigint not null, at bigint not null, public_key text not null, prev_hash text not null, hash text not null,
      signature text not null, constraint checkpoint_number primary key (seq), constraint checkpoints_from_1 check (seq > 0))`,
    `insert into checkpoints select * from checkpoints_before`,
    `drop table checkpoints_before`,

    `alter table checkpoint_heads rename to checkpoint_heads_before`,
    `drop index checkpoint_heads_checkpoint`,
    `create table checkpoint_heads (
      chain text not null, seq bigint not null, hash text not null, checkpoint bigint not null,
      constraint checkpoint_head primary key (chain, seq), constraint checkpoint_heads_from_1 check (seq > 0))`,
    `insert into checkpoint_heads select * from checkpoint_heads_before`,
    `drop table checkpoint_heads_before`,
    `create index checkpoint_heads_checkpoint on checkpoint_heads (checkpoint)`,
  ],
}

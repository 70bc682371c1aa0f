import type { Migration } from '../platform/db/database.ts'

/** Amounts are decimal text, instants unix milliseconds unless the column says seconds, ids UUIDv7, booleans 0 or 1. */
export const initial: Migration = {
  id: 1,
  name: 'initial',
  statements: [
    // Keys: the wrapped root key, and one ciphertext per wallet that is written once.
    `create table keyring (id integer primary key, row text not null, updated_at bigint not null)`,
    `create table wallet_keys (
      wallet_id text primary key, chain text not null, address text not null, curve text not null, ciphertext text not null)`,

    `create table wallets (
      id text primary key, name text not null, chain text not null, environment text not null, address text not null,
      status text not null, suspended_at bigint, suspension_reason text, created_at bigint not null, updated_at bigint not null,
      terminated_at bigint, purged_at bigint)`,
    `create unique index wallets_live_address on wallets (chain, address) where status <> 'TERMINATED'`,

    `create table sessions (
      id text primary key, token_hash text not null unique, previous_hash text, previous_until bigint, ttl bigint not null,
      expires_at bigint not null, absolute_expires_at bigint not null, max_renewals bigint not null, renewal_count bigint not null,
      last_renewed_at bigint, constraints text, source text not null, token_issued_count bigint not null, revoked_at bigint,
      created_at bigint not null)`,
    `create index sessions_previous_hash on sessions (previous_hash) where previous_hash is not null`,
    `create table session_wallets (
      session_id text not null, wallet_id text not null, created_at bigint not null, primary key (session_id, wallet_id))`,
    `create index session_wallets_wallet on session_wallets (wallet_id)`,

    `create table policies (
      id text primary key, wallet_id text, type text not null, rules text not null, priority bigint not null, enabled integer not null,
      network text, is_default integer not null, version bigint not null, created_at bigint not null, updated_at bigint not null)`,
    `create index policies_wallet on policies (wallet_id)`,
    `create table policy_state (id integer primary key, version bigint not null)`,
    `insert into policy_state (id, version) values (1, 1)`,

    `create table settings (key text primary key, value text not null, updated_at bigint not null)`,
    `create table kill_switch (
      id integer primary key, state text not null, epoch bigint not null, activated_at bigint, activated_by text,
      locked_at bigint)`,
    `insert into kill_switch (id, state, epoch) values (1, 'ACTIVE', 1)`,
    `create table clock_mark (id integer primary key, high bigint not null)`,
    `insert into clock_mark (id, high) values (1, 0)`,

    `create table tokens (
      id text primary key, network text not null, address text not null, asset text not null, symbol text not null, name text not null,
      decimals integer not null, program text, created_at bigint not null, unique (network, asset))`,

    // Transactions and the write-ahead of their signatures.
    `create table transactions (
      id text primary key, wallet_id text not null, session_id text, type text not null, status text not null, tier text,
      network text not null, lane text not null, request text not null, request_hash text not null,
      to_address text, asset text, amount text, decimals integer, symbol text, draft text, max_fee text, hints text,
      effects text, digest text, decision text not null, policy_version bigint not null, amount_usd text,
      served_delay integer not null, due_at bigint, approval_expires_at bigint, approved_at bigint, approved_by text, approved_usd text,
      tx_hash text, block_height bigint, error text, error_code text, created_at bigint not null, updated_at bigint not null)`,
    `create index transactions_lane on transactions (lane, status, id)`,
    `create index transactions_status on transactions (status, due_at)`,
    `create index transactions_wallet on transactions (wallet_id, id)`,
    `create index transactions_repeat on transactions (session_id, request_hash, id)`,
    `create table idempotency_keys (
      session_id text not null, key text not null, request_hash text not null, transaction_id text not null, answer text not null, created_at bigint not null,
      primary key (session_id, key))`,
    `create table lanes (
      id text primary key, wallet_id text not null, network text not null, next_nonce bigint, fence bigint not null,
      lease_owner text, lease_until bigint not null)`,
    `create table attempts (
      id text primary key, transaction_id text not null, session_id text, lane text not null, network text not null, sender text not null,
      state text not null, purpose text not null, draft text not null, max_fee text not null, cost text not null,
      nonce bigint, blockhash text, last_valid bigint, variation bigint, unsigned text not null, authorisation text not null,
      hash text, signed text, block_height bigint, block_hash text, succeeded integer, fee text, error text,
      created_at bigint not null, updated_at bigint not null)`,
    `create index attempts_live on attempts (network, state)`,
    `create index attempts_lane on attempts (lane, state, nonce)`,
    `create index attempts_transaction on attempts (transaction_id)`,

    // The ledger: one spend per transaction, running counters per scope and unit.
    `create table spends (
      transaction_id text primary key, wallet_id text not null, session_id text, network text not null, state text not null,
      items text not null, usd text not null, created_at bigint not null, updated_at bigint not null)`,
    `create table spend_counters (scope text not null, unit text not null, open text not null, primary key (scope, unit))`,
    `create table spend_buckets (
      scope text not null, unit text not null, span bigint not null, start bigint not null, amount text not null,
      primary key (scope, unit, span, start))`,

    // Evidence: one hash chain per wallet and one for the system.
    `create table evidence (
      chain text not null, seq bigint not null, id bigint not null, at bigint not null, event text not null, severity text not null,
      actor text not null, wallet_id text, session_id text, tx_id text, ip text, details text not null, prev_hash text not null,
      hash text not null, primary key (chain, seq))`,
    `create index evidence_id on evidence (id)`,
    `create table evidence_heads (chain text primary key, seq bigint not null, hash text not null)`,
  ],
}

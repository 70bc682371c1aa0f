import type { Migration } from '../platform/db/database.ts'

/** With which passkey an owner signed, so that it is proven after the passkey is gone too, and how many owners had to. */
export const signedWith: Migration = {
  id: 68,
  name: 'signed-with',
  statements: [
    `alter table owner_consents add column public_key text`,
    `alter table owner_consents add column rp_id text`,
    `alter table owner_consents add column needed integer`,
    `update owner_consents set
      public_key = (select public_key from owner_credentials of_it
        where of_it.kind = 'passkey' and of_it.address = owner_consents.address),
      rp_id = (select rp_id from owner_credentials of_it
        where of_it.kind = 'passkey' and of_it.address = owner_consents.address)`,
  ],
}

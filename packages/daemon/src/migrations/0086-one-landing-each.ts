import type { Migration } from '../platform/db/database.ts'

/**
 * The same bytes twice are one landing: of attempts with one hash the first stays, or the one that is final. Both could become
 * final in one look and free twice what was held, which is refused, so that neither was ever booked.
 */
export const oneLandingEach: Migration = {
  id: 86,
  name: 'one landing each',
  statements: [
    `update attempts set state = 'reused' where state in ('recorded', 'included') and exists (
      select 1 from attempts as twin
      where twin.transaction_id = attempts.transaction_id and twin.hash = attempts.hash and twin.id <> attempts.id
        and (twin.state = 'final' or (twin.state in ('recorded', 'included') and twin.id < attempts.id)))`,
  ],
}

import type { Network } from '@waiaas/contract'

/** Entries of a list of addresses that is by family or network. */
export const onNetwork = (places: ReadonlySet<string>, { chain, id }: Network): string[] =>
  [`${chain}:`, `${id}:`].flatMap((place) =>
    [...places].flatMap((one) => (one.startsWith(place) ? [one.slice(place.length)] : [])),
  )

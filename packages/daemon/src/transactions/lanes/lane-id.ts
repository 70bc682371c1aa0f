/** The lane of an address on a network. */
export const laneId = (network: string, address: string): string => `${network}/${address}`

/** The address in a lane's id. */
export const addressOf = (lane: string): string => lane.slice(lane.indexOf('/') + 1)
export const networkOf = (lane: string): string => lane.slice(0, lane.indexOf('/'))

const SIGNATURES = 'sign:'
/** Where the messages of an address are signed: nothing of them has an order, a nonce or a block. */
export const signatureLane = (network: string, address: string): string => `${SIGNATURES}${laneId(network, address)}`
export const isSignatureLane = (lane: string): boolean => lane.startsWith(SIGNATURES)
/** Where the same key is counted on the same network: for its payments that of its messages, and the other way round. */
export const besideLane = (lane: string): string =>
  isSignatureLane(lane) ? lane.slice(SIGNATURES.length) : `${SIGNATURES}${lane}`

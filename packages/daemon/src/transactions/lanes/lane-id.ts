/** The lane of an address on a network. */
export const laneId = (network: string, address: string): string => `${network}/${address}`

/** The address in a lane's id. */
export const addressOf = (lane: string): string => lane.slice(lane.indexOf('/') + 1)
export const networkOf = (lane: string): string => lane.slice(0, lane.indexOf('/'))

const SIGNATURES = 'sign:'
/** Where the messages of an address are signed: nothing of them has an order, a nonce or a block. */
export const signatureLane = (network: string, address: string): string => `${SIGNATURES}${laneId(network, address)}`
export const isSignatureLane = (lane: string): boolean => lane.startsWith(SIGNATURES)

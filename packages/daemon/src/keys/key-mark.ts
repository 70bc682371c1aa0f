/** The first byte of a row whose key has had a ceiling from the first; rows of before have a 1. */
export const underCeiling = 2

/** Had the key of this row a ceiling when the row was written? Nobody but the signer can make a row that says otherwise. */
export const hadCeiling = (ciphertext: string): boolean => Buffer.from(ciphertext, 'base64')[0] === underCeiling

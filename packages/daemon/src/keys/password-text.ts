/** The form in which a password becomes a key, as the contract's normalPassword has it: the signer loads nothing of that. */
export const normalForm = (password: string): string => password.replace(/^\uFEFF/, '').normalize('NFC')

/**
 * Keyrings were not always made with the normal form: what does not open with it is tried with the text as it came, and
 * with the byte order mark of a password file, which once was part of the password.
 */
export const formsOf = (password: string): readonly string[] => [
  ...new Set([normalForm(password), password, `\uFEFF${password}`]),
]

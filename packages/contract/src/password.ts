/**
 * The form of a master password that counts: Unicode NFC, as RFC 8265 (OpaqueString) and NIST SP 800-63B ask for, so that
 * it is the same one from each keyboard and operating system, and without the byte order mark that an editor wrote.
 */
export const normalPassword = (password: string): string => password.replace(/^\uFEFF/, '').normalize('NFC')

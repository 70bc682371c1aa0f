/** One line without the characters that hide or turn what is read: names, memos and labels may be anybody's. */
export const plainText = (text: string): string => text.replaceAll(/[\p{C}\p{Zl}\p{Zp}\s]+/gu, ' ').trim()

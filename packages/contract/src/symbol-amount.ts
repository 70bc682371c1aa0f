/** An amount as people write it, `2 USDC`: whole units and the symbol of their asset. Undefined for anything else. */
export function symbolAmount(text: string): { humanAmount: string; symbol: string } | undefined {
  const [, humanAmount, symbol] = /^(\d+(?:\.\d+)?) +([^\s\d/]\S{0,19})$/.exec(text.trim()) ?? []
  return humanAmount === undefined || symbol === undefined ? undefined : { humanAmount, symbol }
}

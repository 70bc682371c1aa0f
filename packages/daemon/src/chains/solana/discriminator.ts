/** The first bytes of an instruction's data, one to eight of them: programs tell their functions apart by one, four or eight. */
export const parseDiscriminator = (method: string): string | undefined =>
  /^0x(?:[0-9a-f]{2}){1,8}$/i.test(method) ? method.toLowerCase() : undefined

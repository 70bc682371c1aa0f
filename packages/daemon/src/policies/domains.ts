/** Whether a host is on a list of hosts, where `*.` stands for whatever lies below a name. */
export function domainList(domains: readonly string[]): (host: string) => boolean {
  const exact = new Set(domains.filter((domain) => !domain.startsWith('*.')))
  const below = new Set(domains.flatMap((domain) => (domain.startsWith('*.') ? [domain.slice(2)] : [])))
  return (host) => {
    const name = host.toLowerCase()
    if (exact.has(name)) return true
    const labels = name.split('.')
    return labels.some((_, index) => index > 0 && below.has(labels.slice(index).join('.')))
  }
}

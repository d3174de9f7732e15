import { isIP } from 'node:net'

/** The name or address in `host[:port]`, in lower case and without brackets. */
export function hostName(host: string): string {
  const [, bracketed, plain] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d*)?$/.exec(host.trim()) ?? []
  return (bracketed ?? plain ?? host).toLowerCase().replace(/\.$/, '')
}

/** Whether a name or address is of this machine alone: names below `localhost` never leave it (RFC 6761 §6.3). */
export function isLoopback(name: string): boolean {
  if (isIP(name) === 4) return name.startsWith('127.')
  if (isIP(name) === 6) return name === '::1' || /^::ffff:127\./.test(name)
  return name === 'localhost' || name.endsWith('.localhost')
}

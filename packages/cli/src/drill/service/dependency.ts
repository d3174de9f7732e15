import { usageError } from '../../cli-error.js'
import type { Address } from '../system/listeners.js'

/** Something that a service reaches over TCP, and the variables that tell it where. */
export interface Dependency {
  /** One, or one for the host and one for the port. */
  readonly names: readonly string[]
  readonly address: Address
}

/** Of `DATABASE_URL=127.0.0.1:5432` or `PGHOST,PGPORT=127.0.0.1:5432`; throws for anything else. */
export function parseDependency(text: string): Dependency {
  const [, names, host, port] = /^([\w-]+(?:,[\w-]+)?)=(\[[\da-f:.]+\]|[^\s:=]+):(\d{1,5})$/i.exec(text) ?? []
  if (names === undefined || host === undefined) {
    throw usageError(`--dependency ${text} names nothing`, 'it is NAME=host:port, or HOST_NAME,PORT_NAME=host:port')
  }
  return { names: names.split(','), address: { host: host.replace(/^\[|\]$/g, ''), port: Number(port) } }
}

/**
 * The environment of a service that is to find a proxy in place of its dependency. Where a variable of that name is a URL, its host and port are
 * replaced; where it is the port alone, that is; where it is not set, every variable that has `host:port` in it gets the proxy's; where none has, the variable is set to `host:port`.
 */
export function withProxy(env: NodeJS.ProcessEnv, { names, address }: Dependency, proxy: Address): NodeJS.ProcessEnv {
  const [name, portName] = names as [string, string?]
  const there = `${proxy.host}:${proxy.port}`
  if (portName !== undefined) return { ...env, [name]: proxy.host, [portName]: String(proxy.port) }
  const value = env[name]
  // One that holds the port alone leaves the host to the service.
  if (value === String(address.port)) return { ...env, [name]: String(proxy.port) }
  if (value !== undefined) return { ...env, [name]: replaced(value, address, there) }
  const here = `${address.host}:${address.port}`
  const holders = Object.entries(env).filter(([, value]) => value?.includes(here))
  if (holders.length === 0) return { ...env, [name]: there }
  return { ...env, ...Object.fromEntries(holders.map(([key, value]) => [key, value!.replaceAll(here, there)])) }
}

/** Also where a URL names no port, or the host in another way. */
function replaced(value: string, { host, port }: Address, there: string): string {
  const written = [`${host}:${port}`, `[${host}]:${port}`].find((text) => value.includes(text))
  if (written !== undefined) return value.replaceAll(written, there)
  const url = /^([a-z][\w+.-]*:\/\/(?:[^/?#]*@)?)[^/?#]*(.*)$/is.exec(value)
  return url === null ? there : `${url[1]}${there}${url[2]}`
}

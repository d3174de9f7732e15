import type { Protocol } from '../load/reader.js'

/** Where the application listens, and what it speaks there. */
export interface AppPort {
  readonly port: number
  readonly protocol: Protocol
}

/** Of a pod: names of ports, which probes and services refer to. */
export interface NamedPort {
  readonly name: string
  readonly containerPort: number
}

export const PROBE_PORT = 'probes'

/** `http`, `http-8080`, `grpc` … for the application, `probes` for a port of their own. */
export function namedPorts(ports: readonly AppPort[], probePort: number | undefined): NamedPort[] {
  const own = ports.map((each, i) => ({ name: nameOf(ports, i), containerPort: each.port }))
  if (probePort === undefined || ports.some(({ port }) => port === probePort)) return own
  return [...own, { name: PROBE_PORT, containerPort: probePort }]
}

function nameOf(ports: readonly AppPort[], i: number): string {
  const { port, protocol } = ports[i]!
  return ports.findIndex((other) => other.protocol === protocol) === i ? protocol : `${protocol}-${port}`
}

/** Whom probes ask: what they are told, else the first server that speaks their HTTP. */
export function probedPort(
  ports: readonly AppPort[],
  probePort: number | undefined,
): { readonly port: number; readonly secure: boolean } | undefined {
  const known = ports.find(({ port }) => port === probePort)
  if (probePort !== undefined) return { port: probePort, secure: known?.protocol === 'https' }
  const first = ports.find(({ protocol }) => protocol === 'http' || protocol === 'https')
  return first && { port: first.port, secure: first.protocol === 'https' }
}

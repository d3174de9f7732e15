/** What the graph cannot know of a deployment. */
export interface KubeOptions {
  readonly name: string
  readonly namespace?: string | undefined
  readonly image: string
  readonly replicas: number
  /** Where the application listens. */
  readonly ports: readonly number[]
  /** Where probes are answered; default that of `run()`, else the first of `ports`. */
  readonly probePort?: number | undefined
  /** In ms: on top of what the process may take to end. */
  readonly margin: number
  /** `NAME=value`, or `NAME` for a key of the secret that is named as the service. */
  readonly env: readonly string[]
  readonly cpu: string
  readonly memory: string
}

/** Of a pod: names of ports, which probes and services refer to. */
export interface NamedPort {
  readonly name: string
  readonly containerPort: number
}

export const PROBE_PORT = 'probes'

/** `http`, `http-8080` … for the application, `probes` for a port of their own. */
export function namedPorts(ports: readonly number[], probePort: number | undefined): NamedPort[] {
  const own = ports.map((containerPort, i) => ({ name: i === 0 ? 'http' : `http-${containerPort}`, containerPort }))
  if (probePort === undefined || ports.includes(probePort)) return own
  return [...own, { name: PROBE_PORT, containerPort: probePort }]
}

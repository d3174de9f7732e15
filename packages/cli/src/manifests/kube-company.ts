import type { Protocol } from '../load/reader.js'
import { because } from './because.js'
import type { KubeOptions } from './kube-options.js'
import { namedPorts } from './ports.js'

/** What stands in front of the replicas; undefined where nothing listens. */
export function serviceOf({ name, namespace, ports }: KubeOptions): Record<string, unknown> | undefined {
  if (ports.length === 0) return undefined
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace, labels: { app: name } },
    spec: {
      selector: { app: name },
      ports: namedPorts(ports, undefined).map(({ name }, i) => {
        const { port, protocol } = ports[i]!
        const appProtocol = APP_PROTOCOLS[protocol]
        // The usual port of a protocol, for the first that speaks it.
        return { name, port: name === protocol ? (USUAL_PORTS[protocol] ?? port) : port, targetPort: name, appProtocol }
      }),
    },
  }
}

const USUAL_PORTS: Partial<Readonly<Record<Protocol, number>>> = { http: 80, https: 443 }
/** HTTP/2 without TLS, which gRPC is, too: a proxy cannot tell by itself. */
const APP_PROTOCOLS: Partial<Readonly<Record<Protocol, string>>> = { h2c: 'kubernetes.io/h2c', grpc: 'kubernetes.io/h2c' }

/** What keeps a drained node from taking several replicas at once; undefined for one replica, of which none could be kept. */
export function disruptionBudgetOf({ name, namespace, replicas }: KubeOptions): Record<string, unknown> | undefined {
  if (replicas < 2) return undefined
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name, namespace, labels: { app: name } },
    spec: {
      maxUnavailable: because(
        1,
        'One after the other, and never none: minAvailable would keep a node from being drained where there is one replica.',
      ),
      unhealthyPodEvictionPolicy: because('AlwaysAllow', 'Replicas that are not ready serve nobody, and hold up no node.'),
      selector: { matchLabels: { app: name } },
    },
  }
}

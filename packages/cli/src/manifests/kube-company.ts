import { because } from './because.js'
import type { KubeOptions } from './kube-options.js'

/** What stands in front of the replicas; undefined where nothing listens. */
export function serviceOf({ name, namespace, ports }: KubeOptions): Record<string, unknown> | undefined {
  if (ports.length === 0) return undefined
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace, labels: { app: name } },
    spec: {
      selector: { app: name },
      ports: ports.map((port, i) => {
        const portName = i === 0 ? 'http' : `http-${port}`
        return { name: portName, port: i === 0 ? 80 : port, targetPort: portName }
      }),
    },
  }
}

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

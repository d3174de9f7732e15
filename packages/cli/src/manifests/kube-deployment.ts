import { because } from './because.js'
import { startFigure } from './figures.js'
import type { KubeOptions } from './kube-options.js'
import { podOf } from './kube-pod.js'
import type { ServiceFacts } from './service-facts.js'

/** In s: a round of checks by default, in which a replica must not turn unready again. */
const ROUND = 10
/** In s: the default of Kubernetes. */
const PROGRESS = 600

/** A `Deployment`; not `full`, it has what follows from the graph and is a patch for one that exists. */
export function deploymentOf(facts: ServiceFacts, options: KubeOptions, full: boolean): Record<string, unknown> {
  const { name, namespace, replicas } = options
  const labels = { app: name }
  const progress = startFigure(facts).seconds + ROUND + 60
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels: full ? labels : undefined },
    spec: {
      replicas: full ? because(replicas, 'Leave it out where an autoscaler decides.') : undefined,
      selector: full ? { matchLabels: labels } : undefined,
      strategy: because(
        { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
        'A new replica is ready before an old one is told to end.',
      ),
      minReadySeconds: because(
        ROUND,
        'A replica counts when it has been ready for a round of checks, so that a release that fails at once stops here.',
      ),
      progressDeadlineSeconds:
        progress > PROGRESS ? because(progress, 'Longer than a start may take, which the default of 600 s is not.') : undefined,
      template: {
        metadata: full ? { labels } : undefined,
        spec: podOf(facts, options, { job: false, full }),
      },
    },
  }
}

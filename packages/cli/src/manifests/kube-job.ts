import { because } from './because.js'
import type { KubeOptions } from './kube-options.js'
import { podOf } from './kube-pod.js'
import type { ServiceFacts } from './service-facts.js'

/** A `Job`, or a `CronJob` where there is a schedule. */
export function jobOf(facts: ServiceFacts, options: KubeOptions, schedule: string | undefined): Record<string, unknown> {
  const { name, namespace } = options
  const metadata = { name, namespace, labels: { app: name } }
  const spec = jobSpec(facts, options)
  if (schedule === undefined) return { apiVersion: 'batch/v1', kind: 'Job', metadata, spec }
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata,
    spec: {
      schedule,
      concurrencyPolicy: because('Forbid', 'No two at once: a run that is longer than the interval leaves the next one out.'),
      startingDeadlineSeconds: because(300, 'A run that could not begin within that is left out, and said to be.'),
      successfulJobsHistoryLimit: 1,
      failedJobsHistoryLimit: 3,
      jobTemplate: { spec },
    },
  }
}

function jobSpec(facts: ServiceFacts, options: KubeOptions): Record<string, unknown> {
  return {
    backoffLimit: because(3, 'run() exits with 0 when the task is done, with 1 when it has failed: each of these is a retry.'),
    podFailurePolicy: because(
      { rules: [{ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] }] },
      'A pod that had to leave its node has not failed. It has to say that it was not done: throw when ctx.stopping aborts, as code 0 is a job that is done.',
    ),
    podReplacementPolicy: because('Failed', 'The next attempt begins when this one is over, not while it still ends.'),
    ttlSecondsAfterFinished: 86_400,
    template: { metadata: { labels: { app: options.name } }, spec: podOf(facts, options, { job: true, full: true }) },
  }
}

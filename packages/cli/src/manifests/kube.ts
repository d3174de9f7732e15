import { disruptionBudgetOf, serviceOf } from './kube-company.js'
import { deploymentOf } from './kube-deployment.js'
import { jobOf } from './kube-job.js'
import type { KubeOptions } from './kube-options.js'
import type { ServiceFacts } from './service-facts.js'

export interface KubeWish {
  /** Everything, to begin with; else what follows from the graph. A job is always whole: one that exists cannot be changed. */
  readonly full: boolean
  readonly job: boolean
  /** Of a `CronJob`. */
  readonly schedule?: string | undefined
}

/** The manifests of a service, with their reasons; in the order in which they are applied. */
export function kubeManifests(
  facts: ServiceFacts,
  options: KubeOptions,
  { full, job, schedule }: KubeWish,
): Record<string, unknown>[] {
  if (job || schedule !== undefined) return [jobOf(facts, options, schedule)]
  const deployment = deploymentOf(facts, options, full)
  if (!full) return [deployment]
  return [serviceOf(options), deployment, disruptionBudgetOf(options)].filter((manifest) => manifest !== undefined)
}

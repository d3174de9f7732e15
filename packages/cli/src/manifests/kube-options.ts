import type { AppPort } from './ports.js'

/** What the graph cannot know of a deployment. */
export interface KubeOptions {
  readonly name: string
  readonly namespace?: string | undefined
  readonly image: string
  readonly replicas: number
  readonly ports: readonly AppPort[]
  /** Where probes are answered; default that of `run()`, else the first of `ports` that speaks HTTP. */
  readonly probePort?: number | undefined
  /** In ms: on top of what the process may take to end. */
  readonly margin: number
  /** `NAME=value`, or `NAME` for a key of the secret that is named as the service. */
  readonly env: readonly string[]
  readonly cpu: string
  readonly memory: string
}

import type { Hello, ResourceView, Update } from '../../protocol.js'

/** A resource that runs and has nothing else to tell. */
export function resourceView(name: string, rest: Partial<ResourceView> = {}): ResourceView {
  return {
    name,
    state: 'running',
    health: 'unknown',
    impact: 'unready',
    labels: {},
    dependsOn: [],
    consecutiveFailures: 0,
    restarts: 0,
    checks: [],
    history: [],
    errors: [],
    retries: 0,
    restartsDone: 0,
    ...rest,
  }
}

export function hello(rest: Partial<Hello> = {}): Hello {
  return {
    type: 'hello',
    session: 's1',
    now: 1_000,
    process: { pid: 1, host: 'web', node: 'v20.20.2', startedAt: 0 },
    actions: false,
    kernel: { name: 'shop', state: 'running', probe: { status: 'ready', started: true, ready: true, live: true, reasons: [] } },
    plan: { order: [], criticalPath: [], startMs: 0, budget: { delayMs: 0, timeoutMs: 25_000, worstCaseMs: 10_000 } },
    resources: [],
    timeline: [],
    events: [],
    panels: [],
    ...rest,
  }
}

export function update(rest: Partial<Update> = {}): Update {
  return { type: 'update', now: 2_000, ...rest }
}

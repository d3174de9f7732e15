import { createKernel, type Kernel, type KernelOptions, type Resource } from '@keelson/kernel'
import { type VirtualClock, virtualClock } from '@keelson/kernel/testing'
import { dockerEngine } from '../engine/docker-engine.js'
import { containerMonitor } from '../monitor/container-monitor.js'
import type { ContainerMonitorOptions } from '../monitor/monitor-options.js'
import type { ContainerMonitor } from '../monitor/monitor-value.js'
import type { MonitorEvent } from '../watch/monitor-events.js'
import { ScriptedEngine } from './scripted-engine.js'

export interface Scene extends AsyncDisposable {
  readonly engine: ScriptedEngine
  readonly clock: VirtualClock
  readonly kernel: Kernel
  /** The resource of the engine. */
  readonly docker: Resource<unknown>
  readonly monitor: ContainerMonitor
  readonly events: MonitorEvent[]
  status(name: string): string | undefined
  /** Moves time on in small steps, with room for real answers in between, until it is so. */
  until(what: () => boolean, most?: number): Promise<void>
  /** Lets virtual time pass. */
  pass(ms: number): Promise<void>
  lines(): string[]
}

/** A kernel with a monitor on a scripted engine: its client talks to a real socket, time is virtual. */
export async function scene(
  options: Partial<ContainerMonitorOptions> = {},
  prepare: (engine: ScriptedEngine) => void = () => {},
  kernelOptions: KernelOptions = {},
) {
  const engine = await new ScriptedEngine().start()
  prepare(engine)
  const clock = virtualClock({ now: Date.now() })
  const docker = dockerEngine({ socketPath: engine.socketPath, clock, impact: 'degraded' })
  const workers = containerMonitor('workers', {
    engine: docker,
    kernel: () => kernel,
    filters: { label: ['app=worker'] },
    clock,
    ...options,
  })
  const kernel: Kernel = createKernel([workers], { clock, ...kernelOptions })
  await kernel.start()
  const monitor = kernel.get(workers)
  const events: MonitorEvent[] = []
  monitor.on('event', (event) => events.push(event))
  await monitor.ready
  events.length = 0
  const made: Scene = {
    engine,
    clock,
    kernel,
    docker,
    monitor,
    events,
    status: (name) => monitor.containers().find((container) => container.name === name)?.status,
    async until(what, most = 2_000_000) {
      const end = clock.now() + most
      // Real answers take real time: there is always some before virtual time moves on.
      const patience = Date.now() + 25_000
      while (!what()) {
        if (clock.now() > end || Date.now() > patience)
          throw new Error(`it did not come to that: ${what}\n${made.lines().join('\n')}`)
        await idle(engine)
        if (!what()) await clock.advance(500)
      }
    },
    async pass(ms) {
      for (const end = clock.now() + ms; clock.now() < end; ) {
        await clock.advance(Math.min(10_000, end - clock.now()))
        await idle(engine)
      }
    },
    lines: () => events.map(lineOf),
    async [Symbol.asyncDispose]() {
      await kernel.shutdown()
      await engine.dispose()
    },
  }
  return made
}

/** Lets answers of the engine arrive that are on their way. */
export async function idle(engine: ScriptedEngine): Promise<void> {
  let quiet = 0
  let seen = -1
  while (quiet < 3) {
    await new Promise((resolve) => setTimeout(resolve, 1))
    quiet = engine.requests.length === seen && engine.inFlight === 0 ? quiet + 1 : 0
    seen = engine.requests.length
    const hangs = engine.execHangs || [...engine.containers.values()].some(({ wedged }) => wedged)
    if (engine.inFlight > 0 && hangs) return
  }
}

export function lineOf(event: MonitorEvent): string {
  const container = 'container' in event ? ` ${event.container}` : ''
  switch (event.type) {
    case 'status':
      return `status${container}: ${event.from} → ${event.to}`
    case 'restart':
      return `restart${container} ${event.attempt}`
    case 'session':
      return `session ${event.session}: ${event.from} → ${event.to}`
    default:
      return `${event.type}${container}`
  }
}

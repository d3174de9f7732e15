import type { KernelSnapshot, KernelView, Panel, PanelFact, PanelRow, ResourceSnapshot, Tone } from '@keelson/kernel'
import type { Offers } from '../catalog/offers.js'
import type { CallMeter } from '../upstream/call-meter.js'
import { troubleOf } from '../upstream/trouble.js'

/** A server of the file. */
export interface ShownServer {
  readonly name: string
  readonly meter: CallMeter
  readonly isIsolated: boolean
}

export interface ServersPanelOptions {
  readonly kernel: KernelView
  readonly catalog: Offers
  servers(): readonly ShownServer[]
  restart(server: string): Promise<void>
}

/** Whose trouble is seen first. */
const ORDER: readonly Tone[] = ['bad', 'warn', 'busy', 'ok', 'idle']

/** What the proxy shows of itself in an inspector: a row for each server, with what fails on top. */
export function serversPanel({ kernel, catalog, servers, restart }: ServersPanelOptions): Panel {
  return {
    title: 'MCP servers',
    read: () => {
      const snapshot = kernel.inspect()
      const rows = servers().map((server) => row(server, snapshot, kernel, catalog))
      rows.sort((a, b) => ORDER.indexOf(a.tone) - ORDER.indexOf(b.tone) || (a.name < b.name ? -1 : 1))
      const all = servers().map(({ meter }) => meter)
      const sum = (count: (meter: CallMeter) => number) => all.reduce((total, meter) => total + count(meter), 0)
      return {
        at: Date.now(),
        facts: [
          fact('servers', all.length),
          fact(
            'calls',
            sum(({ calls }) => calls),
          ),
          fact(
            'in flight',
            sum(({ inFlight }) => inFlight),
          ),
          fact(
            'refused',
            sum(({ refused }) => refused),
          ),
        ],
        groups: [{ rows }],
      }
    },
    async act(action, server) {
      if (action !== 'restart' || !servers().some(({ name }) => name === server))
        throw new Error('there is no such server any more')
      await restart(server)
      return `${server} is restarted`
    },
  }
}

function row(server: ShownServer, { resources }: KernelSnapshot, kernel: KernelView, catalog: Offers): PanelRow {
  const { name, meter, isIsolated } = server
  const own = resources.find((resource) => resource.name === name)
  const sessions = resources.filter((resource) => resource.name.startsWith(`${name}@`) && !resource.name.endsWith(':tools'))
  const shown = isIsolated ? sessions : own === undefined ? [] : [own]
  const times = meter.times.map((ms) => Math.round(ms * 10) / 10)
  const reason = [name, ...sessions.map((session) => session.name)]
    .map((each) => troubleOf(kernel, each))
    .find((why) => why !== undefined)
  const { tools, resources: offered, prompts } = catalog.of(name)?.listing ?? {}
  return {
    id: name,
    name,
    tone: toneOf(own, shown, reason !== undefined),
    status: isIsolated ? `${sessions.length} sessions` : (own?.state ?? 'removed'),
    ...(reason !== undefined && { reason }),
    facts: [
      ...(isIsolated
        ? []
        : [fact('tools', tools?.length ?? 0), fact('resources', offered?.length ?? 0), fact('prompts', prompts?.length ?? 0)]),
      fact('calls', meter.calls),
      fact('in flight', meter.inFlight),
      fact('refused', meter.refused),
      fact(
        'restarts',
        shown.reduce((total, { restarts }) => total + restarts, 0),
      ),
    ],
    series: { unit: 'ms', values: times },
    actions: [{ id: 'restart', label: 'Restart', confirm: `Restart ${name}? Its calls get 14 s.` }],
  }
}

function toneOf(own: ResourceSnapshot | undefined, shown: readonly ResourceSnapshot[], isTroubled: boolean): Tone {
  if (own === undefined || own.state === 'failed') return 'bad'
  if (shown.some(({ state, health }) => state === 'failed' || health === 'unhealthy')) return 'warn'
  if (shown.some(({ state }) => state !== 'running')) return isTroubled ? 'warn' : 'busy'
  if (isTroubled) return 'warn'
  return shown.length === 0 ? 'idle' : 'ok'
}

function fact(label: string, value: number): PanelFact {
  return { label, value: String(value) }
}

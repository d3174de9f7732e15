import { toneOf, toneOfProbe } from './tones.js'
import type { ResourceRow, View } from './view.js'

interface Check {
  readonly componentId?: unknown
  readonly componentType?: unknown
  readonly observedValue?: unknown
  readonly observedUnit?: unknown
  readonly status?: unknown
  readonly output?: unknown
}

/** What the probes of a service tell as `application/health+json`; of their bare answer, only whether it is ready. */
export function viewOfProbe(status: number, body: string): View {
  const document = parsed(body)
  const ready = status >= 200 && status < 300
  const rows = Object.entries(document?.checks ?? {}).flatMap(([key, checks]) =>
    Array.isArray(checks) ? rowOf(key, checks, document!.checks) : [],
  )
  const told = document?.output ?? (document === undefined ? body : ready ? 'ready' : 'unready')
  const text = String(told).split('\n').at(-1)!.trim()
  return {
    name: String(document?.serviceId ?? 'service'),
    ready,
    tone: toneOfProbe(ready, document?.status ?? text),
    status: text === '' ? `${status}` : text,
    facts: document === undefined ? ['its probes tell nothing of resources: see details of probes'] : [],
    resources: rows,
    over: false,
  }
}

interface Document {
  readonly status?: string
  readonly serviceId?: unknown
  readonly output?: string
  readonly checks: Readonly<Record<string, unknown>>
}

function parsed(body: string): Document | undefined {
  try {
    const value = JSON.parse(body) as Partial<Document> | null
    return typeof value?.checks === 'object' && value.checks !== null ? (value as Document) : undefined
  } catch {
    return undefined
  }
}

/** The entries of a resource are under its name; what was measured of it is under `name:what`. */
function rowOf(key: string, entries: readonly Check[], all: Document['checks']): ResourceRow[] {
  if (key.includes(':')) return []
  const measured = Object.entries(all).flatMap(([other, checks]): [string, number][] => {
    const [check] = (Array.isArray(checks) ? checks : []) as Check[]
    const value = check?.observedValue
    return other.startsWith(`${key}:`) && typeof value === 'number' ? [[nameOf(other.slice(key.length + 1)), value]] : []
  })
  const { responseTime, ...counts } = Object.fromEntries(measured)
  return entries
    .filter((entry) => entry !== null && typeof entry === 'object')
    .map(({ componentId, componentType, observedValue, status, output }) => {
      const state = String(observedValue)
      const health = status === 'fail' ? 'unhealthy' : status === 'pass' ? 'ok' : 'unknown'
      const text = typeof output === 'string' ? output : undefined
      return {
        name: componentType === 'system' ? `kernel ${String(componentId)}` : String(componentId),
        state,
        health,
        tone: toneOf(state, health, text !== undefined),
        ...(responseTime !== undefined && { responseMs: responseTime }),
        ...(Object.keys(counts).length > 0 && { counts }),
        ...(text !== undefined && { text }),
      }
    })
}

/** `%3A` stands for a colon in a key. */
function nameOf(key: string): string {
  return key.replaceAll('%3A', ':').replaceAll('%25', '%')
}

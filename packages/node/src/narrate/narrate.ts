import type { Kernel, KernelEvent } from '@keelson/kernel'
import { type RunningServer, serversOf } from '../drain/running-servers.js'
import { count, duration, some } from './duration.js'
import type { Entry, Say } from './log.js'
import { problemOf, withoutName } from './problem.js'
import { StopRows } from './stop-rows.js'

/** Tells what a kernel goes through, until the returned function is called. The summaries at both ends are said by `run()`. */
export function narrate(kernel: Kernel, say: Say): () => void {
  const rows = new StopRows(kernel)
  const onEvent = (event: KernelEvent) => {
    const entry = entryOf(kernel, event, rows)
    if (entry !== undefined) say(entry)
  }
  kernel.on('event', onEvent)
  return () => kernel.off('event', onEvent)
}

function entryOf(kernel: Kernel, event: KernelEvent, rows: StopRows): Entry | undefined {
  switch (event.type) {
    case 'kernel:state':
      rows.kernelMoved(event)
      if (event.to === 'draining') return draining(kernel, event.reason ?? 'shutdown')
      if (event.from === 'starting' && event.to === 'stopping' && event.reason !== 'start failed') {
        return info(event, `${event.reason}: giving up the start, stopping what had started`)
      }
      return undefined
    case 'resource:state':
      return rows.resourceMoved(event)
    case 'resource:error':
      return matters(kernel, event) ? trouble(event, event.phase === 'start' ? 'warn' : 'error', event.error) : undefined
    case 'resource:orphan': {
      const what = `resource "${event.resource}" started after it had been given up; it was stopped`
      return event.error === undefined
        ? { level: 'warn', message: what, fields: fieldsOf(event) }
        : trouble(event, 'error', event.error)
    }
    case 'health:change':
      if (event.to === 'unhealthy') {
        const { message } = problemOf(event.error)
        const text = `${event.resource} is unhealthy: ${withoutName(message, event.resource)}`
        return { level: 'warn', message: text, fields: fieldsOf(event) }
      }
      return event.from === 'unhealthy' ? info(event, `${event.resource} is healthy again`) : undefined
    case 'probe:change':
      if (event.previous.ready && event.probe.status === 'unready') {
        const names = event.probe.reasons.map(({ resource }) => resource).join(', ')
        return { level: 'warn', message: `${kernel.name} is not ready: ${names}`, fields: { event: event.type, reasons: names } }
      }
      return event.previous.status === 'unready' && event.probe.ready
        ? { level: 'info', message: `${kernel.name} is ready again`, fields: { event: event.type } }
        : undefined
    case 'listener:error': {
      const problem = problemOf(event.error)
      return {
        level: 'error',
        message: `a listener of ${event.event} failed: ${problem.message}`,
        fields: { event: event.type, problem },
      }
    }
    case 'restart:scheduled': {
      const others = event.resources.filter((name) => name !== event.resource)
      const along = others.length === 0 ? '' : `, and with it ${some(others)}`
      const when = event.delayMs === 0 ? '' : ` in ${duration(event.delayMs)}`
      return {
        level: event.error ? 'warn' : 'info',
        message: `${event.resource} restarts${when}${along}`,
        fields: fieldsOf(event),
      }
    }
    case 'restart:done':
      return info(event, `${event.resource} runs again, after ${duration(event.durationMs)}`)
    case 'restart:exhausted':
      return trouble(event, 'error', event.error)
    case 'check:result':
      return undefined
    default:
      return event satisfies never
  }
}

/** What makes a whole start fail is told by its summary. */
function matters(kernel: Kernel, { resource, phase }: KernelEvent & { type: 'resource:error' }): boolean {
  if (phase === 'check') return false
  if (phase !== 'start' || kernel.state !== 'starting') return phase !== 'start'
  return kernel.inspect().resources.find(({ name }) => name === resource)?.impact !== 'unready'
}

function draining(kernel: Kernel, reason: string): Entry {
  const requests = serversOf(kernel).reduce((sum, { drainer }: RunningServer) => sum + drainer.stats().requests, 0)
  const message = `${reason}: draining${requests > 0 ? `, ${count(requests, 'request')} in flight` : ''}`
  return { level: 'info', message, fields: { event: 'draining', kernel: kernel.name, reason, requests } }
}

function info(event: KernelEvent, message: string): Entry {
  return { level: 'info', message, fields: fieldsOf(event) }
}

function trouble(event: KernelEvent, level: Entry['level'], error: unknown): Entry {
  const problem = problemOf(error)
  return { level, message: problem.message, fields: { ...fieldsOf(event), problem } }
}

function fieldsOf(event: KernelEvent): Record<string, unknown> {
  return { event: event.type, ...('resource' in event && { resource: event.resource }) }
}

import type { ContainerMonitor, ContainerReport } from '@keelson/docker'

const COLORS = { healthy: '#2a7', unhealthy: '#c80', restarting: '#27c', failed: '#c33', unknown: '#888' }

/** The page: one row for each container. */
export function page(monitor: ContainerMonitor | undefined, label: string): string {
  const engine = monitor?.engine()
  const said =
    monitor === undefined
      ? 'There is no Docker Engine that answers: nothing is watched.'
      : engine?.status === 'unhealthy'
        ? `The engine is away since ${time(engine.since)}; this is what was known last. ${engine.reason}`
        : `The engine is there. Containers with ${label}: ${monitor.containers().length}`
  return `<!doctype html><title>Containers</title>
<style>body{font:15px system-ui;margin:2rem}td,th{padding:.3rem 1rem .3rem 0;text-align:left}b{color:#fff;padding:.1rem .5rem;border-radius:.3rem}</style>
<h1>Containers</h1><p>${escaped(said)}</p>
<table><tr><th>name<th>session<th>status<th>since<th>ms<th>restarts<th>reason</tr>
${(monitor?.containers() ?? []).map(row).join('\n')}</table>`
}

function row({ name, session = '', status, since, responseMs, restarts, reason = '', givenUp }: ContainerReport): string {
  const badge = `<b style="background:${COLORS[status]}">${status}${givenUp ? ' for good' : ''}</b>`
  const cells = [
    escaped(name),
    escaped(session),
    badge,
    time(since),
    responseMs?.toFixed(1) ?? '',
    `${restarts}`,
    escaped(reason),
  ]
  return `<tr>${cells.map((cell) => `<td>${cell}`).join('')}</tr>`
}

function time(at: number): string {
  return new Date(at).toISOString().slice(11, 19)
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
}

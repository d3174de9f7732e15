import type { ContainerMonitor, ContainerReport } from '@keelson/docker'

/** Dark enough for white text on them. */
const COLORS = { healthy: '#187a4c', unhealthy: '#9a5b00', restarting: '#1f62c4', failed: '#c22f2f', unknown: '#666' }

const STYLE = `:root{color-scheme:light dark}body{font:15px/1.4 system-ui,sans-serif;margin:2rem}
div{overflow-x:auto}table{border-collapse:collapse}td,th{padding:.4rem 1.2rem .4rem 0;text-align:left;white-space:nowrap}
tr{border-bottom:1px solid #8884}.n{text-align:right}td:last-child{white-space:normal;min-width:14rem}
b{color:#fff;font-size:13px;padding:.15rem .5rem;border-radius:.3rem}`

/** The page: one row for each container. */
export function page(monitor: ContainerMonitor | undefined, label: string, now = Date.now()): string {
  const containers = [...(monitor?.containers() ?? [])].sort((a, b) => (a.name < b.name ? -1 : 1))
  return `<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>Containers</title>
<style>${STYLE}</style>
<h1>Containers</h1><p>${escaped(headline(monitor, label, now))}</p>
<div><table><tr><th>name<th>session<th>status<th class="n">for<th class="n">answer<th class="n">restarts<th>reason</tr>
${containers.map((container) => row(container, now)).join('\n')}</table></div></html>`
}

function headline(monitor: ContainerMonitor | undefined, label: string, now: number): string {
  const engine = monitor?.engine()
  if (monitor === undefined || engine === undefined) return 'There is no Docker Engine that answers: nothing is watched.'
  if (engine.status === 'unhealthy')
    return `The engine has been away for ${span(now - engine.since)}; this is what was known last. ${engine.reason ?? ''}`
  const { containers, byStatus } = monitor.statistics()
  return `The engine is there. Containers with ${label}: ${containers}, healthy: ${byStatus.healthy}`
}

function row(container: ContainerReport, now: number): string {
  const { name, session = '', status, since, responseMs, restarts, engineRestarts, reason = '', givenUp } = container
  const badge = `<b style="background:${COLORS[status]}">${status}${givenUp ? ' for good' : ''}</b>`
  const answer = responseMs === undefined ? '' : `${responseMs.toFixed(1)} ms`
  const all = `${restarts}${engineRestarts > 0 ? ` + ${engineRestarts} by the engine` : ''}`
  const [text, number] = ['<td>', '<td class="n">']
  return `<tr>${text}${escaped(name)}${text}${escaped(session)}${text}${badge}${number}${span(now - since)}${number}${answer}${number}${all}${text}${escaped(reason)}</tr>`
}

/** How long, in the largest unit of which it is at least one. */
function span(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000))
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`
  return seconds < 86_400 ? `${Math.floor(seconds / 3_600)} h` : `${Math.floor(seconds / 86_400)} d`
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

import type { StatusRecord } from '@keelson/docker'

const WIDTH = 176
const HEIGHT = 32
/** Pixels of the strip of statuses below the line. */
const STRIP = 6
const MOST = 60

/** The last checks of a container: how long each took as a line, and what it found as a strip below. */
export function sparkline(history: readonly StatusRecord[]): string {
  const records = history.slice(-MOST)
  if (records.length === 0) return '<span></span>'
  const step = WIDTH / records.length
  const slowest = Math.max(1, ...records.map(({ responseMs }) => responseMs))
  const y = (ms: number) => 1 + (HEIGHT - STRIP - 3) * (1 - ms / slowest)
  const points = records.map(({ responseMs }, i) => `${round((i + 0.5) * step)},${round(y(responseMs))}`)
  const strip = records.map(
    ({ status }, i) =>
      `<rect class="${status}" x="${round(i * step)}" y="${HEIGHT - STRIP}" width="${round(step)}" height="${STRIP}"/>`,
  )
  const failed = records.filter(({ status }) => status === 'failed' || status === 'unhealthy').length
  const told = `the last ${records.length} checks: ${failed} failed, the slowest took ${round(slowest)} ms`
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${told}"><title>${told}</title><polyline class="line" points="${points.join(' ')}"/>${strip.join('')}</svg>`
}

function round(x: number): number {
  return Math.round(x * 10) / 10
}

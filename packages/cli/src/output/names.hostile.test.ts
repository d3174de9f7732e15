// Attacked: what the command line writes, by names of kernels and resources that have lines, quotes, escapes and markup.
import { createKernel, resource } from '@keelson/kernel'
import { printable } from '@keelson/kernel/redact'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { drawKernel, type GraphFormat } from '../draw/draw.js'
import { because } from '../manifests/because.js'
import { iniText } from '../manifests/ini-text.js'
import { yamlText } from '../manifests/yaml-text.js'
import { frame } from '../watch/frame.js'
import { Inspected } from '../watch/inspected.js'
import { viewOfProbe } from '../watch/probed.js'
import { paintFor } from './paint.js'

const NAMES = [
  'a\rforged: 1',
  'b\nforged: 1',
  'c\u2028forged: 1',
  'd\u0085forged: 1',
  'e\u001b[2J',
  'f\u009b2J',
  'g\u202eevil',
  'h"] --> n0 ["forged',
  'i\\N\\l"forged"',
  'j</title><script>forged</script>',
  '__proto__',
  'constructor',
]
/** Whether each line is one for everybody, and moves no cursor of a terminal. */
const isStill = (text: string) => text.split('\n').every((line) => printable(line) === line)

test.each<GraphFormat>(['mermaid', 'dot', 'json', 'svg'])('names stay names in a graph as %s', async (format) => {
  for (const name of NAMES) {
    const kernel = createKernel(
      NAMES.map((each) => resource(each, { start: () => {}, labels: { [each]: each } })),
      { name },
    )
    const text = await drawKernel(kernel, format)
    expect(isStill(text), text).toBe(true)
    expect(text).not.toMatch(/^forged/m)
    if (format === 'svg') expect(text).not.toContain('<script>')
    if (format === 'json') expect(JSON.parse(text)).toMatchObject({ name, nodes: NAMES.map((each) => ({ name: each })) })
  }
})

test('names in the reasons of a manifest are comments of it, whatever line ends they have', () => {
  for (const name of NAMES) {
    const why = `At the worst 8 s: 5 s for ${name}`
    const yaml = yamlText({ spec: because(8, why) }, why)
    expect(isStill(yaml), yaml).toBe(true)
    expect(parse(yaml)).toEqual({ spec: 8 })
    const unit = iniText({ Service: { TimeoutStopSec: because(8, why) } }, why)
    expect(isStill(unit), unit).toBe(true)
    expect(unit.split('\n').filter((line) => line !== '' && !/^(#|\[Service\]|TimeoutStopSec=8)/.test(line))).toEqual([])
  }
})

test('what a service tells of itself moves no cursor of who watches it', () => {
  for (const name of NAMES) {
    const inspected = new Inspected()
    const probe = { status: name, ready: true, live: false, reasons: [] }
    const resource = { name, state: name, health: name, error: name, note: name, counts: { [name]: 1 }, restartsDone: 0 }
    const kernel = { name, state: name, probe, cordoned: name }
    inspected.take({ type: 'hello', process: { pid: 1, host: name }, kernel, resources: [resource] } as never)
    const sight = { view: inspected.view, source: name, stale: undefined, seenAt: 0 } as never
    for (const line of frame(sight, { columns: 200, rows: 20 }, paintFor(false), 0)) expect(printable(line)).toBe(line)
  }
})

test('probes that answer something else than texts are watched all the same', () => {
  for (const odd of [5, {}, [], true, null]) {
    const checks = { a: [{ componentId: odd, observedValue: odd, status: odd, output: odd }], 'a:b': odd, c: odd }
    const view = viewOfProbe(200, JSON.stringify({ serviceId: odd, status: odd, output: odd, checks }))
    expect(() => frame({ view, source: 's', seenAt: 0 }, { columns: 80, rows: 20 }, paintFor(false), 0)).not.toThrow()
  }
})
